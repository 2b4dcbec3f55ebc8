/* SPDX-License-Identifier: MIT */
#include "stub_info.h"

#include <stdlib.h>
#include <string.h>

struct _cl_platform_id {
    struct stub_object object;
};
struct _cl_device_id {
    struct stub_object object;
};
static struct _cl_platform_id the_platform = {.object.dispatch = &stub_dispatch};
static struct _cl_device_id the_device = {.object.dispatch = &stub_dispatch};

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

/* What the environment says in the place of what is usual. */
static const char *told(const char *variable, const char *usual)
{
    const char *value = getenv(variable);
    return value ? value : usual;
}

/* Unless STUB_LACKS names it. */
static cl_ulong has(const char *what)
{
    return strstr(told("STUB_LACKS", ""), what) == NULL;
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
        return stub_answer_text(told("STUB_PLATFORM", "Stub platform"), room_bytes, to, told_bytes);
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
        return stub_answer_text(told("STUB_NAME", "Stub"), room_bytes, to, told_bytes);
    case CL_DEVICE_VERSION:
        return stub_answer_text(told("STUB_VERSION", "OpenCL 1.2 stub"), room_bytes, to, told_bytes);
    case CL_DRIVER_VERSION:
        return stub_answer_text("1", room_bytes, to, told_bytes);
    case CL_DEVICE_PROFILE:
        return stub_answer_text(told("STUB_PROFILE", "FULL_PROFILE"), room_bytes, to, told_bytes);
    case CL_DEVICE_TYPE:
        return number(strtoul(told("STUB_TYPE", "4"), NULL, 10), sizeof(cl_device_type), room_bytes, to,
                      told_bytes);
    case CL_DEVICE_AVAILABLE:
        return number(has("available"), sizeof(cl_bool), room_bytes, to, told_bytes);
    case CL_DEVICE_COMPILER_AVAILABLE:
        return number(has("compiler"), sizeof(cl_bool), room_bytes, to, told_bytes);
    case CL_DEVICE_ENDIAN_LITTLE:
        return number(has("endian"), sizeof(cl_bool), room_bytes, to, told_bytes);
    case CL_DEVICE_SINGLE_FP_CONFIG:
        return number(CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST | (has("denormals") ? CL_FP_DENORM : 0),
                      sizeof(cl_device_fp_config), room_bytes, to, told_bytes);
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

cl_int stub_device_ids(cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *devices,
                       cl_uint *n)
{
    (void)platform, (void)type;
    cl_int code = stub_enter("clGetDeviceIDs");
    if (code != CL_SUCCESS)
        return code;
    if (n)
        *n = (cl_uint)has("devices");
    if (devices && room > 0)
        *devices = &the_device;
    return CL_SUCCESS;
}

/* The two that the loader looks up by name. */
cl_int clIcdGetPlatformIDsKHR(cl_uint room, cl_platform_id *platforms, cl_uint *n);
void *clGetExtensionFunctionAddress(const char *name);

cl_int clIcdGetPlatformIDsKHR(cl_uint room, cl_platform_id *platforms, cl_uint *n)
{
    cl_int code = stub_enter("clGetPlatformIDs");
    if (code != CL_SUCCESS)
        return code;
    if (n)
        *n = 1;
    if (platforms && room > 0)
        *platforms = &the_platform;
    return CL_SUCCESS;
}

void *clGetExtensionFunctionAddress(const char *name)
{
    void *address = NULL;
    cl_int (*get_platforms)(cl_uint, cl_platform_id *, cl_uint *) = clIcdGetPlatformIDsKHR;
    cl_int (*get_info)(cl_platform_id, cl_platform_info, size_t, void *, size_t *) = stub_platform_info;
    /* POSIX lets a function's address be held so; ISO C has no cast for it. */
    if (strcmp(name, "clIcdGetPlatformIDsKHR") == 0)
        memcpy(&address, &get_platforms, sizeof address);
    else if (strcmp(name, "clGetPlatformInfo") == 0)
        memcpy(&address, &get_info, sizeof address);
    return address;
}
