#!/bin/sh
# SPDX-License-Identifier: MIT
# oclgrind.sh TEST_PROGRAM: runs the device test on oclgrind's device, which interprets every kernel and reports reads of
# uninitialised memory, accesses out of bounds and data races. Its library is loaded as any OpenCL driver is, so that the
# program may be built with sanitizers. oclgrind exits 0 whatever it finds, so its output is read.
# 77 (skipped) where oclgrind is not installed.
driver=$(ls /usr/lib/oclgrind/liboclgrind-rt-icd.so /usr/lib/*/oclgrind/liboclgrind-rt-icd.so 2>/dev/null | head -n 1)
[ -n "$driver" ] || { echo "skipped: oclgrind is not installed"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
echo "$driver" >"$folder/oclgrind.icd"
log="$folder/log"
OCL_ICD_VENDORS=$folder OCLGRIND_UNINITIALIZED=1 OCLGRIND_DATA_RACES=1 \
    STACKTHUMB_TEST_ROUNDS=${STACKTHUMB_TEST_ROUNDS:-2} "$1" >"$log" 2>&1
status=$?
if [ $status -ne 0 ] || grep -Eiq 'oclgrind|uninitialized|invalid (read|write)|race' "$log" || ! grep -q 'PASSED' "$log"; then
    head -n 60 "$log"
    exit 1
fi
tail -n 3 "$log"
