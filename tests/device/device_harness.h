/* SPDX-License-Identifier: MIT
 * What the device tests share: the devices of this machine. */
#ifndef STACKTHUMB_TESTS_DEVICE_HARNESS_H
#define STACKTHUMB_TESTS_DEVICE_HARNESS_H

#include "opencl/opencl.h"

/* Lists the devices; ends the program with 77 (skipped) when none is usable. */
void test_devices_begin(struct opencl_devices *devices);

#endif
