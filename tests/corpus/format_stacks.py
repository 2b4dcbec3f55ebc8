#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""format_stacks.py STACKTHUMB: folders of slices in every format that Pillow writes and stackthumb reads are built and
verified; every voxel of every level is compared with the mean of what was written (or, of JPEG, of what Pillow reads
back), by numpy. Exits with 77 where Pillow, numpy or tifffile is absent."""
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    import tifffile
    from PIL import Image
except ImportError:
    sys.exit(77)

NX, NY, NZ, LEVELS = 157, 101, 7, 2
random = numpy.random.default_rng(7)


def luma(colours):
    """ITU-R BT.601 in exact thousandths, to nearest, ties to even."""
    total = (colours.astype(numpy.int64) * [299, 587, 114]).sum(-1)
    floor, rest = total // 1000, total % 1000
    return floor + ((rest > 500) | ((rest == 500) & (floor % 2 == 1)))


def smooth(bits, nchannels=1):
    """Waves and noise, for JPEG too; of 3 channels a colour."""
    y, x = numpy.mgrid[0:NY, 0:NX]
    shape = (NY, NX, nchannels) if nchannels > 1 else (NY, NX)
    wave = (numpy.sin(x / 9) * numpy.cos(y / 7) + 1) / 2.5
    wave = wave[..., None] if nchannels > 1 else wave
    return ((wave + random.random(shape) * 0.2) * (2**bits - 1)).astype("u2" if bits > 8 else "u1")


def box_mean(volume, level):
    """The mean of each box, clipped to the volume, to nearest, ties to even."""
    step = 1 << level
    total = volume.astype(numpy.int64)
    count = numpy.ones_like(total)
    for axis in range(3):
        edges = range(0, volume.shape[axis], step)
        total = numpy.add.reduceat(total, edges, axis)
        count = numpy.add.reduceat(count, edges, axis)
    floor, rest = total // count, 2 * (total % count)
    return floor + ((rest > count) | ((rest == count) & (floor % 2 == 1)))


def stacks():
    """(name, extension, arguments of save, options of stackthumb, function that makes a slice's image and voxels)"""

    def grey(bits):
        voxels = smooth(bits)
        return Image.fromarray(voxels), voxels

    def one_bit():
        voxels = smooth(8) > 128
        return Image.fromarray(voxels), voxels * 255

    def grey_rgb():
        voxels = smooth(8)
        return Image.fromarray(voxels).convert("RGB"), voxels

    def colour():
        voxels = smooth(8, 3)
        return Image.fromarray(voxels), luma(voxels)

    def grey_palette():
        numbers = smooth(4)
        image = Image.fromarray(numbers, "P")
        greys = [255 - 16 * i for i in range(16)]
        image.putpalette([v for v in greys for _ in range(3)])
        return image, numpy.array(greys)[numbers]

    yield "bmp", "bmp", {}, [], lambda: grey(8)
    yield "bmp_1", "bmp", {}, [], one_bit
    yield "bmp_24", "bmp", {}, [], grey_rgb
    yield "bmp_colour", "bmp", {}, ["--gray"], colour
    yield "bmp_palette", "bmp", {}, [], grey_palette
    yield "png", "png", {}, [], lambda: grey(8)
    yield "png_1", "png", {}, [], lambda: (lambda pair: (pair[0], pair[1] // 255))(one_bit())
    yield "png_16", "png", {}, [], lambda: grey(16)
    yield "png_palette", "png", {}, [], grey_palette
    yield "png_colour", "png", {}, ["--gray"], colour
    yield "jpeg", "jpg", {"quality": 90}, [], lambda: (grey(8)[0], None)
    yield "jpeg_progressive", "JPEG", {"quality": 90, "progressive": True}, [], lambda: (grey(8)[0], None)
    yield "jp2", "jp2", {}, [], lambda: grey(8)
    yield "jp2_16", "j2k", {}, [], lambda: grey(16)  # Pillow cuts 16 bits into tiles wrongly, FFmpeg finds, too
    yield "jp2_tiles", "jp2", {"tile_size": (64, 64), "num_resolutions": 3}, [], lambda: grey(8)
    yield "jp2_colour", "jp2", {}, ["--gray"], colour


def read_levels(folder):
    levels = []
    for level in range(1, LEVELS + 1):
        names = sorted(os.listdir(f"{folder}/{level}"))
        levels.append(numpy.stack([tifffile.imread(f"{folder}/{level}/{name}") for name in names]))
    return levels


def run(*arguments):
    result = subprocess.run(arguments, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def check(program, folder, name, extension, arguments, options, make):
    os.mkdir(f"{folder}/{name}")
    voxels = []
    for z in range(NZ):
        path = f"{folder}/{name}/slice_{z:03}.{extension}"
        image, expected = make()
        image.save(path, **arguments)
        voxels.append(numpy.asarray(Image.open(path)) if expected is None else expected)
    output = f"{folder}/{name}.out"
    info = run(program, "info", *options, f"{folder}/{name}")
    if f"{NX} x {NY} x {NZ}" not in info:
        sys.exit(f"{name}: info does not tell the extent:\n{info}")
    run(program, "build", "--device", "cpu", "--levels", str(LEVELS), *options, f"{folder}/{name}", output)
    run(program, "verify", *options, f"{folder}/{name}", output)
    for level, got in enumerate(read_levels(output), 1):
        expected = box_mean(numpy.stack(voxels), level)
        if got.shape != expected.shape or (got != expected).any():
            sys.exit(f"{name}: level {level} is wrong")
    print(f"{name}: {NZ} slices and {LEVELS} levels agree")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for stack in stacks():
            check(sys.argv[1], folder, *stack)


if __name__ == "__main__":
    main()
