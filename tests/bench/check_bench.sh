#!/bin/sh
# SPDX-License-Identifier: MIT
# check_bench.sh FOLDERS: whether floor and pairwise do what they are measured for, on stacks whose pyramid is the same
# however it is rounded. FOLDERS, colon-separated, hold stackthumb, phantom, floor and pairwise.
set -eu
PATH="$1:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# check NAME LEVELS phantom-options...: pairwise gives the bytes of stackthumb; floor as many files, each as long.
check() {
    name=$1 levels=$2
    shift 2
    phantom "$@" "$name" >/dev/null
    stackthumb build --device cpu --quiet --levels "$levels" "$name" "$name.right"
    rm "$name.right/stackthumb.json"
    pairwise "$name" "$name.pairwise" "$levels" 3
    diff -r "$name.right" "$name.pairwise"
    floor "$name" "$name.floor" "$levels" 1 >"$name.json"
    (cd "$name.right" && find . -type f -printf '%P %s\n' | sort) >"$name.sizes"
    (cd "$name.floor" && find . -type f -printf '%P %s\n' | sort) | diff "$name.sizes" -
    n_bytes=$(find "$name" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
    grep -q "\"read_bytes\": $n_bytes," "$name.json"
}

check u8 3 --extent 37x21x11 --type u8 --content max
check u16 4 --extent 3x130x1 --type u16 --content max
check deflate 2 --extent 64x150x5 --type u16 --content max --compression deflate
check f32 3 --extent 48x280x16 --type f32 --content gradient # its means need no rounding
