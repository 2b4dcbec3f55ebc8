#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""peer_skimage.py INPUT OUTPUT LEVELS: a pyramid by scikit-image's downscale_local_mean.

Takes 2^LEVELS slices at a time as a 3-D array; level 1 is its mean over 2x2x2 voxels in double precision, each further
level the mean of the one before, unrounded; written rounded (to nearest, ties to even, as numpy does). One thread: the
library has no other way. Needs memory for 2^LEVELS slices and their means in double precision.

Exact where nx, ny and nz are multiples of 2^LEVELS. Elsewhere downscale_local_mean fills up with zeros, so that the
last voxels of a row, column or stack are too dark.
"""
import sys
from pathlib import Path

import numpy as np
import tifffile
from skimage.transform import downscale_local_mean


def main():
    paths, output, nlevels = sorted(Path(sys.argv[1]).glob("*.tif")), Path(sys.argv[2]), int(sys.argv[3])
    for level in range(1, nlevels + 1):
        (output / str(level)).mkdir(parents=True)
    for first in range(0, len(paths), 2**nlevels):
        means = np.stack([tifffile.imread(path) for path in paths[first : first + 2**nlevels]])
        dtype = means.dtype
        for level in range(1, nlevels + 1):
            means = downscale_local_mean(means, (2, 2, 2))
            voxels = (np.rint(means) if dtype.kind != "f" else means).astype(dtype)
            for z, slice_ in enumerate(voxels, first >> level):
                tifffile.imwrite(output / str(level) / f"{z:06d}.tif", slice_)


main()
