# SPDX-License-Identifier: MIT
# Sourced by run.sh and test.sh. install_packages NAME...: installs those Debian packages that are missing.

install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "stackthumb: no apt-get here; if the build fails, install what these Debian packages hold: $*" >&2
        return 0
    fi
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "stackthumb: run as root, or install by hand:$missing" >&2
            return 1
        }
        sudo=sudo
    fi
    echo "stackthumb: installing$missing" >&2
    # The lists may be old or absent; only if they are is it worth asking the mirrors.
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
        $sudo apt-get update -qq &&
            $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    }
}

# To build and run: compiler, CMake, the OpenCL loader with PoCL as a device that is always there, TIFF and its compressions, PNG,
# JPEG, JPEG 2000, JSON, XML, hashes.
# binutils: PoCL links its kernels with ld.
build_packages="gcc libc6-dev binutils cmake ninja-build pkg-config ocl-icd-opencl-dev opencl-headers pocl-opencl-icd
    libtiff-dev libpng-dev libjpeg62-turbo-dev libopenjp2-7-dev libdeflate-dev libzstd-dev zlib1g-dev libjansson-dev libxxhash-dev libexpat1-dev"
