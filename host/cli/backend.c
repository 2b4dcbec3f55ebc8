/* SPDX-License-Identifier: MIT */
#include "cli/backend.h"

#include "base/printable.h"
#include "cli/messages.h"
#include "cli/signals.h"
#include "cli/values.h"
#include "downsample/backends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct opencl_device *backend_best_gpu(const struct opencl_devices *devices)
{
    const struct opencl_device *best = NULL;
    for (size_t i = 0; i < devices->n; i++) {
        const struct opencl_device *device = &devices->devices[i];
        if (device->kind == OPENCL_GPU && device->usable &&
            (!best || device->memory_bytes > best->memory_bytes))
            best = device;
    }
    return best;
}

static void choose_cpu(struct backend *backend)
{
    backend->kind = BACKEND_CPU;
    backend->device = NULL;
}

/* Takes a device that was named; one that cannot be used is STATUS_DEVICE. */
static enum status choose_device(struct backend *backend, const struct opencl_device *device,
                                 struct error *error)
{
    char name[PRINTABLE_BYTES];
    if (!device->usable)
        return error_set(error, STATUS_DEVICE,
                         "%s: cannot be used: %s; 'stackthumb devices' lists the others",
                         printable(name, sizeof name, device->name), device->unusable_why);
    backend->kind = BACKEND_OPENCL;
    backend->device = device;
    return STATUS_OK;
}

/* Appends "; there are: 0 (CPU path), 1 (NAME), ..." to `text`, and why there is none where that is known. */
static void append_devices(char *text, size_t n_bytes, const struct opencl_devices *devices)
{
    size_t used = strlen(text);
    snprintf(text + used, n_bytes - used, "; there are: 0 (CPU path)");
    for (size_t i = 0; i < devices->n; i++) {
        char name[PRINTABLE_BYTES];
        used = strlen(text);
        snprintf(text + used, n_bytes - used, ", %zu (%s)", i + 1,
                 printable(name, sizeof name, devices->devices[i].name));
    }
    used = strlen(text);
    if (devices->n == 0 && devices->note[0])
        snprintf(text + used, n_bytes - used, "; %s", devices->note);
}

static enum status refuse_name(const struct backend *backend, const char *name, const char *what,
                               struct error *error)
{
    char shown[PRINTABLE_BYTES], text[1024];
    snprintf(text, sizeof text, "--device %s: %s", printable(shown, sizeof shown, name), what);
    append_devices(text, sizeof text, &backend->devices);
    return error_set(error, STATUS_DEVICE, "%s", text);
}

/* A loader without platforms and platforms without devices look alike to a user: nothing to compute on. */
static enum status choose_first(struct backend *backend, struct error *error)
{
    const struct opencl_devices *devices = &backend->devices;
    if (devices->n == 0 && devices->note[0])
        return error_set(error, STATUS_DEVICE, "--device opencl: there is no OpenCL device; %s",
                         devices->note);
    if (devices->n == 0)
        return error_set(
            error, STATUS_DEVICE,
            "--device opencl: there is no OpenCL device; install the OpenCL driver of your GPU, or "
            "pocl-opencl-icd, or use --device cpu");
    for (size_t i = 0; i < devices->n; i++)
        if (devices->devices[i].usable)
            return choose_device(backend, &devices->devices[i], error);
    return choose_device(backend, &devices->devices[0], error);
}

static enum status choose_auto(struct backend *backend, struct error *error)
{
    const struct opencl_device *best = backend_best_gpu(&backend->devices);
    if (best)
        return choose_device(backend, best, error);
    choose_cpu(backend);
    message_note(backend->options, "no OpenCL GPU was found; the CPU path is used (%u threads)",
                 options_threads(backend->options));
    return STATUS_OK;
}

static enum status choose_index(struct backend *backend, const char *name, uint64_t index,
                                struct error *error)
{
    if (index > backend->devices.n)
        return refuse_name(backend, name, "no device has this index", error);
    return choose_device(backend, &backend->devices.devices[index - 1], error);
}

/* One device must have `name` in its name or its platform's, in upper or lower case. */
static enum status choose_name(struct backend *backend, const char *name, struct error *error)
{
    const struct opencl_device *match = NULL;
    for (size_t i = 0; i < backend->devices.n; i++) {
        const struct opencl_device *device = &backend->devices.devices[i];
        if (!strcasestr(device->name, name) && !strcasestr(device->platform, name))
            continue;
        if (match)
            return refuse_name(backend, name, "more than one device has this in its name; give an index",
                               error);
        match = device;
    }
    return match ? choose_device(backend, match, error)
                 : refuse_name(backend, name, "no device has this name", error);
}

enum status backend_list_devices(struct opencl_devices *devices, const struct options *options,
                                 struct error *error)
{
    watchdog_expect(options->watchdog, "OpenCL", "listing the devices", 0);
    enum status status = opencl_devices_list(devices, error);
    watchdog_relax(options->watchdog);
    return status;
}

/* Asks the drivers. Where nobody asked for a device, drivers that fail are no reason to stop. */
static enum status list_devices(struct backend *backend, struct error *error)
{
    struct error refused = {0};
    opencl_limit_host_threads(options_computing_threads(backend->options));
    if (backend_list_devices(&backend->devices, backend->options, &refused) != STATUS_OK) {
        if (!backend->automatic)
            return error_set(error, refused.status, "%s", refused.message);
        message_note(backend->options, "%s", refused.message);
        opencl_devices_end(&backend->devices);
        backend->devices = (struct opencl_devices){0};
    }
    /* Without a device, a note says why there is none: then it belongs into the error. */
    if (backend->devices.note[0] && (backend->automatic || backend->devices.n > 0))
        message_note(backend->options, "%s", backend->devices.note);
    return STATUS_OK;
}

/* What needs no list of devices; false for anything else. */
static bool choose_without_devices(struct backend *backend, const char *name)
{
    uint64_t index;
    if (strcmp(name, "reference") == 0) {
        backend->kind = BACKEND_REFERENCE;
        return true;
    }
    choose_cpu(backend);
    return strcmp(name, "cpu") == 0 || (value_parse_number(name, 0, UINT32_MAX, &index) && index == 0);
}

/* Chooses among backend->devices. */
static enum status choose_listed(struct backend *backend, const char *name, struct error *error)
{
    uint64_t index;
    if (backend->automatic)
        return choose_auto(backend, error);
    if (strcmp(name, "opencl") == 0)
        return choose_first(backend, error);
    if (value_parse_number(name, 0, UINT32_MAX, &index))
        return choose_index(backend, name, index, error);
    return choose_name(backend, name, error);
}

static enum status choose(struct backend *backend, const char *name, struct error *error)
{
    if (choose_without_devices(backend, name))
        return STATUS_OK;
    backend->automatic = strcmp(name, "auto") == 0;
    enum status status = list_devices(backend, error);
    return status == STATUS_OK ? choose_listed(backend, name, error) : status;
}

enum status backend_open(struct backend *backend, const struct options *options, const char *fallback,
                         struct error *error)
{
    *backend = (struct backend){.options = options};
    enum status status = signals_check(
        options->signals, choose(backend, options->device ? options->device : fallback, error), error);
    if (status != STATUS_OK) {
        backend_close(backend);
        return status;
    }
    if (backend->kind != BACKEND_OPENCL && options->device_memory_bytes)
        message_note(options, "--device-memory has no effect here: the CPU path holds no device memory");
    return STATUS_OK;
}

void backend_init(struct backend *backend, const struct options *options, const struct opencl_device *device)
{
    *backend =
        (struct backend){.options = options, .kind = device ? BACKEND_OPENCL : BACKEND_CPU, .device = device};
}

enum status backend_find(struct backend *backend, const struct options *options,
                         const struct opencl_devices *devices, const char *name, struct error *error)
{
    *backend = (struct backend){.options = options, .devices = *devices};
    enum status status = STATUS_OK;
    if (!choose_without_devices(backend, name)) {
        backend->automatic = strcmp(name, "auto") == 0;
        status = choose_listed(backend, name, error);
    }
    backend->devices = (struct opencl_devices){0};
    backend->automatic = false;
    return status;
}

void backend_close(struct backend *backend)
{
    opencl_devices_end(&backend->devices);
    *backend = (struct backend){0};
}

static struct downsample_limits cpu_limits(const struct options *options, struct host_budget *budget)
{
    return (struct downsample_limits){
        .batch_slices = options->batch_slices,
        .band_rows = options->band_rows,
        .ndecoders = options_threads(options),
        .nthreads = options_computing_threads(options),
        .budget = budget,
    };
}

static struct opencl_options device_limits(const struct backend *backend, struct host_budget *budget)
{
    const struct options *options = backend->options;
    return (struct opencl_options){
        .memory_bytes = options->device_memory_bytes,
        .refused_bytes = backend->refused_bytes,
        .batch_slices = options->batch_slices,
        .band_rows = options->band_rows,
        .ndecoders = options_threads(options),
        .profile = options->stats,
        .budget = budget,
        .watchdog = options->watchdog,
    };
}

/* backend_plan on what has been chosen. */
static enum status plan_chosen(const struct backend *backend, const struct pyramid *pyramid,
                               bool whole_slices, struct host_budget *budget, struct downsample_plan *plan,
                               struct error *error)
{
    if (backend->kind == BACKEND_OPENCL) {
        struct opencl_options limits = device_limits(backend, budget);
        return opencl_plan(plan, backend->device, pyramid, &limits, whole_slices, error);
    }
    struct downsample_limits limits = cpu_limits(backend->options, budget);
    if (backend->kind == BACKEND_REFERENCE)
        return reference_plan(plan, pyramid, &limits, whole_slices, error);
    return cpu_plan(plan, pyramid, &limits, whole_slices, error);
}

/* Chooses the CPU path where a device that nobody named cannot do what it should. Otherwise false, with the
 * error handed on. */
static bool fall_back(struct backend *backend, const struct error *refused, struct error *error)
{
    if (backend->kind != BACKEND_OPENCL || !backend->automatic || refused->status == STATUS_INTERRUPTED) {
        error_set(error, refused->status, "%s", refused->message);
        return false;
    }
    message_note(backend->options, "%s; the CPU path is used instead", refused->message);
    choose_cpu(backend);
    return true;
}

enum status backend_plan(struct backend *backend, const struct pyramid *pyramid, bool whole_slices,
                         struct host_budget *budget, struct downsample_plan *plan, struct error *error)
{
    struct error refused = {0};
    if (plan_chosen(backend, pyramid, whole_slices, budget, plan, &refused) == STATUS_OK)
        return STATUS_OK;
    if (!fall_back(backend, &refused, error))
        return refused.status;
    return plan_chosen(backend, pyramid, whole_slices, budget, plan, error);
}

static enum status create_on_device(struct backend *backend, const struct pyramid *pyramid, bool whole_slices,
                                    struct host_budget *budget, struct downsampler **downsampler,
                                    struct error *error)
{
    struct opencl_options limits = device_limits(backend, budget);
    char *build_log = NULL;
    enum status status =
        opencl_create(downsampler, backend->device, pyramid, &limits, whole_slices, &build_log, error);
    if (status != STATUS_OK)
        status = signals_check(backend->options->signals, status, error);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED && build_log && !backend->options->quiet)
        message_log(build_log);
    free(build_log);
    return status;
}

static enum status create_on_cpu(struct backend *backend, const struct pyramid *pyramid, bool whole_slices,
                                 struct host_budget *budget, struct downsampler **downsampler,
                                 struct error *error)
{
    struct downsample_plan plan;
    enum status status = plan_chosen(backend, pyramid, whole_slices, budget, &plan, error);
    if (status != STATUS_OK)
        return status;
    if (backend->kind == BACKEND_REFERENCE)
        return reference_create(downsampler, pyramid, &plan, error);
    return cpu_create(downsampler, pyramid, &plan, options_computing_threads(backend->options), error);
}

enum status backend_create(struct backend *backend, const struct pyramid *pyramid, bool whole_slices,
                           struct host_budget *budget, struct downsampler **downsampler, struct error *error)
{
    if (backend->kind != BACKEND_OPENCL)
        return create_on_cpu(backend, pyramid, whole_slices, budget, downsampler, error);
    struct error refused = {0};
    if (create_on_device(backend, pyramid, whole_slices, budget, downsampler, &refused) == STATUS_OK)
        return STATUS_OK;
    if (!fall_back(backend, &refused, error))
        return refused.status;
    return create_on_cpu(backend, pyramid, whole_slices, budget, downsampler, error);
}

const char *backend_name(const struct backend *backend, char *text)
{
    char name[256], platform[256];
    unsigned nthreads = options_threads(backend->options);
    switch (backend->kind) {
    case BACKEND_CPU:
        snprintf(text, BACKEND_NAME, "CPU path, %u thread%s", nthreads, nthreads == 1 ? "" : "s");
        break;
    case BACKEND_REFERENCE:
        snprintf(text, BACKEND_NAME, "reference, 1 thread");
        break;
    case BACKEND_OPENCL:
        snprintf(text, BACKEND_NAME, "%s (%s, %s)", printable(name, sizeof name, backend->device->name),
                 opencl_kind_name(backend->device->kind),
                 printable(platform, sizeof platform, backend->device->platform));
        break;
    }
    return text;
}
