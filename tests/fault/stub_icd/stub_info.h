/* SPDX-License-Identifier: MIT
 * What the stub tells of itself. */
#ifndef STACKTHUMB_TESTS_STUB_INFO_H
#define STACKTHUMB_TESTS_STUB_INFO_H

#include "stub.h"

/* Answers a clGet...Info with `n_bytes` at `value`. */
cl_int stub_answer(const void *value, size_t n_bytes, size_t room_bytes, void *to, size_t *told_bytes);
cl_int stub_answer_text(const char *text, size_t room_bytes, void *to, size_t *told_bytes);

cl_int stub_device_ids(cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *devices,
                       cl_uint *n);
cl_int stub_platform_info(cl_platform_id platform, cl_platform_info what, size_t room_bytes, void *to,
                          size_t *told_bytes);
cl_int stub_device_info(cl_device_id device, cl_device_info what, size_t room_bytes, void *to,
                        size_t *told_bytes);

#endif
