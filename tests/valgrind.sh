#!/bin/sh
# SPDX-License-Identifier: MIT
# sh tests/valgrind.sh [REGEX]: runs the unit tests, and the cases of tests/cli with stackthumb itself, under valgrind's memcheck,
# all of them or those whose names match: nothing may be read or written out of bounds or before it is set, nothing may leak.
# It takes an hour. A line for each; exit status 1 when memcheck found something, whose report is named. What measures memory or
# time is left out: it is not its own here; and so is the case that closes standard output, into which valgrind then opens its log.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/packages.sh"
install_packages valgrind libc6-dbg
regex=${1:-.}
build=$root/build/debug
reports=$build/valgrind
cd "$root"
cmake --preset debug >/dev/null
cmake --build --preset debug
rm -rf "$reports"
mkdir -p "$reports/bin"
memcheck="valgrind -q --leak-check=full --show-possibly-lost=no --errors-for-leak-kinds=definite --error-exitcode=99 \
--num-callers=25 --suppressions=$root/tests/data/valgrind.supp"
printf '#!/bin/sh\nexec %s --log-file=%s "%s" "$@"\n' "$memcheck" "$reports/\$CASE_NAME.%p" "$build/host/cli/stackthumb" \
    >"$reports/bin/stackthumb"
chmod +x "$reports/bin/stackthumb"
HWLOC_COMPONENTS=-x86 # it says on stderr that it cannot work here
export HWLOC_COMPONENTS
status=0

# judge NAME EXIT-STATUS: prints one line; what memcheck reported lies in files NAME.*, empty ones where it was content.
judge() {
    find "$reports" -name "$1.*" -size 0 -delete
    if find "$reports" -name "$1.*" ! -name '*.output' | grep -q .; then
        echo "$1: memcheck found something; see $reports/$1.*"
        status=1
    else
        echo "$1: clean$([ "$2" = 0 ] || echo ", though the test ended with $2; see $reports/$1.output")"
    fi
}

for test in "$build"/tests/unit/test_* "$build"/tests/cli/test_*; do
    name=${test##*/}
    case $name in test_codec_memory | test_pipeline_memory | test_stack_memory) continue ;; esac
    [ -x "$test" ] && [ -f "$test" ] && echo "$name" | grep -Eq "$regex" || continue
    ended=0
    $memcheck --log-file="$reports/$name.%p" "$test" >"$reports/$name.output" 2>&1 || ended=$?
    judge "$name" "$ended"
done
for case_folder in tests/cli/cases/*; do
    CASE_NAME=cli_${case_folder##*/}
    export CASE_NAME
    case $CASE_NAME in cli_memory_* | cli_no_memory | cli_bench* | cli_stdout_full) continue ;; esac
    echo "$CASE_NAME" | grep -Eq "$regex" || continue
    ended=0
    sh tests/cli/run_case.sh "$reports/bin:$build/tests/tools:$build/tests/cli" "$case_folder" \
        >"$reports/$CASE_NAME.output" 2>&1 || ended=$?
    judge "$CASE_NAME" "$ended"
done
exit $status
