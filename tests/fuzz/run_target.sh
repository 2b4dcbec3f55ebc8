#!/bin/sh
# SPDX-License-Identifier: MIT
# sh tests/fuzz/run_target.sh PROGRAM MAX_BYTES [SEED FOLDER...]: lets libFuzzer work on one target for FUZZ_SECONDS (5 when
# unset), from its corpus of earlier runs and these seeds, and prints one line: target, seconds, CPU-seconds, executions,
# coverage edges, findings. Exit status 1 on a finding, whose bytes and log are kept and named. Corpora, logs and findings lie
# beside the program, under corpus/, log/ and findings/.
set -u
program=$1
max_bytes=$2
shift 2
name=${program##*/fuzz_}
build=$(dirname "$program")
seconds=${FUZZ_SECONDS:-5}
log=$build/log/$name.log
mkdir -p "$build/corpus/$name" "$build/log" "$build/findings"
: >"$log"

dictionary=$(dirname "$0")/dictionaries/$name.dict
options="-max_len=$max_bytes -timeout=2 -rss_limit_mb=1024 -malloc_limit_mb=256 -print_final_stats=1"
[ -f "$dictionary" ] && options="$options -dict=$dictionary"
for folder in "$@"; do # what is not there is no seed
    shift
    [ -d "$folder" ] && set -- "$@" "$folder"
done

started=$(date +%s)
status=0
findings=0
while left=$((started + seconds - $(date +%s))) && [ "$left" -gt 0 ]; do
    # shellcheck disable=SC2086
    "$program" $options -max_total_time="$left" -artifact_prefix="$build/findings/$name-" \
        "$build/corpus/$name" "$@" >>"$log" 2>&1 && break
    finding=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    case $finding in
    */"$name"-timeout-*)
        # The clock on the wall also runs while others have the processor: only 2 seconds of it are a finding.
        if (ulimit -t 2 && "$program" "$finding") >>"$log" 2>&1; then
            rm -f "$finding"
            continue
        fi
        ;;
    esac
    findings=1
    status=1
    echo "stackthumb: $name: a finding: ${finding:-no input was kept}; see $log" >&2
    break
done

times >"$build/log/$name.times" # not in a pipe: of a subshell's children it would tell
cpu=$(awk -F '[ms ]+' 'NR == 2 {printf "%.0f", 60 * $1 + $2 + 60 * $3 + $4}' "$build/log/$name.times")
executions=$(awk '/^stat::number_of_executed_units:/ {n += $2} END {print n + 0}' "$log")
edges=$(sed -n 's/.*cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
line=$(printf '%-14s %8d %8d %12d %8d %8d' "$name" "$(($(date +%s) - started))" "$cpu" "$executions" "${edges:-0}" "$findings")
echo "$line"
echo "$(date -u +%FT%TZ) $line" >>"$build/log/runs"
exit $status
