#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""peer_pillow.py INPUT OUTPUT LEVELS: a pyramid by Pillow alone, level by level, each from the files of the
level before.

For each level: read two slices, Image.reduce(2) each (the mean of 2x2 pixels), average the two, write. Modes: L (8 bit)
as it is, I;16 by way of I (32 bit), since Pillow can neither reduce nor average I;16; F (32-bit float) as it is. Other
modes are refused. One thread.

Not exact: 2x2 means are rounded (to nearest), then the mean of two of them (8 bit: down, as ImageChops.add does; 16
bit: up), at every level. Image.reduce averages the pixels that exist at odd edges; an odd last slice is taken alone.
"""
import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageMath


def read_half(path):
    image = Image.open(path)
    if image.mode == "I;16":
        image = image.convert("I")
    elif image.mode not in ("L", "F"):
        sys.exit(f"{path}: mode {image.mode} is not supported here")
    return image.reduce(2)


def average(a, b):
    if a.mode == "L":
        return ImageChops.add(a, b, scale=2)
    return ImageMath.eval("(a + b + 1) / 2" if a.mode == "I" else "(a + b) / 2", a=a, b=b)


def main():
    paths, output = sorted(Path(sys.argv[1]).glob("*.tif")), Path(sys.argv[2])
    for level in range(1, int(sys.argv[3]) + 1):
        folder = output / str(level)
        folder.mkdir(parents=True)
        results = []
        for z in range(0, len(paths), 2):
            mean = read_half(paths[z])
            if z + 1 < len(paths):
                mean = average(mean, read_half(paths[z + 1]))
            results.append(folder / f"{z // 2:06d}.tif")
            (mean.convert("I;16") if mean.mode == "I" else mean).save(results[-1])
        paths = results


main()
