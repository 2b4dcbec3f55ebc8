#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""peer_numpy.py INPUT OUTPUT LEVELS: a pyramid by numpy and tifffile, level by level, the way of CTHarvester's Python
path.

For each level: read two slices, average them, average 2x2 of the result, write the slice; the next level reads these
files again. One thread. Needs memory for a few slices.

Not exact: integers are rounded down twice per level, so that means drift down, by 5/8 per level on average. An odd
last slice, row or column is averaged with itself, which is the mean of the voxels that exist. (CTHarvester drops odd
rows and columns.)
"""
import sys
from pathlib import Path

import numpy as np
import tifffile

WIDE = {"u1": "u4", "u2": "u4", "u4": "u8", "i1": "i4", "i2": "i4", "i4": "i8", "f4": "f4"}


def average(a, b, wide):
    """The mean of two slices, as their type."""
    if wide.kind == "f":
        return (a + b) / 2
    return ((a.astype(wide) + b.astype(wide)) // 2).astype(a.dtype)


def halve(slice_, wide):
    """The mean of 2x2 voxels, as the slice's type."""
    ny, nx = slice_.shape
    if ny % 2 or nx % 2:
        slice_ = np.pad(slice_, ((0, ny % 2), (0, nx % 2)), mode="edge")
    s = slice_.astype(wide)
    total = s[0::2, 0::2] + s[0::2, 1::2] + s[1::2, 0::2] + s[1::2, 1::2]
    return (total / 4 if wide.kind == "f" else total // 4).astype(slice_.dtype)


def main():
    paths, output = sorted(Path(sys.argv[1]).glob("*.tif")), Path(sys.argv[2])
    for level in range(1, int(sys.argv[3]) + 1):
        folder = output / str(level)
        folder.mkdir(parents=True)
        results = []
        for z in range(0, len(paths), 2):
            a = tifffile.imread(paths[z])
            wide = np.dtype(WIDE[a.dtype.str[1:]])
            pair = average(a, tifffile.imread(paths[z + 1]), wide) if z + 1 < len(paths) else a
            results.append(folder / f"{z // 2:06d}.tif")
            tifffile.imwrite(results[-1], halve(pair, wide))
        paths = results


main()
