/* SPDX-License-Identifier: MIT
 * The one place that includes CL/cl.h, at the version that is the contract (1.2), and how a failed call
 * becomes an error. */
#ifndef STACKTHUMB_OPENCL_CALL_H
#define STACKTHUMB_OPENCL_CALL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include "base/error.h"

#include <stdbool.h>

/* "CL_OUT_OF_RESOURCES" and the like; "unknown error" for codes that 1.2 does not have. */
const char *cl_code_name(cl_int code);

/* True for the codes by which a driver refuses memory. */
bool cl_code_is_memory(cl_int code);

/* STATUS_DEVICE: "NAME: WHAT failed: CL_... (-5)". `device` names the device. */
enum status cl_failed(struct error *error, cl_int code, const char *device, const char *what);

#endif
