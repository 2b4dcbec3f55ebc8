#!/bin/sh
# SPDX-License-Identifier: MIT
# sh cmake/run.sh [INPUT [OUTPUT] [options]]: installs what is missing, builds Release, and runs `stackthumb build` with these
# arguments. Without arguments: makes a phantom (a 3-D Shepp-Logan head with noise, 256 slices of 512x512, 16 bit), builds
# its pyramid and says where to look.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/packages.sh"
install_packages $build_packages

build="$root/build/run"
log="$root/build/run.log"
mkdir -p "$root/build"
if ! (cd "$root" && cmake --preset release -B "$build" -DBUILD_TESTING=OFF && cmake --build "$build") \
    >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "stackthumb: the build failed; the whole log is $log" >&2
    exit 1
fi
stackthumb="$build/host/cli/stackthumb"

if [ $# -gt 0 ]; then
    exec "$stackthumb" build "$@"
fi

slices="$root/build/phantom"
thumbs="$root/build/phantom-thumbnails"
if ! [ -f "$slices.complete" ] || ! [ -d "$slices" ]; then
    "$build/tests/tools/phantom" --extent 512x512x256 --type u16 "$slices"
    : >"$slices.complete"
fi
"$stackthumb" build --levels 3 "$slices" "$thumbs"
echo
echo "The slices are in        $slices"
echo "Their pyramid is in      $thumbs (1/ is half as large, 2/ a quarter; open a folder in ImageJ, or any TIFF viewer)"
echo "Your own slices:         sh cmake/run.sh FOLDER [OUTPUT]"
echo "The program:             $stackthumb --help"
