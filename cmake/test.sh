#!/bin/sh
# SPDX-License-Identifier: MIT
# sh cmake/test.sh [ctest arguments]: installs what is missing, builds with ASan+UBSan and runs every test through CTest;
# then the tests of the threads once more with TSan, and those of memory without sanitizers, which hold memory of their
# own. When CI is set, a test of a device, of faults or of the benchmarks that is skipped fails the run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/packages.sh"
install_packages $build_packages libcmocka-dev gnuplot-nox libtiff-tools oclgrind strace util-linux python3 python3-numpy \
    python3-tifffile

cd "$root"
cmake --preset asan
cmake --build --preset asan
log="$root/build/test.log"
status=0
ctest --preset asan --no-tests=error -j 2 -E '^cli_memory_peak$' "$@" >"$log" 2>&1 || status=$?
cat "$log"

# again PRESET REGEX: the tests that match, built by another preset.
again() {
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1"
    ctest --preset "$1" --no-tests=error -R "$2" >"$log.$1" 2>&1 || status=$?
    cat "$log.$1"
    cat "$log.$1" >>"$log"
}
if [ $# -eq 0 ]; then
    again tsan '^(test_(base|queue|pipeline|output_strips)|fault_soak)'
    again release '^cli_memory_(peak|least)$'
fi

# CTest's lines: "12/34 Test #12: name ....   Passed    0.01 sec", or ***Skipped, ***Failed, ***Timeout, ***Exception
count() { grep -Ec "^ *[0-9]+/[0-9]+ Test +#.*$1" "$log" || true; }
passed=$(count ' Passed ')
skipped=$(count '\*\*\*Skipped')
failed=$(($(count '(Passed|\*\*\*)') - passed - skipped))
if [ -n "${CI:-}" ]; then
    for name in $(ctest --preset asan -N -L 'device|fault|bench' | sed -n 's/^ *Test *#[0-9]*: //p'); do
        if grep -Eq "^ *[0-9]+/[0-9]+ Test +#[0-9]+: $name .*\*\*\*Skipped" "$log"; then
            echo "stackthumb: the test $name was skipped, which CI does not allow" >&2
            status=1
        fi
    done
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
