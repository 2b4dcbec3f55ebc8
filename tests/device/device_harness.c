/* SPDX-License-Identifier: MIT */
#include "device_harness.h"

#include <stdio.h>
#include <stdlib.h>

void test_devices_begin(struct opencl_devices *devices)
{
    struct error error = {0};
    if (opencl_devices_list(devices, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    if (devices->note[0])
        fprintf(stderr, "%s\n", devices->note);
    for (size_t i = 0; i < devices->n; i++)
        if (devices->devices[i].usable)
            return;
    opencl_devices_end(devices);
    printf("skipped: no OpenCL device that can be used\n");
    exit(77);
}
