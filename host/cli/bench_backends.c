/* SPDX-License-Identifier: MIT */
#include "cli/bench_backends.h"

#include "base/printable.h"
#include "cli/backend.h"
#include "cli/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The devices to compare with the CPU path, each once. */
struct choice {
    const struct options *options;
    const struct opencl_devices *devices;
    const struct opencl_device **chosen; /* owned; room for all */
    unsigned n;
};

static void choose_device(struct choice *choice, const struct opencl_device *device)
{
    for (unsigned i = 0; i < choice->n; i++)
        if (choice->chosen[i] == device)
            return; /* named twice */
    choice->chosen[choice->n++] = device;
}

static void choose_all(struct choice *choice)
{
    for (size_t i = 0; i < choice->devices->n; i++) {
        const struct opencl_device *device = &choice->devices->devices[i];
        char shown[PRINTABLE_BYTES];
        if (device->usable)
            choose_device(choice, device);
        else
            message_note(choice->options, "%s: cannot be used: %s; it is left out",
                         printable(shown, sizeof shown, device->name), device->unusable_why);
    }
}

static enum status choose_named(struct choice *choice, const char *name, struct error *error)
{
    struct backend found;
    char shown[PRINTABLE_BYTES];
    if (strcmp(name, "reference") == 0 || *name == '\0')
        return error_set(error, STATUS_USAGE,
                         "--device %s: a bench compares the CPU path and OpenCL devices; name these, "
                         "separated by commas",
                         printable(shown, sizeof shown, choice->options->device));
    enum status status = backend_find(&found, choice->options, choice->devices, name, error);
    if (status == STATUS_OK && found.kind == BACKEND_OPENCL)
        choose_device(choice, found.device);
    return status;
}

static enum status choose_listed(struct choice *choice, struct error *error)
{
    const char *list = choice->options->device;
    char *names = strdup(list), *rest = names, *name;
    enum status status = names ? STATUS_OK : error_no_memory(error, strlen(list) + 1, "--device");
    while (status == STATUS_OK && (name = strsep(&rest, ",")))
        status = choose_named(choice, name, error);
    free(names);
    return status;
}

static enum status begin_result(struct bench_result *result, const struct choice *choice, struct error *error)
{
    unsigned nthreads = options_threads(choice->options);
    enum status status = bench_result_init(result, choice->n + 1, choice->options->nruns, error);
    if (status != STATUS_OK)
        return status;
    backend_init(&result->backends[0].backend, choice->options, NULL);
    snprintf(result->backends[0].name, BENCH_NAME, "CPU path, %u thread%s", nthreads,
             nthreads == 1 ? "" : "s");
    for (unsigned i = 0; i < choice->n; i++) {
        struct bench_backend *backend = &result->backends[i + 1];
        backend_init(&backend->backend, choice->options, choice->chosen[i]);
        backend->index = (unsigned)(choice->chosen[i] - choice->devices->devices) + 1;
        printable(backend->name, BENCH_NAME, choice->chosen[i]->name);
    }
    return STATUS_OK;
}

enum status bench_backends_list(struct bench_result *result, const struct options *options,
                                const struct opencl_devices *devices, struct error *error)
{
    struct choice choice = {.options = options, .devices = devices};
    enum status status = STATUS_OK;
    choice.chosen = calloc(devices->n + 1, sizeof *choice.chosen); /* never of no bytes */
    if (!choice.chosen)
        return error_no_memory(error, (devices->n + 1) * sizeof *choice.chosen, "the list of devices");
    if (options->device)
        status = choose_listed(&choice, error);
    else
        choose_all(&choice);
    if (status == STATUS_OK)
        status = begin_result(result, &choice, error);
    free(choice.chosen);
    return status;
}
