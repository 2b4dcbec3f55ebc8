#!/bin/sh
# SPDX-License-Identifier: MIT
# oclgrind.sh TEST_PROGRAM: runs the device test under oclgrind, which interprets every kernel and reports reads of
# uninitialised memory, accesses out of bounds and data races. oclgrind exits 0 whatever it finds, so its output is read.
# 77 (skipped) where oclgrind is not installed.
command -v oclgrind >/dev/null || { echo "skipped: oclgrind is not installed"; exit 77; }
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
STACKTHUMB_TEST_ROUNDS=${STACKTHUMB_TEST_ROUNDS:-3} oclgrind --uninitialized --data-races "$1" >"$log" 2>&1
status=$?
if [ $status -ne 0 ] || grep -Eq 'OCLGRIND|Oclgrind|[Uu]ninitialized|Invalid (read|write)|[Rr]ace' "$log" ||
    ! grep -q 'PASSED' "$log"; then
    head -n 60 "$log"
    exit 1
fi
tail -n 3 "$log"
