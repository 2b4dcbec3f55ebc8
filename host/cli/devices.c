/* SPDX-License-Identifier: MIT */
#include "base/printable.h"
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "cli/values.h"

#include <stdio.h>

static void print_device(const struct opencl_device *device, size_t index, bool is_default, bool verbose)
{
    char name[PRINTABLE_BYTES], platform[PRINTABLE_BYTES], memory[VALUE_BYTES];
    printf("%c %5zu  %-11s  %10s  %s (%s)%s%s\n", is_default ? '*' : ' ', index,
           opencl_kind_name(device->kind), value_memory(memory, device->memory_bytes),
           printable(name, sizeof name, device->name), printable(platform, sizeof platform, device->platform),
           device->usable ? "" : "; cannot be used: ", device->usable ? "" : device->unusable_why);
    if (!verbose)
        return;
    printf("         %s, driver %s, %u compute units, largest buffer %s, %s memory\n",
           printable(name, sizeof name, device->version),
           printable(platform, sizeof platform, device->driver), device->compute_units,
           value_memory(memory, device->max_buffer_bytes), device->unified_memory ? "unified" : "own");
}

static enum status devices_run(const struct options *options, struct error *error)
{
    struct opencl_devices devices = {0};
    unsigned nthreads = options_threads(options);
    /* A driver that fails is an error, but the CPU path is there all the same. */
    enum status status = backend_list_devices(&devices, options, error);
    if (status != STATUS_OK)
        devices = (struct opencl_devices){0};
    status = signals_check(options->signals, status, error);
    if (status == STATUS_INTERRUPTED)
        goto end_devices;
    if (devices.note[0])
        message_note(options, "%s", devices.note);
    if (status == STATUS_OK && devices.n == 0)
        message_note(options,
                     "there is no OpenCL device; the OpenCL driver of a GPU or pocl-opencl-icd gives one");
    const struct opencl_device *best = backend_best_gpu(&devices);
    printf("  index  kind             memory  name\n");
    printf("%c %5d  %-11s  %10s  CPU path, %u thread%s\n", best ? ' ' : '*', 0, "cpu path", "", nthreads,
           nthreads == 1 ? "" : "s");
    for (size_t i = 0; i < devices.n; i++)
        print_device(&devices.devices[i], i + 1, &devices.devices[i] == best, options->verbose);
end_devices:
    opencl_devices_end(&devices);
    return status;
}

const struct command command_devices = {
    .name = "devices",
    .operands = "",
    .summary = "list the OpenCL devices and the CPU path",
    .description =
        "Lists the CPU path and the OpenCL devices; '*' marks what is used by default. The index or a part\n"
        "of a name can be given as --device.",
    .bit = FOR_DEVICES,
    .run = devices_run,
};
