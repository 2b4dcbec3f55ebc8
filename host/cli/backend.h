/* SPDX-License-Identifier: MIT
 * Where a run computes: turns --device and the options on memory and batches into a plan and a downsampler.
 */
#ifndef STACKTHUMB_CLI_BACKEND_H
#define STACKTHUMB_CLI_BACKEND_H

#include "base/error.h"
#include "cli/options.h"
#include "downsample/downsampler.h"
#include "downsample/host_budget.h"
#include "opencl/opencl.h"
#include "volume/pyramid.h"

#include <stdbool.h>

enum backend_kind { BACKEND_CPU, BACKEND_REFERENCE, BACKEND_OPENCL };

/* What was chosen. Written by backend_open (backend_plan and _create may change an automatic choice), then
 * read only, but for refused_bytes. */
struct backend {
    const struct options *options; /* borrowed */
    enum backend_kind kind;
    bool automatic;                     /* nobody named a device */
    struct opencl_devices devices;      /* owned; empty where none had to be asked for */
    const struct opencl_device *device; /* into devices; NULL unless BACKEND_OPENCL */
    uint64_t refused_bytes; /* of device memory, by the driver, while a run was under way: the next one takes
                               less (the caller may set it); 0: none */
};

/* Chooses by options->device, or by `fallback` where that is not given: "auto", "cpu", "reference", "opencl",
 * an index as `stackthumb devices` lists them, or a part of a name. STATUS_DEVICE when there is no such
 * device; the message lists what there is. */
enum status backend_open(struct backend *backend, const struct options *options, const char *fallback,
                         struct error *error);
void backend_close(struct backend *backend);

/* opencl_devices_list, watched. */
enum status backend_list_devices(struct opencl_devices *devices, const struct options *options,
                                 struct error *error);

/* Two for comparing several backends, on devices of a list that the caller keeps; they need no backend_close.
 * The first takes a device that can be used (NULL: the CPU path), the second a name as backend_open does. */
void backend_init(struct backend *backend, const struct options *options, const struct opencl_device *device);
enum status backend_find(struct backend *backend, const struct options *options,
                         const struct opencl_devices *devices, const char *name, struct error *error);

/* Plans a run without allocating anything. `budget` bounds the host memory; NULL: nothing does. A device that
 * was chosen automatically and will not do is replaced by the CPU path, with a note. */
enum status backend_plan(struct backend *backend, const struct pyramid *pyramid, bool whole_slices,
                         struct host_budget *budget, struct downsample_plan *plan, struct error *error);

/* Makes the downsampler. A device that was chosen automatically is replaced likewise; a kernel's build log
 * goes to standard error. */
enum status backend_create(struct backend *backend, const struct pyramid *pyramid, bool whole_slices,
                           struct host_budget *budget, struct downsampler **downsampler, struct error *error);

enum { BACKEND_NAME = 640 };

/* For people, printable: "CPU path, 2 threads", "NVIDIA H200 (gpu, NVIDIA CUDA)". Returns `text`
 * (BACKEND_NAME large). */
const char *backend_name(const struct backend *backend, char *text);

/* The device that `auto` takes: the usable GPU with the most memory; NULL for none. */
const struct opencl_device *backend_best_gpu(const struct opencl_devices *devices);

#endif
