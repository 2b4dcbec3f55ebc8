#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tiff.py READ_SLICE [--least N] FILE|FOLDER...: every TIFF is read by read_slice as other programs read it, or refused
with one line; without and with --gray, where colours are compared with their luma. What other programs read is asked of
libtiff (tiffcp copies the first page to an uncompressed file, of which the samples are taken here), of tifffile and of
Pillow, as far as each of them can read the file; what the samples mean is worked out here from the tags. Prints a table
of what became of each; fails for a file that is read wrongly, a crash, a hang, and where fewer than N files are read with
--gray. Exits with 77 where a folder or a program is absent."""
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy
    import tifffile
    from PIL import Image
except ImportError:
    sys.exit(77)

SECONDS_MAX = 2.0  # of the processor: on a busy machine those of the clock say nothing
TYPES = {"u8": "u1", "i8": "i1", "u16": "u2", "i16": "i2", "u32": "u4", "i32": "i4", "f32": "f4"}
RGB, PALETTE, YCBCR = 2, 3, 6  # PhotometricInterpretation
JPEG = 7  # Compression
Image.MAX_IMAGE_PIXELS = None


def tag(page, name, default):
    return page.tags[name].value if name in page.tags else default


def number(value):
    """Tags with one value for each sample, all the same."""
    return int(value[0] if isinstance(value, tuple) else value)


class Facts:
    """What the tags of a file's first page say."""

    def __init__(self, path):
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages[0]
            self.nx, self.ny = page.imagewidth, page.imagelength
            self.bits = number(tag(page, "BitsPerSample", 1))
            self.format = number(tag(page, "SampleFormat", 1))
            self.nsamples = int(tag(page, "SamplesPerPixel", 1))
            self.photometric = int(tag(page, "PhotometricInterpretation", 1))
            self.compression = int(tag(page, "Compression", 1))
            self.orientation = int(tag(page, "Orientation", 1))
            self.separate = int(tag(page, "PlanarConfiguration", 1)) == 2
            self.palette = tag(page, "ColorMap", None)
            self.premultiplied = tifffile.TIFF.EXTRASAMPLE.ASSOCALPHA in page.extrasamples
            self.offsets, self.counts = page.dataoffsets, page.databytecounts
            self.big_endian = tiff.byteorder == ">"


def samples_of_bytes(data, facts):
    """Samples (y, x, sample) of the rows of an uncompressed image with little-endian samples."""
    n = facts.nx * facts.nsamples
    row_bytes = (n * facts.bits + 7) // 8
    rows = numpy.frombuffer(data[: row_bytes * facts.ny], "u1").reshape(facts.ny, row_bytes)
    if facts.bits % 8 == 0:
        kind = {1: "u", 2: "i", 3: "f", 4: "u"}[facts.format]
        samples = rows.copy().view("<" + kind + str(facts.bits // 8))
    else:
        weights = 1 << numpy.arange(facts.bits - 1, -1, -1)
        bits = numpy.unpackbits(rows, axis=1)[:, : n * facts.bits]
        samples = (bits.reshape(facts.ny, n, facts.bits) * weights).sum(axis=2)
    return samples.reshape(facts.ny, facts.nx, facts.nsamples)


def read_by_libtiff(path, folder):
    """(samples, facts of the copy), or None."""
    copy = os.path.join(folder, "copy.tif")
    command = ["tiffcp", "-c", "none", "-p", "contig", "-L", "-f", "msb2lsb", "-s", path + ",0", copy]
    for attempt in (command, command[:3] + command[5:]):  # it does not put packed samples of planes together
        if os.path.exists(copy):
            os.remove(copy)
        done = subprocess.run(attempt, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        if done.returncode == 0:
            break
    else:
        return None
    facts = Facts(copy)
    with open(copy, "rb") as file:
        data = file.read()
    strips = [data[at : at + n] for at, n in zip(facts.offsets, facts.counts)]
    if not facts.separate:
        return samples_of_bytes(b"".join(strips), facts), facts
    each = len(strips) // facts.nsamples
    plane = Facts(copy)
    plane.nsamples = 1
    planes = [samples_of_bytes(b"".join(strips[i * each : (i + 1) * each]), plane) for i in range(facts.nsamples)]
    return numpy.concatenate(planes, axis=2), facts


def read_by_tifffile(path, facts):
    try:
        with tifffile.TiffFile(path) as tiff:
            samples = tiff.pages[0].asarray()
    except Exception:  # whatever it raises of a file, the answer is the same
        return None
    if facts.separate and samples.ndim == 3:
        samples = numpy.moveaxis(samples, 0, 2)
    return samples.reshape(facts.ny, facts.nx, facts.nsamples)


def read_by_pillow(path, facts):
    """Of those kinds that it does not stretch or turn, nor divide by alpha."""
    if facts.premultiplied or facts.orientation != 1 or facts.photometric not in (1, RGB) or facts.bits not in (8, 16, 32):
        return None
    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore")
            image.load()
            samples = numpy.asarray(image)
            if image.mode not in ("L", "LA", "RGB", "RGBA", "I", "I;16", "I;16B", "F"):
                return None
    except Exception:
        return None
    if samples.shape[:2] != (facts.ny, facts.nx) or (samples.dtype.itemsize != facts.bits // 8 and facts.nsamples > 1):
        return None
    if image.mode == "I" and facts.format == 1 and facts.bits == 32:
        samples = samples.view("u4")
    return samples.reshape(facts.ny, facts.nx, -1)


def read_by_tiff2rgba(path, facts, folder):
    """Colours of YCbCr as libtiff converts them."""
    copy = os.path.join(folder, "rgba.tif")
    if facts.orientation != 1:  # it turns some, but not all
        return None
    command = ["tiff2rgba", "-c", "none", path, copy]
    if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode != 0:
        return None
    samples = tifffile.imread(copy)
    return samples.reshape(facts.ny, facts.nx, -1)


def luma(r, g, b):
    """ITU-R BT.601 in exact thousandths, to nearest, ties to even; of floats: in double, then to float."""
    if r.dtype.kind == "f":
        r, g, b = (plane.astype("f4").astype("f8") for plane in (r, g, b))
        return ((299.0 * r + 587.0 * g + 114.0 * b) / 1000.0).astype("f4")
    total = 299 * r.astype("i8") + 587 * g.astype("i8") + 114 * b.astype("i8")
    floor, rest = total // 1000, total % 1000
    return floor + ((rest > 500) | ((rest == 500) & (floor % 2 == 1)))


def palette_voxels(samples, facts):
    colours = numpy.array(facts.palette, "i8").reshape(3, -1)
    if (colours < 256).all():
        unit = 1
    else:
        unit = 257 if (colours % 257 == 0).all() else 256 if (colours % 256 == 0).all() else 1
    return luma(*(colours // unit))[samples[..., 0].astype("i8")]


def is_coloured(facts):
    if facts.photometric == PALETTE:
        colours = numpy.array(facts.palette).reshape(3, -1)
        return bool((colours != colours[0]).any())
    return facts.photometric in (RGB, YCBCR)


def turn(voxels, orientation):
    """TIFF 6.0: at which side of the picture the first row lies, and then the first column."""
    if orientation >= 5:
        voxels = voxels.T
    back_x = orientation in (2, 3, 6, 7)
    back_y = orientation in (3, 4, 7, 8)
    return voxels[:: -1 if back_y else 1, :: -1 if back_x else 1]


def voxels_of(samples, facts):
    if facts.photometric == PALETTE:
        voxels = palette_voxels(samples, facts)
    elif facts.photometric in (RGB, YCBCR):
        voxels = luma(samples[..., 0], samples[..., 1], samples[..., 2])
    elif facts.photometric == 0:
        voxels = 2**facts.bits - 1 - samples[..., 0].astype("i8")
    else:
        voxels = samples[..., 0]
    with numpy.errstate(all="ignore"):
        if voxels.dtype.kind == "f":
            voxels = voxels.astype("f4")
    return turn(voxels, facts.orientation)


def expectations(path):
    """What each program makes of the file: {name: voxels}."""
    facts, found = Facts(path), {}
    with tempfile.TemporaryDirectory() as folder:
        if facts.photometric == YCBCR and facts.compression != JPEG:
            samples = read_by_tiff2rgba(path, facts, folder)
            return facts, {} if samples is None else {"tiff2rgba": voxels_of(samples, facts)}
        copy = read_by_libtiff(path, folder)
    if copy is not None:
        samples, copied = copy
        if facts.photometric == YCBCR:
            copied.photometric = RGB
        copied.orientation, copied.palette = facts.orientation, facts.palette
        found["libtiff"] = voxels_of(samples, copied)
    for name, read in (("tifffile", read_by_tifffile), ("Pillow", read_by_pillow)):
        samples = read(path, facts)
        if samples is not None and facts.photometric != YCBCR:
            found[name] = voxels_of(samples, facts)
    return facts, found


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_slice(program, path, gray):
    """(what, line, voxels or None)"""
    began = processor_seconds()
    arguments = [program] + (["--gray"] if gray else []) + [path]
    try:
        done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
    except subprocess.TimeoutExpired:
        return "hang", "", None
    if processor_seconds() - began > SECONDS_MAX:
        return "slow", "", None
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace")
        one_line = text.count("\n") == 1 and text.startswith(path + ": ") and "; " in text
        return ("refused" if done.returncode == 3 and one_line else "crash"), text.strip(), None
    line, _, rest = done.stdout.partition(b"\n")
    kind, nx, ny = line.decode().split()
    return "read", line.decode(), numpy.frombuffer(rest, "=" + TYPES[kind]).reshape(int(ny), int(nx))


def same(a, b):
    if a.shape != b.shape:
        return False
    if a.dtype.kind == "f" or b.dtype.kind == "f":
        return numpy.array_equal(a, b, equal_nan=True)
    return numpy.array_equal(a.astype("i8"), b.astype("i8"))


def judge(program, path, gray):
    what, line, voxels = read_slice(program, path, gray)
    if what != "read":
        return what, line.replace(path + ": ", "", 1)
    facts, found = expectations(path)
    if is_coloured(facts) and not gray:
        return "WRONG", line + "; it is in colour"
    wrong = [name for name, expected in found.items() if not same(voxels, expected)]
    if wrong:
        return "WRONG", f"{line}; not as {', '.join(wrong)}"
    return ("read" if found else "unchecked"), f"{line}; as {', '.join(found) if found else 'no other program'}"


def files_of(arguments):
    for argument in arguments:
        if not os.path.exists(argument):
            print(f"{argument}: is absent")
            sys.exit(77)
        if os.path.isfile(argument):
            yield argument
        else:
            yield from (os.path.join(argument, name) for name in sorted(os.listdir(argument)))


def main():
    program, arguments, least = sys.argv[1], sys.argv[2:], 0
    if not shutil.which("tiffcp"):
        print("tiffcp is absent")
        sys.exit(77)
    if arguments[0] == "--least":
        least, arguments = int(arguments[1]), arguments[2:]
    counts = {}
    for path in files_of(arguments):
        for gray in (False, True):
            what, why = judge(program, path, gray)
            counts[what, gray] = counts.get((what, gray), 0) + 1
            print(f"{what:9} {'--gray' if gray else '':6} {path}: {why}", flush=True)
    for (what, gray), count in sorted(counts.items()):
        print(f"{count:4} {what}{' with --gray' if gray else ''}")
    bad = [key for key in counts if key[0] not in ("read", "refused")]
    sys.exit(1 if bad or counts.get(("read", True), 0) < least else 0)


if __name__ == "__main__":
    main()
