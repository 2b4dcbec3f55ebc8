#!/bin/sh
# SPDX-License-Identifier: MIT
# sh cmake/test.sh [ctest arguments]: installs what is missing, builds with ASan+UBSan and runs every test through CTest;
# then the tests of the threads once more with TSan, those of memory without sanitizers, which hold memory of their own, and
# every fuzz target for 5 seconds. When CI is set that is a minute for the parsers and 10 seconds for the others, and a test of
# a device, of faults, of fuzzing or of the benchmarks that is skipped fails the run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/packages.sh"
install_packages $build_packages libcmocka-dev gnuplot-nox libtiff-tools oclgrind strace util-linux e2fsprogs python3 python3-numpy \
    python3-pil python3-tifffile
install_packages clang libclang-rt-dev || true # what they are needed for is skipped, or fails, below

cd "$root"
cmake --preset asan
cmake --build --preset asan
log="$root/build/test.log"
status=0
ctest --preset asan --no-tests=error -j 2 -E '^(cli_memory_peak|test_codec_memory)$' "$@" >"$log" 2>&1 || status=$?
cat "$log"

# again PRESET REGEX [ctest arguments]: the tests that match, built by another preset.
again() {
    preset=$1
    regex=$2
    shift 2
    cmake --preset "$preset" >/dev/null
    cmake --build --preset "$preset"
    ctest --preset "$preset" --no-tests=error -R "$regex" "$@" >"$log.$preset" 2>&1 || status=$?
    cat "$log.$preset"
    cat "$log.$preset" >>"$log"
}

# Whether clang can make a libFuzzer target.
have_fuzzer() {
    printf '%s\n' '#include <stddef.h>' '#include <stdint.h>' 'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);' \
        'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) { return data && n > 9 ? -1 : 0; }' |
        clang -x c -fsanitize=fuzzer,address,undefined -o "$root/build/have_fuzzer" - >/dev/null 2>&1
}
if [ $# -eq 0 ]; then
    again tsan '^(test_(base|queue|pipeline|output_(strips|resume))|fault_soak)'
    again release '^(cli_memory_(peak|least)|test_codec_memory)$'
    if have_fuzzer; then
        FUZZ_SECONDS=${CI:+60} again fuzz . -L parser -j 5
        FUZZ_SECONDS=${CI:+10} again fuzz . -LE parser -j 5
    else
        echo "stackthumb: the fuzz targets were skipped: they take clang and its libFuzzer (Debian's libclang-rt-dev)" >&2
        [ -z "${CI:-}" ] || status=1
    fi
fi

# CTest's lines: "12/34 Test #12: name ....   Passed    0.01 sec", or ***Skipped, ***Failed, ***Timeout, ***Exception
count() { grep -Ec "^ *[0-9]+/[0-9]+ Test +#.*$1" "$log" || true; }
passed=$(count ' Passed ')
skipped=$(count '\*\*\*Skipped')
failed=$(($(count '(Passed|\*\*\*)') - passed - skipped))
if [ -n "${CI:-}" ]; then
    for name in $(ctest --preset asan -N -L 'device|fault|fuzz|bench' | sed -n 's/^ *Test *#[0-9]*: //p'); do
        if grep -Eq "^ *[0-9]+/[0-9]+ Test +#[0-9]+: $name .*\*\*\*Skipped" "$log"; then
            echo "stackthumb: the test $name was skipped, which CI does not allow" >&2
            status=1
        fi
    done
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
