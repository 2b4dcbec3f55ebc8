#!/bin/sh
# SPDX-License-Identifier: MIT
# sh tests/coverage.sh [ctest arguments]: builds with gcov's counters, runs the tests and reports which lines and branches of
# host/ they took: a table on stdout, and page by page in build/coverage/report/index.html. What a process did that was killed
# is not counted.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/packages.sh"
install_packages gcovr
cd "$root"
cmake --preset coverage >/dev/null
cmake --build --preset coverage
find build/coverage -name '*.gcda' -delete
# The last of them hides the folders in which the counters are kept, which their library cannot but say.
status=0
export GCOV_ERROR_FILE=/dev/null # not on stderr, where tests look, when a disk is full for the counters, too
ctest --preset coverage -j 2 -E '^(oclgrind|cli_memory_peak|cli_kernel_cache_nowhere)' "$@" >build/coverage/test.log 2>&1 || status=$?
tail -n 20 build/coverage/test.log >&2
mkdir -p build/coverage/report
# gcovr 5.2 stops at functions that are made in two ways, one for each instruction set, as those of the excluded files are; and
# at the counts below zero that gcov 12 computes now and then for a branch, which is not counted then.
gcovr --root . --filter host/ --exclude 'host/codec/sample_loops_.*\.inc' --object-directory build/coverage --branches \
    --exclude-unreachable-branches --gcov-ignore-parse-errors --print-summary --html-details build/coverage/report/index.html --sort-percentage --txt build/coverage/report/table.txt
cat build/coverage/report/table.txt
exit $status
