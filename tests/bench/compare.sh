#!/bin/sh
# SPDX-License-Identifier: MIT
# sh tests/bench/compare.sh [options]: stackthumb against the floor, against CTHarvester's strategy in C and against
# what other libraries make of the same task, all in turn on one stack. Installs what is missing, builds, and runs
# compare.py, whose options these are (--help lists them).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/cmake/packages.sh"
install_packages $build_packages libcmocka-dev g++ libinsighttoolkit5-dev libvips42 python3 python3-numpy python3-pil \
    python3-tifffile python3-skimage gnuplot-nox

cd "$root"
mkdir -p build
log=build/compare.log
if ! {
    cmake --preset release &&
        cmake --build --preset release --target stackthumb phantom floor pairwise &&
        cmake -S tests/bench/peer_itk -B build/peer_itk -G Ninja &&
        cmake --build build/peer_itk
} >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "compare: the build failed; the whole log is $root/$log" >&2
    exit 1
fi
exec /usr/bin/python3 tests/bench/compare.py "$@"
