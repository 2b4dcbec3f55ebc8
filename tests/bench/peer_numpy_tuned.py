#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""peer_numpy_tuned.py INPUT OUTPUT LEVELS: a pyramid by numpy and tifffile in as few passes over memory as it can.

Of every two slices: sum them in a wider type, sum pairs of rows, sum pairs of columns, round once, write. A slice waits
in memory for its neighbour, at every level, so that nothing is read back. One thread. Needs memory for a few slices of
every level.

Not exact: every level is rounded (to nearest, ties up), and computed from the rounded level before. An odd last slice,
row or column is summed with itself, which gives the mean of the voxels that exist.
"""
import sys
from pathlib import Path

import numpy as np
import tifffile

WIDE = {"u1": "u4", "u2": "u4", "u4": "u8", "i1": "i4", "i2": "i4", "i4": "i8", "f4": "f4"}


def reduce_pair(a, b):
    """The mean of 2x2x2 voxels of two slices, as their type."""
    s = np.add(a, b, dtype=WIDE[a.dtype.str[1:]])
    ny, nx = s.shape
    if ny % 2 or nx % 2:
        s = np.pad(s, ((0, ny % 2), (0, nx % 2)), mode="edge")
    s = s[0::2] + s[1::2]
    s = s[:, 0::2] + s[:, 1::2]
    if a.dtype.kind == "f":
        return s * np.float32(0.125)
    s += 4
    s >>= 3
    return s.astype(a.dtype)


class Pyramid:
    def __init__(self, output, nlevels):
        self.folders = [output / str(level) for level in range(1, nlevels + 1)]
        self.waiting = [None] * nlevels  # by level: the first slice of a pair
        self.written = [0] * nlevels
        for folder in self.folders:
            folder.mkdir(parents=True)

    def add(self, level, slice_):
        """Takes the next slice of `level`; every second one makes a slice of the next level."""
        if level == len(self.folders):
            return
        if self.waiting[level] is None:
            self.waiting[level] = slice_
            return
        first, self.waiting[level] = self.waiting[level], None
        mean = reduce_pair(first, slice_)
        tifffile.imwrite(self.folders[level] / f"{self.written[level]:06d}.tif", mean)
        self.written[level] += 1
        self.add(level + 1, mean)

    def end(self):
        """Pairs what still waits with itself."""
        for level in range(len(self.waiting)):
            if self.waiting[level] is not None:
                self.add(level, self.waiting[level])


def main():
    pyramid = Pyramid(Path(sys.argv[2]), int(sys.argv[3]))
    for path in sorted(Path(sys.argv[1]).glob("*.tif")):
        pyramid.add(0, tifffile.imread(path))
    pyramid.end()


main()
