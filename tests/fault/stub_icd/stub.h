/* SPDX-License-Identifier: MIT
 * An OpenCL driver for tests: one device that computes on the calling thread, at once, and fails on request.
 * It has the calls of OpenCL 1.2 that stackthumb makes, and computes the kernels of unsigned 8- and 16-bit
 * voxels with C code of its own. The ICD loader takes it from a folder named by OCL_ICD_VENDORS, or from a
 * file named by OCL_ICD_FILENAMES. It is told what to do by the environment, in which CALL is the name of a
 * call, or "any":
 *
 *   STUB_FAIL=CALL:N:CODE     the N-th CALL returns CODE; N+ : it and all later ones. Calls that release
 * something never fail, nor count as "any". "event": the N-th event that is made ends with CODE.
 *   STUB_HANG=CALL:N[:MS]     the N-th CALL does not return, or only after so many milliseconds
 *   STUB_BUILD_LOG=TEXT       building from source fails with this log
 *   STUB_MEMORY=BYTES         what all buffers may have; more is refused (the device says that it has 1 GiB)
 *   STUB_UNIFIED=1            the device shares the host's memory
 *   STUB_PLATFORM, STUB_NAME, STUB_VERSION, STUB_PROFILE=TEXT, STUB_TYPE=NUMBER   what it tells of itself
 *   STUB_LACKS=WORDS          what it has not: devices, available, compiler, endian, denormals
 *   STUB_REPORT=FILE          gets a line "injected" for each call that was disturbed, and when the process
 * ends "left N" with the number of objects that were not released
 */
#ifndef STACKTHUMB_TESTS_STUB_H
#define STACKTHUMB_TESTS_STUB_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_icd.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every object begins with; the loader finds the calls by the first field. */
struct stub_object {
    const cl_icd_dispatch *dispatch;
    unsigned refs; /* changed under the lock of stub_faults.c */
};

struct _cl_mem {
    struct stub_object object;
    char *data;
    size_t n_bytes;
    bool owned; /* data was allocated here */
};

struct _cl_program {
    struct stub_object object;
    bool is_pyramid, built;
    unsigned voxel_bytes, sum_bytes, stored_bytes, fused;
};

enum { STUB_ARGUMENTS = 18 };

struct _cl_kernel {
    struct stub_object object;
    struct _cl_program program; /* a copy of what it was made from */
    union stub_argument {
        cl_mem buffer;
        cl_uint number;
        cl_ulong wide;
    } arguments[STUB_ARGUMENTS];
};

struct _cl_event {
    struct stub_object object;
    cl_int status;
};

/* stub_icd.c */
extern const cl_icd_dispatch stub_dispatch;

/* stub_faults.c: begins a call: what it is to return at once, CL_SUCCESS to go on. */
cl_int stub_enter(const char *call);

/* The status of the next event. */
cl_int stub_event_status(void);

/* Whether the next run of a kernel is to compute wrong means: the STUB_WRONG-th and all later ones do. */
bool stub_lies(void);

/* Zeroed, with one reference; NULL when there is no memory. */
void *stub_create(size_t n_bytes);

/* True when it was the last reference, and the object is now free but for its memory. */
bool stub_release(void *object);

/* Takes `n_bytes` of what STUB_MEMORY allows; false when that is not left. */
bool stub_take_memory(size_t n_bytes);
void stub_give_memory(size_t n_bytes);

/* stub_kernels.c: runs it with its present arguments. */
void stub_run(const struct _cl_kernel *kernel);

/* Fills what the kernels depend on from the options of a build. */
void stub_parse_options(struct _cl_program *program, const char *options);

#endif
