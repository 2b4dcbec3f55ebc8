/* SPDX-License-Identifier: MIT
 * Which devices there are. */
#include "opencl/call.h"
#include "opencl/opencl.h"
#include "opencl/preflight.h"

#include "base/printable.h"
#include "base/resident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Not in CL/cl.h: cl_khr_icd, "no platform is installed". */
enum { PLATFORM_NOT_FOUND_KHR = -1001 };

/* What the loader and a driver that it loads may ask for meanwhile, about. */
enum { LOADER_BYTES = 1 << 20 };

const char *opencl_kind_name(enum opencl_kind kind)
{
    static const char *const names[] = {[OPENCL_GPU] = "gpu",
                                        [OPENCL_ACCELERATOR] = "accelerator",
                                        [OPENCL_CPU] = "cpu",
                                        [OPENCL_OTHER] = "other"};
    return names[kind];
}

static void device_text(cl_device_id id, cl_device_info what, char *text, size_t n_bytes)
{
    char raw[512] = "";
    if (clGetDeviceInfo(id, what, sizeof raw - 1, raw, NULL) != CL_SUCCESS)
        raw[0] = '\0';
    const char *start = raw + strspn(raw, " "); /* some drivers pad names */
    printable(text, n_bytes, start);
}

static uint64_t device_number(cl_device_id id, cl_device_info what)
{
    cl_ulong wide = 0;
    size_t n_bytes = 0;
    if (clGetDeviceInfo(id, what, sizeof wide, &wide, &n_bytes) != CL_SUCCESS)
        return 0;
    return wide; /* little-endian host: a 32-bit answer fills the low half */
}

static enum opencl_kind device_kind(cl_device_id id)
{
    uint64_t type = device_number(id, CL_DEVICE_TYPE);
    return type & CL_DEVICE_TYPE_GPU           ? OPENCL_GPU
           : type & CL_DEVICE_TYPE_ACCELERATOR ? OPENCL_ACCELERATOR
           : type & CL_DEVICE_TYPE_CPU         ? OPENCL_CPU
                                               : OPENCL_OTHER;
}

static const char *why_unusable(cl_device_id id, const char *version)
{
    char profile[64];
    unsigned major = 0, minor = 0;
    device_text(id, CL_DEVICE_PROFILE, profile, sizeof profile);
    if (!device_number(id, CL_DEVICE_AVAILABLE))
        return "not available";
    if (!device_number(id, CL_DEVICE_COMPILER_AVAILABLE))
        return "has no compiler";
    if (sscanf(version, "OpenCL %u.%u", &major, &minor) != 2 || major * 10 + minor < 12)
        return "older than OpenCL 1.2";
    if (strcmp(profile, "FULL_PROFILE") != 0)
        return "not OpenCL's full profile";
    if (!device_number(id, CL_DEVICE_ENDIAN_LITTLE))
        return "big-endian";
    return NULL;
}

static void describe(struct opencl_device *device, cl_platform_id platform, const char *platform_name,
                     cl_device_id id)
{
    *device = (struct opencl_device){.kind = device_kind(id), .platform_id = platform, .device_id = id};
    snprintf(device->platform, sizeof device->platform, "%s", platform_name);
    device_text(id, CL_DEVICE_NAME, device->name, sizeof device->name);
    device_text(id, CL_DEVICE_VERSION, device->version, sizeof device->version);
    device_text(id, CL_DRIVER_VERSION, device->driver, sizeof device->driver);
    device->memory_bytes = device_number(id, CL_DEVICE_GLOBAL_MEM_SIZE);
    device->max_buffer_bytes = device_number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    device->compute_units = (unsigned)device_number(id, CL_DEVICE_MAX_COMPUTE_UNITS);
    device->unified_memory = device_number(id, CL_DEVICE_HOST_UNIFIED_MEMORY) != 0;
    device->unusable_why = why_unusable(id, device->version);
    device->usable = device->unusable_why == NULL;
}

/* Adds the devices of one platform; a platform that has none, or cannot tell, adds nothing. */
static enum status add_platform(struct opencl_devices *list, cl_platform_id platform, struct error *error)
{
    char raw[128] = "", name[128];
    cl_uint n = 0;
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof raw - 1, raw, NULL) != CL_SUCCESS)
        return STATUS_OK;
    printable(name, sizeof name, raw);
    if (strstr(name, "Portable Computing Language")) {
        struct error refused = {0};
        if (preflight_pocl(&list->private_folder, list->note, sizeof list->note, &refused) != STATUS_OK) {
            snprintf(list->note, sizeof list->note, "PoCL is left out: %.480s", refused.message);
            return STATUS_OK;
        }
    }
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &n) != CL_SUCCESS || n == 0)
        return STATUS_OK;
    cl_device_id *ids = calloc(n, sizeof *ids);
    struct opencl_device *devices = realloc(list->devices, (list->n + n) * sizeof *devices);
    if (devices)
        list->devices = devices;
    if (!ids || !devices) {
        free(ids);
        return error_no_memory(error, n * sizeof *devices, "the list of devices");
    }
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, n, ids, NULL) == CL_SUCCESS)
        for (cl_uint i = 0; i < n; i++)
            describe(&list->devices[list->n++], platform, name, ids[i]);
    free(ids);
    return STATUS_OK;
}

void opencl_limit_host_threads(unsigned nthreads)
{
    char text[16];
    snprintf(text, sizeof text, "%u", nthreads);
    /* Without memory for it PoCL takes all processors: slower, nothing else. */
    setenv("POCL_MAX_PTHREAD_COUNT", text, 0);
}

enum status opencl_devices_list(struct opencl_devices *list, struct error *error)
{
    *list = (struct opencl_devices){0};
    cl_uint n = 0;
    /* ocl-icd 2.3 crashes where some small request of its own is refused. */
    if (!memory_is_there(LOADER_BYTES))
        return error_no_memory(error, LOADER_BYTES, "OpenCL's loader");
    cl_int code = clGetPlatformIDs(0, NULL, &n);
    if (code == PLATFORM_NOT_FOUND_KHR || (code == CL_SUCCESS && n == 0))
        return STATUS_OK;
    if (code != CL_SUCCESS)
        return cl_failed(error, code, "OpenCL", "listing the platforms");
    cl_platform_id *platforms = calloc(n, sizeof *platforms);
    if (!platforms)
        return error_no_memory(error, n * sizeof *platforms, "the list of platforms");
    code = clGetPlatformIDs(n, platforms, NULL);
    enum status status =
        code == CL_SUCCESS ? STATUS_OK : cl_failed(error, code, "OpenCL", "listing the platforms");
    for (cl_uint i = 0; i < n && status == STATUS_OK; i++)
        status = add_platform(list, platforms[i], error);
    free(platforms);
    if (status != STATUS_OK)
        opencl_devices_end(list);
    return status;
}

void opencl_devices_end(struct opencl_devices *list)
{
    free(list->devices);
    preflight_end(list->private_folder);
    *list = (struct opencl_devices){0};
}
