#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""difference.py RIGHT OTHER LEVELS: compares two pyramids of <level>/%06d.tif, and prints a JSON list with, for each
level, the largest absolute difference, the mean difference (OTHER - RIGHT) and the share of voxels that differ. A level
whose number of slices or whose extents are not the same has only "unlike", which says how."""
import json
import sys
from pathlib import Path

import numpy as np
import tifffile


def compare_level(right, other):
    paths = sorted(right.glob("*.tif"))
    nother = len(list(other.glob("*.tif")))
    if nother != len(paths):
        return {"unlike": f"{nother} slices instead of {len(paths)}"}
    largest, total, ndiffer, nvoxels = 0.0, 0.0, 0, 0
    for path in paths:
        a, b = tifffile.imread(path), tifffile.imread(other / path.name)
        if a.shape != b.shape or a.dtype != b.dtype:
            return {"unlike": f"{b.dtype} {b.shape[1]}x{b.shape[0]} instead of {a.dtype} {a.shape[1]}x{a.shape[0]}"}
        difference = b.astype(np.float64) - a
        largest = max(largest, float(np.abs(difference).max()))
        total += float(difference.sum())
        ndiffer += int(np.count_nonzero(difference))
        nvoxels += a.size
    return {"largest": largest, "mean": total / nvoxels, "share": ndiffer / nvoxels}


def main():
    right, other = Path(sys.argv[1]), Path(sys.argv[2])
    json.dump([compare_level(right / str(k), other / str(k)) for k in range(1, int(sys.argv[3]) + 1)], sys.stdout)


main()
