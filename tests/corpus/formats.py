#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""formats.py READ_SLICE [--least N] FILE|FOLDER...: every BMP, PNG, JPEG and JPEG 2000 file is read by
read_slice as Pillow reads it, or refused with one line; in two seconds and little memory. With --gray too, where
colours are compared with their luma. Prints a table of what became of each; fails for a file that is read
wrongly, a crash, a hang, and where fewer than N files are read with --gray. Exits with 77 where a folder is absent."""
import os
import resource
import struct
import subprocess
import sys
import zlib

try:
    import numpy
    from PIL import Image
except ImportError:
    sys.exit(77)

EXTENSIONS = (".bmp", ".png", ".jpg", ".jpeg", ".jp2", ".j2k", ".j2c", ".jpx", ".jpc")
SECONDS_MAX = 2.0  # of the processor: on a busy machine those of the clock say nothing
MEMORY_MAX = 512 << 20  # more than the sanitizers' own
TYPES = {"u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2"}
Image.MAX_IMAGE_PIXELS = None


def luma(colours):
    """ITU-R BT.601 in exact thousandths, to nearest, ties to even."""
    colours = colours.astype(numpy.int64)
    total = 299 * colours[..., 0] + 587 * colours[..., 1] + 114 * colours[..., 2]
    floor, rest = total // 1000, total % 1000
    return floor + ((rest > 500) | ((rest == 500) & (floor % 2 == 1)))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def png_rows(raw, at, ny, row_bytes, step):
    """Undoes the filters of ny rows that begin at raw[at]; (rows, the end of them)."""
    above, rows = bytearray(row_bytes), []
    for _ in range(ny):
        kind, row = raw[at], bytearray(raw[at + 1 : at + 1 + row_bytes])
        for i in range(row_bytes):
            a, b, c = (row[i - step], above[i], above[i - step]) if i >= step else (0, above[i], 0)
            row[i] = row[i] + (0, a, b, (a + b) // 2, paeth(a, b, c))[kind] & 255
        rows.append(row)
        above, at = row, at + 1 + row_bytes
    return rows, at


def png_samples(data):
    """16-bit samples of more than one channel, of which Pillow keeps the upper half alone."""
    nx, ny = struct.unpack(">II", data[16:24])
    nchannels, interlaced = {2: 3, 4: 2, 6: 4}[data[25]], data[28]
    packed, at = b"", 8
    while data[at + 4 : at + 8] != b"IEND":
        n = struct.unpack(">I", data[at : at + 4])[0]
        packed += data[at + 8 : at + 8 + n] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += n + 12
    raw, at = zlib.decompress(packed), 0
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    samples = numpy.zeros((ny, nx, nchannels), numpy.int64)
    for x, y, dx, dy in passes if interlaced else [(0, 0, 1, 1)]:
        target = samples[y::dy, x::dx]
        if target.size:
            rows, at = png_rows(raw, at, target.shape[0], target.shape[1] * nchannels * 2, nchannels * 2)
            target[...] = numpy.frombuffer(b"".join(rows), ">u2").reshape(target.shape)
    return samples


def png_scale(data):
    """Pillow stretches 1, 2 and 4 bits of grey to 0 .. 255."""
    bits, colour_type = data[24], data[25]
    return 255 // (2**bits - 1) if colour_type == 0 and bits < 8 else 1


def jp2_precision(data):
    """Bits and whether signed, of the first component; Pillow shifts them to the top of 8 or 16."""
    at = data.find(b"\xff\x4f\xff\x51")
    return (data[at + 42] & 127) + 1, data[at + 42] >> 7


def oracle(path, data, gray):
    """Voxels as Pillow has them, unscaled; grey: 2 axes, colour: 3. None when Pillow cannot read the file."""
    try:
        with Image.open(path) as image:
            if gray and image.format == "JPEG" and data.find(b"Adobe\0d") < 0:
                image.draft("L", image.size)  # Y itself
            image.load()
            if image.mode == "1":
                image = image.convert("L")
            if image.mode in ("P", "PA"):
                image = image.convert("RGBA")
            voxels = numpy.asarray(image).astype(numpy.int64)
            mode = image.mode
            if data.startswith(b"\x89PNG") and data[24] == 16 and data[25] > 0:
                voxels, mode = png_samples(data), ("", "", "RGB", "", "LA", "", "RGBA")[data[25]]
    except Exception:  # whatever Pillow raises of a file, the answer is the same
        return None
    if voxels.ndim == 3:
        voxels = voxels[..., 0] if voxels.shape[2] == 2 else voxels[..., :3]
        if voxels.ndim == 3 and mode in ("RGBA", "RGB") and (voxels == voxels[..., :1]).all():
            voxels = voxels[..., 0]
    if data.startswith(b"\x89PNG"):
        voxels //= png_scale(data)
    elif b"\xff\x4f\xff\x51" in data[:4096]:
        bits, signed = jp2_precision(data)
        voxels = (voxels >> (8 if bits <= 8 else 16) - bits) - (signed << bits - 1)
    return voxels


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_slice(program, path, gray):
    """(status, first line, voxels or None, seconds, peak bytes)"""
    began = processor_seconds()
    arguments = [program] + (["--gray"] if gray else []) + [path]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "hang", "", None, 0.0
    seconds = processor_seconds() - began
    if process.returncode != 0:
        text = err.decode(errors="replace")
        one_line = text.count("\n") == 1 and text.startswith(path + ": ") and "; " in text
        return ("refused" if process.returncode == 3 and one_line else "crash"), text.strip(), None, seconds
    line, _, rest = out.partition(b"\n")
    kind, nx, ny = line.decode().split()
    voxels = numpy.frombuffer(rest, "=" + TYPES[kind]).reshape(int(ny), int(nx))
    return "read", line.decode(), voxels, seconds


def judge(program, path, gray):
    with open(path, "rb") as file:
        data = file.read()
    what, line, voxels, seconds = read_slice(program, path, gray)
    if seconds > SECONDS_MAX:
        return "slow", f"{seconds:.1f} s"
    if what != "read":
        return what, line.replace(path + ": ", "", 1)
    expected = oracle(path, data, gray)
    if expected is None:
        return "unchecked", line + "; Pillow does not read it"
    if expected.ndim == 3:
        if not gray:
            return "WRONG", line + "; it is in colour"
        expected = luma(expected)
    if expected.shape != voxels.shape:
        return "WRONG", f"{line}; Pillow: {expected.shape}"
    different = int((expected != voxels).sum())
    if different:
        return "WRONG", f"{line}; {different} voxels differ, by at most {abs(expected - voxels).max()}"
    return "read", line


def files_of(arguments):
    for argument in arguments:
        if not os.path.exists(argument):
            print(f"{argument}: is absent")
            sys.exit(77)
        if os.path.isfile(argument):
            yield argument
            continue
        for folder, _, names in sorted(os.walk(argument)):
            for name in sorted(names):
                if name.lower().endswith(EXTENSIONS):
                    yield os.path.join(folder, name)


def main():
    program, arguments, least = sys.argv[1], sys.argv[2:], 0
    if arguments[0] == "--least":
        least, arguments = int(arguments[1]), arguments[2:]
    counts = {}
    for path in files_of(arguments):
        for gray in (False, True):
            what, why = judge(program, path, gray)
            key = (what, gray)
            counts[key] = counts.get(key, 0) + 1
            print(f"{what:9} {'--gray' if gray else '':6} {path}: {why}")
    for (what, gray), count in sorted(counts.items()):
        print(f"{count:4} {what}{' with --gray' if gray else ''}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    print(f"peak memory of a process: {peak >> 20} MiB")
    bad = [key for key in counts if key[0] not in ("read", "refused", "unchecked")]
    sys.exit(1 if bad or peak > MEMORY_MAX or counts.get(("read", True), 0) < least else 0)


if __name__ == "__main__":
    main()
