/* SPDX-License-Identifier: MIT */
#include "stub_info.h"

#include <stdlib.h>
#include <string.h>

cl_int stub_answer(const void *value, size_t n_bytes, size_t room_bytes, void *to, size_t *told_bytes)
{
    if (told_bytes)
        *told_bytes = n_bytes;
    if (!to)
        return CL_SUCCESS;
    if (room_bytes < n_bytes)
        return CL_INVALID_VALUE;
    memcpy(to, value, n_bytes);
    return CL_SUCCESS;
}

cl_int stub_answer_text(const char *text, size_t room_bytes, void *to, size_t *told_bytes)
{
    return stub_answer(text, strlen(text) + 1, room_bytes, to, told_bytes);
}

cl_int stub_platform_info(cl_platform_id platform, cl_platform_info what, size_t room_bytes, void *to,
                          size_t *told_bytes)
{
    (void)platform;
    cl_int code = stub_enter("clGetPlatformInfo");
    if (code != CL_SUCCESS)
        return code;
    switch (what) {
    case CL_PLATFORM_PROFILE:
        return stub_answer_text("FULL_PROFILE", room_bytes, to, told_bytes);
    case CL_PLATFORM_VERSION:
        return stub_answer_text("OpenCL 1.2 stub", room_bytes, to, told_bytes);
    case CL_PLATFORM_NAME:
        return stub_answer_text("Stub platform", room_bytes, to, told_bytes);
    case CL_PLATFORM_VENDOR:
        return stub_answer_text("stackthumb's tests", room_bytes, to, told_bytes);
    case CL_PLATFORM_EXTENSIONS:
        return stub_answer_text("cl_khr_icd", room_bytes, to, told_bytes);
    case CL_PLATFORM_ICD_SUFFIX_KHR:
        return stub_answer_text("STUB", room_bytes, to, told_bytes);
    default:
        return CL_INVALID_VALUE;
    }
}

static cl_int number(cl_ulong value, size_t n_bytes, size_t room_bytes, void *to, size_t *told_bytes)
{
    return stub_answer(&value, n_bytes, room_bytes, to, told_bytes); /* the host is little-endian */
}

cl_int stub_device_info(cl_device_id device, cl_device_info what, size_t room_bytes, void *to,
                        size_t *told_bytes)
{
    (void)device;
    cl_int code = stub_enter("clGetDeviceInfo");
    if (code != CL_SUCCESS)
        return code;
    switch (what) {
    case CL_DEVICE_NAME:
        return stub_answer_text("Stub", room_bytes, to, told_bytes);
    case CL_DEVICE_VERSION:
        return stub_answer_text("OpenCL 1.2 stub", room_bytes, to, told_bytes);
    case CL_DRIVER_VERSION:
        return stub_answer_text("1", room_bytes, to, told_bytes);
    case CL_DEVICE_PROFILE:
        return stub_answer_text("FULL_PROFILE", room_bytes, to, told_bytes);
    case CL_DEVICE_TYPE:
        return number(CL_DEVICE_TYPE_GPU, sizeof(cl_device_type), room_bytes, to, told_bytes);
    case CL_DEVICE_AVAILABLE:
    case CL_DEVICE_COMPILER_AVAILABLE:
    case CL_DEVICE_ENDIAN_LITTLE:
        return number(CL_TRUE, sizeof(cl_bool), room_bytes, to, told_bytes);
    case CL_DEVICE_HOST_UNIFIED_MEMORY:
        return number(getenv("STUB_UNIFIED") != NULL, sizeof(cl_bool), room_bytes, to, told_bytes);
    case CL_DEVICE_GLOBAL_MEM_SIZE:
        return number((cl_ulong)1 << 30, sizeof(cl_ulong), room_bytes, to, told_bytes);
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
        return number((cl_ulong)1 << 28, sizeof(cl_ulong), room_bytes, to, told_bytes);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
        return number(1, sizeof(cl_uint), room_bytes, to, told_bytes);
    default:
        return CL_INVALID_VALUE;
    }
}
