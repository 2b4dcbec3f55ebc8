#!/bin/sh
# SPDX-License-Identifier: MIT
# sh run_case.sh PROGRAMS CASE: runs CASE/cmd in an empty folder and compares its standard output, standard error and
# exit status with CASE/stdout, CASE/stderr and CASE/status (a file that is absent stands for nothing, and for 0).
# PROGRAMS is a list of folders, as in PATH, that hold stackthumb and the test tools. Exit status: 0 as expected,
# 1 not, 77 when the case says that it cannot run here. UPDATE=1 writes what came out as what is expected.
set -u
programs=$1
case_folder=$(cd "$2" && pwd) || exit 1
helpers=$(cd "$(dirname "$0")" && pwd)/helpers.sh
cache=$(pwd)/cache # CTest runs this in the build folder

work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir "$work/here" && cd "$work/here" || exit 1

# The same from everywhere; one kernel cache for all cases, so that kernels are compiled once.
LC_ALL=C POCL_CACHE_DIR=${POCL_CACHE_DIR:-$cache/pocl} XDG_CACHE_HOME=$cache PATH=$programs:$PATH
export LC_ALL POCL_CACHE_DIR XDG_CACHE_HOME PATH
unset POSIXLY_CORRECT OCL_ICD_VENDORS OCL_ICD_FILENAMES
mkdir -p "$POCL_CACHE_DIR"
for program in stackthumb phantom odd_tiff; do
    command -v $program >/dev/null || { echo "$program is not in $programs" && exit 1; }
done

helpers_file=$helpers
corpus=$(dirname "$helpers")/../../../shared/data
export helpers_file corpus
sh -u -c '. "$0"; . "$1"' "$helpers" "$case_folder/cmd" >"$work/stdout.raw" 2>"$work/stderr.raw" </dev/null
echo $? >"$work/status"
if [ "$(cat "$work/status")" = 77 ]; then
    cat "$work/stdout.raw" "$work/stderr.raw"
    exit 77
fi

# What differs from run to run or from machine to machine.
normalise() {
    sed -E -e "s|$work/here|HERE|g" \
        -e 's/stackthumb [0-9]+\.[0-9]+\.[0-9]+/stackthumb VERSION/g' \
        -e 's/in [0-9]+\.[0-9]+ s, /in TIME, /g' \
        -e 's/[0-9.]+ (bytes|kB|MB|GB)\/s/RATE/g' \
        -e 's/[-0-9]+:[-0-9:]+ left/TIME left/g' -e 's/took [0-9:]+/took TIME/g' \
        -e 's/\b[0-9]+ threads?\b/N threads/g'
}
for stream in stdout stderr; do
    normalise <"$work/$stream.raw" >"$work/$stream"
done

if [ -n "${UPDATE:-}" ]; then
    for stream in stdout stderr; do
        if [ -s "$work/$stream" ]; then cp "$work/$stream" "$case_folder/"; else rm -f "$case_folder/$stream"; fi
    done
    if [ "$(cat "$work/status")" = 0 ]; then rm -f "$case_folder/status"; else cp "$work/status" "$case_folder/"; fi
    exit 0
fi

failed=0
echo 0 >"$work/zero"
for stream in status stdout stderr; do
    expected=$case_folder/$stream
    if [ ! -e "$expected" ]; then
        if [ $stream = status ]; then expected=$work/zero; else expected=/dev/null; fi
    fi
    if ! diff -u --label "expected $stream" --label "$stream" "$expected" "$work/$stream"; then failed=1; fi
done
exit $failed
