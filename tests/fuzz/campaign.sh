#!/bin/sh
# SPDX-License-Identifier: MIT
# sh tests/fuzz/campaign.sh SECONDS [TARGET...]: builds the fuzz targets with clang and runs each for SECONDS, all of them or
# those that are named, FUZZ_JOBS at a time (1 when unset). What an earlier campaign found to be worth a seed is used again.
# Exit status 1 when there is a finding.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || {
    echo "usage: sh tests/fuzz/campaign.sh SECONDS [TARGET...]" >&2
    exit 2
}
seconds=$1
shift
cd "$root"
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
pattern=$(IFS='|' && echo "$*")
log=build/fuzz/campaign.log
status=0
FUZZ_SECONDS=$seconds ctest --preset fuzz --no-tests=error -V -j "${FUZZ_JOBS:-1}" ${pattern:+-R "^fuzz_($pattern)\$"} \
    >"$log" 2>&1 || status=1
printf '%-14s %8s %8s %12s %8s %8s\n' target seconds CPU executions edges findings
sed -En 's/^[0-9]+: (.*[^ ] +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[01])$/\1/p' "$log"
sed -n 's/^[0-9]*: \(stackthumb: .*\)/\1/p' "$log" >&2
exit $status
