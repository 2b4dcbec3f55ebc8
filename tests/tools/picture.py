#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""picture.py INPUT OUTPUT PICTURE.png: the middle slice of a stack and of each level of its pyramid, side by side at their
true relative extents. Needs python3-pil. The picture of the README was made by it."""
import pathlib
import sys

from PIL import Image


def middle(folder):
    names = sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix == ".tif")
    return Image.open(names[len(names) // 2])


def shown(image):
    low, high = 0, max(1, image.getextrema()[1])
    return image.point(lambda v: (v - low) * (255.0 / (high - low))).convert("L")


def main(source, output, picture):
    levels = [source] + sorted(str(p) for p in pathlib.Path(output).iterdir() if p.name.isdigit())
    images = [shown(middle(level).convert("I")) for level in levels]
    gap = 8
    canvas = Image.new("L", (sum(i.width + gap for i in images) - gap, images[0].height), 24)
    x = 0
    for image in images:
        canvas.paste(image, (x, canvas.height - image.height))
        x += image.width + gap
    canvas.save(picture, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: picture.py INPUT OUTPUT PICTURE.png")
    main(*sys.argv[1:])
