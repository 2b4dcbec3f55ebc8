/* SPDX-License-Identifier: MIT
 * test_opencl_stub FOLDER: odd drivers, and caches of compiled kernels in odd states, with the stub driver
 * that FOLDER/stub.icd names. Each look at a driver is a process of its own: a loader looks for drivers once,
 * and the stub counts its calls from the first one on. */
#include "opencl/call.h"
#include "opencl/opencl.h"
#include "opencl/program.h"
#include "temp_folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a process saw. */
struct seen {
    enum status status;
    char message[1024], note[512];
    size_t ndevices;
    struct opencl_device device; /* the first one; its why in `why` */
    char why[64];
    bool was_built; /* before it built the kernels */
};

/* What it is to do, besides listing the devices. */
struct task {
    const char *environment[6]; /* "NAME=value", or "NAME": unset */
    bool builds;                /* the kernels, too */
    const char *cache_folder;
    enum voxel_type type; /* opens the device for such a volume, when it is VOXEL_F32 */
    bool full;            /* no file may have any bytes */
};

static enum status build_kernels(const struct opencl_device *device, const struct task *task, bool *was_built,
                                 struct error *error)
{
    const struct program_shape shape = {.type = VOXEL_U16, .fused = 2, .chunk = 4, .span = 1};
    cl_device_id id = device->device_id;
    cl_int code;
    cl_kernel kernel = NULL;
    struct program_build build = {.device = device, .cache_folder = task->cache_folder};
    build.context = clCreateContext(NULL, 1, &id, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        return cl_failed(error, code, device->name, "opening the device");
    *was_built = program_was_built(&build, &shape, false);
    enum status status = program_pyramid(&kernel, &build, &shape, error);
    if (kernel)
        clReleaseKernel(kernel);
    clReleaseContext(build.context);
    return status;
}

static enum status open_device(const struct opencl_device *device, const struct task *task,
                               struct error *error)
{
    struct downsampler *downsampler = NULL;
    const struct pyramid pyramid = {.extent = {16, 16, 16}, .type = task->type, .nlevels = 1};
    const struct opencl_options options = {.cache_folder = task->cache_folder};
    enum status status = opencl_create(&downsampler, device, &pyramid, &options, true, NULL, error);
    if (status == STATUS_OK)
        downsampler->ops->destroy(downsampler);
    return status;
}

static void perform(struct seen *seen, const struct task *task)
{
    struct opencl_devices devices;
    struct error error = {0};
    for (const char *const *variable = task->environment; *variable; variable++)
        if (strchr(*variable, '=') ? putenv((char *)*variable) : unsetenv(*variable))
            abort();
    if (task->full) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, RLIM_INFINITY});
    }
    seen->status = opencl_devices_list(&devices, &error);
    if (seen->status == STATUS_OK) {
        strcpy(seen->note, devices.note);
        seen->ndevices = devices.n;
        if (devices.n > 0) {
            seen->device = devices.devices[0];
            if (seen->device.unusable_why)
                strcpy(seen->why, seen->device.unusable_why);
            if (task->builds)
                seen->status = build_kernels(&devices.devices[0], task, &seen->was_built, &error);
            else if (task->type == VOXEL_F32)
                seen->status = open_device(&devices.devices[0], task, &error);
        }
        opencl_devices_end(&devices);
    }
    strcpy(seen->message, error.message);
    if (task->full) /* counters of coverage are written at the end */
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
}

static struct seen look(struct task task)
{
    struct seen *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;
    assert_true(shared != MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        perform(shared, &task);
        exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    struct seen seen = *shared;
    munmap(shared, sizeof *shared);
    return seen;
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum opencl_kind kind;
    } cases[] = {{"STUB_TYPE=2", OPENCL_CPU},    {"STUB_TYPE=4", OPENCL_GPU},
                 {"STUB_TYPE=5", OPENCL_GPU},    {"STUB_TYPE=8", OPENCL_ACCELERATOR},
                 {"STUB_TYPE=16", OPENCL_OTHER}, {"STUB_TYPE=0", OPENCL_OTHER}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct seen seen = look((struct task){.environment = {cases[i].type}});
        assert_int_equal(seen.ndevices, 1);
        assert_int_equal(seen.device.kind, cases[i].kind);
        assert_true(seen.device.usable);
    }
}

static void test_unusable(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"STUB_VERSION=OpenCL 1.1 old", "older than OpenCL 1.2"},
        {"STUB_VERSION=OpenCL 0.9", "older than OpenCL 1.2"},
        {"STUB_VERSION=OpenCL x", "older than OpenCL 1.2"},
        {"STUB_VERSION=", "older than OpenCL 1.2"},
        {"STUB_PROFILE=EMBEDDED_PROFILE", "not OpenCL's full profile"},
        {"STUB_LACKS=available", "not available"},
        {"STUB_LACKS=compiler", "has no compiler"},
        {"STUB_LACKS=endian", "big-endian"},
        {"STUB_VERSION=OpenCL 1.2", ""},
        {"STUB_VERSION=OpenCL 2.0", ""},
        {"STUB_VERSION=OpenCL 3.0", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct seen seen = look((struct task){.environment = {cases[i][0]}, .type = VOXEL_F32});
        assert_int_equal(seen.ndevices, 1);
        assert_string_equal(seen.why, cases[i][1]);
        assert_int_equal(seen.device.usable, !*cases[i][1]);
        assert_int_equal(seen.status, *cases[i][1] ? STATUS_DEVICE : STATUS_OK);
        if (*cases[i][1])
            assert_non_null(strstr(seen.message, cases[i][1]));
    }
    const struct seen seen = look((struct task){.environment = {"STUB_LACKS=denormals"}, .type = VOXEL_F32});
    assert_true(seen.device.usable); /* but not for this */
    assert_int_equal(seen.status, STATUS_DEVICE);
    assert_non_null(strstr(seen.message, "its f32 arithmetic lacks denormals"));
}

static void test_names(void **state)
{
    (void)state;
    struct seen seen = look((struct task){.environment = {"STUB_NAME=   a padded name"}});
    assert_string_equal(seen.device.name, "a padded name");
    seen = look((struct task){.environment = {"STUB_NAME=evil\x1b[2J\nname", "STUB_PLATFORM=bell\a"}});
    assert_string_equal(seen.device.name, "evil\\x1b[2J\\x0aname");
    assert_string_equal(seen.device.platform, "bell\\x07");
    char platform[400] = "STUB_PLATFORM=", name[800] = "STUB_NAME=";
    memset(platform + strlen(platform), 'p', 300);
    memset(name + strlen(name), 'n', 700);
    seen = look((struct task){.environment = {name}}); /* longer than what is asked for: it has none */
    assert_int_equal(seen.ndevices, 1);
    assert_string_equal(seen.device.name, "");
    seen = look((struct task){.environment = {platform}});
    assert_int_equal(seen.ndevices, 0);
    seen = look((struct task){.environment = {"STUB_LACKS=devices"}});
    assert_int_equal(seen.status, STATUS_OK);
    assert_int_equal(seen.ndevices, 0);
    seen = look((struct task){.environment = {"OCL_ICD_VENDORS=/nonexistent"}});
    assert_int_equal(seen.status, STATUS_OK);
    assert_int_equal(seen.ndevices, 0);
}

/* A driver that does not answer a question: what depends on the answer is not taken for granted. */
static void test_unanswered(void **state)
{
    (void)state;
    unsigned nunusable = 0, n = 0;
    for (;; n++) {
        char fail[64];
        snprintf(fail, sizeof fail, "STUB_FAIL=clGetDeviceInfo:%u:-6", n + 1);
        const struct seen seen = look((struct task){.environment = {fail}});
        const struct opencl_device *device = &seen.device;
        assert_int_equal(seen.status, STATUS_OK);
        assert_int_equal(seen.ndevices, 1);
        nunusable += !device->usable;
        if (device->usable && device->kind == OPENCL_GPU && *device->name && *device->driver &&
            device->memory_bytes && device->max_buffer_bytes && device->compute_units)
            if (n > 12)
                break;
        assert_true(n < 20);
    }
    /* Version, profile, available, compiler, byte order. */
    assert_int_equal(nunusable, 5);
}

/* Entries of the folder; the first one's path in `path`. */
static size_t entries(const char *folder, char *path)
{
    DIR *directory = opendir(folder);
    size_t n = 0;
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && n++ == 0)
            strcpy(path, temp_path(folder, "%s", entry->d_name));
    closedir(directory);
    return n;
}

static const char refusing[] = "STUB_BUILD_LOG=x.cl:1: error: refused"; /* but a binary is taken */

static bool uses_cache(const char *folder)
{
    return look((struct task){.environment = {refusing}, .builds = true, .cache_folder = folder}).status ==
           STATUS_OK;
}

static void assert_builds(const char *folder)
{
    const struct seen seen = look((struct task){.builds = true, .cache_folder = folder});
    assert_int_equal(seen.status, STATUS_OK);
}

static void test_cache(void **state)
{
    char folder[TEMP_PATH_BYTES], path[TEMP_PATH_BYTES];
    size_t n_bytes, left_bytes;
    strcpy(folder, temp_path(*state, "kept/here"));
    assert_false(uses_cache(folder));
    assert_builds(folder);
    assert_int_equal(entries(folder, path), 1);
    assert_true(uses_cache(folder));
    assert_true(look((struct task){.builds = true, .cache_folder = folder}).was_built);
    char *data = temp_file_read(path, &n_bytes);
    /* Whatever was done to it: it is not used, the kernels are built, and it is as it was. */
    assert_true(n_bytes > 16);
    for (size_t at = 0; at <= n_bytes; at += at + 4 <= n_bytes ? 4 : 1) {
        char *changed = memcpy(malloc(n_bytes + 1), data, n_bytes);
        changed[n_bytes] = 'x';
        if (at < n_bytes)
            changed[at] ^= 1;
        temp_file_write(path, changed, at < n_bytes ? n_bytes : n_bytes + 1);
        free(changed);
        assert_false(uses_cache(folder));
        temp_file_write(path, data, at); /* cut short, or whole */
        assert_int_equal(uses_cache(folder), at == n_bytes);
    }
    temp_file_write(path, data, n_bytes - 1);
    assert_builds(folder);
    char *again = temp_file_read(path, &left_bytes);
    assert_int_equal(left_bytes, n_bytes);
    assert_memory_equal(again, data, n_bytes);
    free(again);
    free(data);
    assert_int_equal(entries(folder, path), 1);
}

static void test_cache_is_no_file(void **state)
{
    char folder[TEMP_PATH_BYTES], path[TEMP_PATH_BYTES], other[TEMP_PATH_BYTES];
    strcpy(folder, temp_path(*state, "links"));
    strcpy(other, temp_path(*state, "other"));
    assert_builds(folder);
    assert_int_equal(entries(folder, path), 1);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0); /* is not followed, but replaced */
    assert_false(uses_cache(folder));
    assert_builds(folder);
    assert_true(uses_cache(folder));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(uses_cache(folder));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(truncate(path, (off_t)65 << 20), 0); /* sparse; more than any binary has */
    assert_false(uses_cache(folder));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(uses_cache(folder));
    assert_builds(folder); /* and nothing is left beside it */
    assert_int_equal(entries(folder, path), 1);
    assert_int_equal(rmdir(path), 0);
}

/* Without a binary, or a place for it, the kernels are built each time. */
static void test_nothing_is_kept(void **state)
{
    char folder[TEMP_PATH_BYTES], path[TEMP_PATH_BYTES];
    static const char *const failures[] = {"STUB_FAIL=clGetProgramInfo:1:-6",
                                           "STUB_FAIL=clGetProgramInfo:2:-6"};
    strcpy(folder, temp_path(*state, "empty"));
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < 2; i++) {
        const struct task task = {.environment = {failures[i]}, .builds = true, .cache_folder = folder};
        assert_int_equal(look(task).status, STATUS_OK);
        assert_int_equal(entries(folder, path), 0);
    }
    const struct task full = {.builds = true, .cache_folder = folder, .full = true};
    assert_int_equal(look(full).status, STATUS_OK);
    assert_int_equal(entries(folder, path), 0);
    temp_text_write(temp_path(*state, "file"), "in the way");
    assert_builds(temp_path(*state, "file/folder"));
    assert_builds(temp_path(*state, "file"));
}

/* A binary that the driver takes no more: from its source it is built nevertheless. */
static void test_binary_is_refused(void **state)
{
    char folder[TEMP_PATH_BYTES];
    static const char *const failures[] = {"STUB_FAIL=clCreateProgramWithBinary:1:-42",
                                           "STUB_FAIL=clBuildProgram:1:-42"};
    strcpy(folder, temp_path(*state, "refused"));
    assert_builds(folder);
    for (size_t i = 0; i < 2; i++) {
        struct task task = {.environment = {failures[i]}, .builds = true, .cache_folder = folder};
        assert_int_equal(look(task).status, STATUS_OK);
        task.environment[1] = refusing;
        const struct seen seen = look(task);
        assert_int_equal(seen.status, STATUS_DEVICE);
        assert_non_null(strstr(seen.message, "x.cl:1: error: refused"));
    }
    assert_true(uses_cache(folder));
}

/* Where it is kept: the user's cache, by the rules of the XDG; where there is none, nowhere. */
static void test_places(void **state)
{
    char xdg[TEMP_PATH_BYTES + 20], home[TEMP_PATH_BYTES + 20], path[TEMP_PATH_BYTES];
    snprintf(xdg, sizeof xdg, "XDG_CACHE_HOME=%s", temp_path(*state, "xdg"));
    snprintf(home, sizeof home, "HOME=%s", temp_path(*state, "home"));
    assert_int_equal(look((struct task){.environment = {xdg, home}, .builds = true}).status, STATUS_OK);
    assert_int_equal(entries(temp_path(*state, "xdg/stackthumb"), path), 1);
    assert_false(temp_exists(temp_path(*state, "home")));
    assert_int_equal(look((struct task){.environment = {"XDG_CACHE_HOME=", home}, .builds = true}).status,
                     STATUS_OK);
    assert_int_equal(entries(temp_path(*state, "home/.cache/stackthumb"), path), 1);
    const struct task nowhere = {.environment = {"XDG_CACHE_HOME", "HOME="}, .builds = true};
    assert_int_equal(look(nowhere).status, STATUS_OK);
    const struct task again = {.environment = {"XDG_CACHE_HOME", "HOME"}, .builds = true};
    const struct seen seen = look(again);
    assert_int_equal(seen.status, STATUS_OK);
    assert_false(seen.was_built);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_unusable),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_unanswered),
        cmocka_unit_test(test_cache),           cmocka_unit_test(test_cache_is_no_file),
        cmocka_unit_test(test_nothing_is_kept), cmocka_unit_test(test_binary_is_refused),
        cmocka_unit_test(test_places),
    };
    char vendors[TEMP_PATH_BYTES];
    if (argc != 2)
        return 1;
    snprintf(vendors, sizeof vendors, "%s/", argv[1]);
    setenv("OCL_ICD_VENDORS", vendors, 1);
    unsetenv("OCL_ICD_FILENAMES");
    return cmocka_run_group_tests(tests, temp_folder_setup, temp_folder_teardown);
}
