/* SPDX-License-Identifier: MIT
 * Which device --device means, with devices that are made up: this file stands in for the OpenCL room. */
#include "cli/backend.h"
#include "downsample/backends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What the stand-ins answer with; set by each test. */
static struct opencl_device made_up[8];
static size_t nmade_up;
static const char *listing_note;
static enum status listing_status, planning_status, creating_status;
static unsigned limited_to; /* what the host's own devices were told */

void opencl_limit_host_threads(unsigned nthreads)
{
    limited_to = nthreads;
}

enum status opencl_devices_list(struct opencl_devices *devices, struct error *error)
{
    *devices = (struct opencl_devices){.devices = made_up, .n = nmade_up};
    if (listing_status != STATUS_OK)
        return error_set(error, listing_status, "the driver is broken");
    strcpy(devices->note, listing_note);
    return STATUS_OK;
}

void opencl_devices_end(struct opencl_devices *devices)
{
    *devices = (struct opencl_devices){0};
}

const char *opencl_kind_name(enum opencl_kind kind)
{
    return kind == OPENCL_GPU ? "gpu" : "other";
}

enum status opencl_plan(struct downsample_plan *plan, const struct opencl_device *device,
                        const struct pyramid *pyramid, const struct opencl_options *options,
                        bool whole_slices, struct error *error)
{
    (void)device, (void)pyramid, (void)whole_slices;
    *plan = (struct downsample_plan){.batch_slices = 2, .device_bytes = options->memory_bytes};
    if (planning_status != STATUS_OK)
        return error_set(error, planning_status, "it does not fit");
    return STATUS_OK;
}

enum status opencl_create(struct downsampler **downsampler, const struct opencl_device *device,
                          const struct pyramid *pyramid, const struct opencl_options *options,
                          bool whole_slices, char **build_log, struct error *error)
{
    (void)downsampler, (void)device, (void)pyramid, (void)options, (void)whole_slices, (void)build_log;
    return error_set(error, creating_status, "the kernels cannot be built");
}

static void add_device(const char *name, const char *platform, enum opencl_kind kind, unsigned gib,
                       bool usable)
{
    struct opencl_device *device = &made_up[nmade_up++];
    *device = (struct opencl_device){.kind = kind, .memory_bytes = (uint64_t)gib << 30, .usable = usable};
    device->unusable_why = usable ? NULL : "it has no compiler";
    strcpy(device->name, name);
    strcpy(device->platform, platform);
}

static int set_up(void **state)
{
    (void)state;
    nmade_up = 0;
    listing_note = "";
    listing_status = planning_status = STATUS_OK;
    creating_status = STATUS_DEVICE;
    add_device("Old GPU", "Vendor A", OPENCL_GPU, 64, false);
    add_device("pthread-x", "Portable", OPENCL_CPU, 128, true);
    add_device("Small GPU", "Vendor A", OPENCL_GPU, 4, true);
    add_device("Large GPU", "Vendor B", OPENCL_GPU, 24, true);
    add_device("Large GPU as well", "Vendor B", OPENCL_GPU, 24, true);
    return 0;
}

static enum status open_device(struct backend *backend, const char *name, struct error *error)
{
    static struct options options; /* a backend borrows its options */
    options = (struct options){.device = name, .quiet = true};
    *error = (struct error){0};
    return backend_open(backend, &options, "auto", error);
}

/* The name must choose made_up[index]. */
static void assert_chosen(const char *name, size_t index)
{
    struct backend backend;
    struct error error;
    if (open_device(&backend, name, &error) != STATUS_OK)
        fail_msg("%s: %s", name ? name : "none", error.message);
    assert_int_equal(backend.kind, BACKEND_OPENCL);
    assert_ptr_equal(backend.device, &made_up[index]);
    backend_close(&backend);
}

static void assert_kind(const char *name, enum backend_kind kind)
{
    struct backend backend;
    struct error error;
    assert_int_equal(open_device(&backend, name, &error), STATUS_OK);
    assert_int_equal(backend.kind, kind);
    assert_null(backend.device);
    backend_close(&backend);
}

static void assert_refused(const char *name, const char *part)
{
    struct backend backend;
    struct error error;
    assert_int_equal(open_device(&backend, name, &error), STATUS_DEVICE);
    if (!strstr(error.message, part))
        fail_msg("'%s' is not in: %s", part, error.message);
}

static void test_chosen(void **state)
{
    (void)state;
    assert_chosen(NULL, 3); /* the most memory among the usable GPUs, of equals the first */
    assert_chosen("auto", 3);
    assert_chosen("opencl", 1); /* the first usable */
    assert_chosen("3", 2);
    assert_chosen("small", 2);
    assert_chosen("PORTABLE", 1);
    assert_chosen("as well", 4);
    assert_kind("cpu", BACKEND_CPU);
    assert_kind("0", BACKEND_CPU);
    assert_kind("reference", BACKEND_REFERENCE);
}

/* In a list that the caller keeps. */
static void test_found(void **state)
{
    (void)state;
    const struct opencl_devices devices = {.devices = made_up, .n = nmade_up};
    const struct options options = {.quiet = true};
    struct backend backend;
    struct error error = {0};
    assert_int_equal(backend_find(&backend, &options, &devices, "small", &error), STATUS_OK);
    assert_int_equal(backend.kind, BACKEND_OPENCL);
    assert_ptr_equal(backend.device, &made_up[2]);
    assert_int_equal(backend_find(&backend, &options, &devices, "auto", &error), STATUS_OK);
    assert_ptr_equal(backend.device, &made_up[3]);
    assert_int_equal(backend_find(&backend, &options, &devices, "0", &error), STATUS_OK);
    assert_int_equal(backend.kind, BACKEND_CPU);
    assert_int_equal(backend_find(&backend, &options, &devices, "7", &error), STATUS_DEVICE);
    assert_non_null(strstr(error.message, "no device has this index"));
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("1", "Old GPU: cannot be used: it has no compiler");
    assert_refused("old", "it has no compiler");
    assert_refused("6", "0 (CPU path), 1 (Old GPU), 2 (pthread-x), 3 (Small GPU), 4 (Large GPU), 5 (Large");
    assert_refused("large", "more than one");
    assert_refused("vendor b", "more than one");
    assert_refused("nonsense", "no device has this name; there are: 0 (CPU path), 1 (Old GPU)");
    assert_refused("-1", "no device has this name");
    nmade_up = 1;
    assert_refused("opencl", "it has no compiler");
    nmade_up = 0;
    assert_refused("opencl", "pocl-opencl-icd");
    listing_note = "PoCL is left out: there is no linker";
    assert_refused("opencl", "there is no OpenCL device; PoCL is left out: there is no linker");
    assert_refused("small", "there are: 0 (CPU path); PoCL is left out: there is no linker");
}

static void test_no_gpu_means_cpu(void **state)
{
    (void)state;
    nmade_up = 2; /* one that cannot be used, and one that is no GPU */
    assert_kind("auto", BACKEND_CPU);
    nmade_up = 0;
    assert_kind(NULL, BACKEND_CPU);
}

static void test_broken_driver(void **state)
{
    (void)state;
    listing_status = STATUS_DEVICE;
    assert_kind("auto", BACKEND_CPU);
    assert_kind("cpu", BACKEND_CPU);
    assert_refused("opencl", "the driver is broken");
    assert_refused("3", "the driver is broken");
}

/* Only a device that nobody asked for is replaced when it fails. */
static void test_failing_device(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {8, 8, 4}, .type = VOXEL_U8, .nlevels = 2};
    struct backend backend;
    struct error error;
    struct downsampler *downsampler;
    assert_int_equal(open_device(&backend, "auto", &error), STATUS_OK);
    assert_int_equal(backend_create(&backend, &pyramid, true, NULL, &downsampler, &error), STATUS_OK);
    assert_int_equal(backend.kind, BACKEND_CPU);
    assert_string_equal(downsampler->ops->name, "cpu");
    downsampler->ops->destroy(downsampler);
    backend_close(&backend);
    assert_int_equal(open_device(&backend, "small", &error), STATUS_OK);
    assert_int_equal(backend_create(&backend, &pyramid, true, NULL, &downsampler, &error), STATUS_DEVICE);
    assert_string_equal(error.message, "the kernels cannot be built");
    backend_close(&backend);
}

/* The same goes for plans: what info tells is what build does. */
static void test_device_without_plan(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {8, 8, 4}, .type = VOXEL_U8, .nlevels = 2};
    struct backend backend;
    struct error error;
    struct downsample_plan plan;
    struct host_budget budget = {.most_bytes = UINT64_MAX};
    planning_status = STATUS_USAGE;
    assert_int_equal(open_device(&backend, "auto", &error), STATUS_OK);
    assert_int_equal(backend_plan(&backend, &pyramid, true, &budget, &plan, &error), STATUS_OK);
    assert_int_equal(backend.kind, BACKEND_CPU);
    assert_true(plan.host_bytes > 0);
    budget.most_bytes = 1;
    assert_int_equal(backend_plan(&backend, &pyramid, true, &budget, &plan, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "--memory"));
    backend_close(&backend);
    assert_int_equal(open_device(&backend, "small", &error), STATUS_OK);
    assert_int_equal(backend_plan(&backend, &pyramid, true, &budget, &plan, &error), STATUS_USAGE);
    assert_string_equal(error.message, "it does not fit");
    backend_close(&backend);
}

/* What computes on the host's own processors leaves some to reading and writing. */
static void test_host_threads(void **state)
{
    (void)state;
    const unsigned told[][2] = {{1, 1}, {2, 1}, {5, 3}, {16, 8}};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const struct options options = {.device = "small", .nthreads = told[i][0], .quiet = true};
        struct backend backend;
        struct error error = {0};
        assert_int_equal(backend_open(&backend, &options, "auto", &error), STATUS_OK);
        assert_int_equal(limited_to, told[i][1]);
        backend_close(&backend);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_chosen, set_up),
        cmocka_unit_test_setup(test_found, set_up),
        cmocka_unit_test_setup(test_refused, set_up),
        cmocka_unit_test_setup(test_no_gpu_means_cpu, set_up),
        cmocka_unit_test_setup(test_broken_driver, set_up),
        cmocka_unit_test_setup(test_failing_device, set_up),
        cmocka_unit_test_setup(test_device_without_plan, set_up),
        cmocka_unit_test_setup(test_host_threads, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
