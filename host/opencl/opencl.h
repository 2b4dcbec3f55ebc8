/* SPDX-License-Identifier: MIT
 * The OpenCL room's public face: which devices there are, and a downsampler on one of them. CL/cl.h stays
 * behind it. */
#ifndef STACKTHUMB_OPENCL_OPENCL_H
#define STACKTHUMB_OPENCL_OPENCL_H

#include "base/error.h"
#include "base/watchdog.h"
#include "downsample/downsampler.h"
#include "downsample/host_budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opencl_kind { OPENCL_GPU, OPENCL_ACCELERATOR, OPENCL_CPU, OPENCL_OTHER };

/* A device as the driver describes it. */
struct opencl_device {
    enum opencl_kind kind;
    char name[128];
    char platform[128];
    char version[128]; /* "OpenCL 3.0 ..." */
    char driver[128];
    uint64_t memory_bytes;
    uint64_t max_buffer_bytes; /* CL_DEVICE_MAX_MEM_ALLOC_SIZE */
    unsigned compute_units;
    bool unified_memory;
    bool usable;                   /* available, with a compiler, OpenCL 1.2, full profile, little-endian */
    const char *unusable_why;      /* NULL when usable */
    void *platform_id, *device_id; /* for this room */
};

struct opencl_devices {
    struct opencl_device *devices;
    size_t n;
    char note[512];       /* one line to tell the user (a kernel cache that had to be moved, say), or "" */
    char *private_folder; /* for this room: such a cache, removed by opencl_devices_end; else NULL */
};

/* Lists the devices of all platforms, in the order of the loader. No platform at all: STATUS_OK and n == 0.
 * Before a driver is touched, what would make it abort is checked (a PoCL kernel cache that cannot be
 * written). The caller calls opencl_devices_end, when no downsampler is left; after a failure there is
 * nothing to end. */
enum status opencl_devices_list(struct opencl_devices *devices, struct error *error);
void opencl_devices_end(struct opencl_devices *devices);

/* Before the devices are listed: one that computes on the host's own processors is to do so with `nthreads`,
 * where its driver lets itself be told (PoCL), for reading and writing need processors too. What the user has
 * told the driver stays. Call it before any thread is started: it changes the environment. */
void opencl_limit_host_threads(unsigned nthreads);

/* "gpu", "accelerator", "cpu", "other". */
const char *opencl_kind_name(enum opencl_kind kind);

/* How work is cut into work-items: long runs of x for devices whose work-items are threads, a few voxels
 * where they are lanes of a vector unit (GPUs). AUTO goes by the kind of the device; the others are for tests
 * and benchmarks. */
enum opencl_shape { OPENCL_SHAPE_AUTO, OPENCL_SHAPE_RUNS, OPENCL_SHAPE_VOXELS };

struct opencl_options {
    uint64_t memory_bytes;     /* the most device memory to use; 0: planned from what the device reports */
    uint64_t refused_bytes;    /* what a run before was refused: less than this is planned; 0: nothing was */
    uint32_t batch_slices;     /* as in struct downsample_limits; 0: choose */
    uint32_t band_rows;        /* likewise */
    unsigned ndecoders;        /* likewise */
    uint64_t max_buffer_bytes; /* treat the device as if this were its largest allocation; 0: as it reports */
    const char *cache_folder;  /* where program binaries are kept; NULL: the user's cache */
    bool profile;              /* tell downsampler->times, from profiling events */
    enum opencl_shape shape;
    struct host_budget *budget; /* on the host's memory; NULL: no bound */
    struct watchdog *watchdog;  /* over all calls to the driver; outlives the downsampler; NULL: none */
};

/* Plans a run on `device` without allocating. Batches of whole slices when `whole_slices`, unless none will
 * do: STATUS_DEVICE when not even the smallest batch fits the device, STATUS_USAGE when none that does fits
 * the budget. */
enum status opencl_plan(struct downsample_plan *plan, const struct opencl_device *device,
                        const struct pyramid *pyramid, const struct opencl_options *options,
                        bool whole_slices, struct error *error);

/* Builds the programs, allocates and warms up. A refused allocation shrinks the batch (downsampler->plan
 * tells the one taken), and so does a driver that turns out to hold more than plan.driver_bytes, as far
 * as the budget asks for it. A build failure is STATUS_DEVICE with the last line of the log in the message;
 * the whole log goes to *build_log (malloc'ed; caller frees) when that is not NULL. */
enum status opencl_create(struct downsampler **downsampler, const struct opencl_device *device,
                          const struct pyramid *pyramid, const struct opencl_options *options,
                          bool whole_slices, char **build_log, struct error *error);

#endif
