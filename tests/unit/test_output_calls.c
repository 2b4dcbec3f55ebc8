/* SPDX-License-Identifier: MIT
 * Each system call of a build fails once, or from then on: the N-th of its kind, for N = 1, 2, 3 ... until a
 * build passes undisturbed. The build has to say so in one line, or not to need the call; what it leaves
 * under final names has to be whole; and the same build, undisturbed, has to end as one that never failed.
 * A call that a signal cut short, or that transferred less than it was to, has to make no difference at all.
 * (tests/fault/sweep.py does the same to the whole program.) */
#include "call_faults.h"
#include "output/compare.h"
#include "output/hash_check.h"
#include "output/manifest.h"
#include "output/output_space.h"
#include "output_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What is there before the build. */
enum scenario { FRESH, GO_ON, FORCE };

static const struct disturbed {
    const char *call;
    int errnums[5]; /* 0 behind the last */
} disturbed[] = {
    {"open", {EMFILE, EACCES, EINTR}},
    {"fstat", {EIO}},
    {"stat", {EIO}},
    {"fstatfs", {EIO}},
    {"fstatvfs", {EIO}},
    {"faccess", {EIO}},
    {"fdopendir", {ENOMEM}},
    {"readdir", {EIO}},
    {"pread", {EIO, EINTR, CALL_SHORT, CALL_ENDS}},
    {"read", {EIO, EINTR, CALL_SHORT}},
    {"write", {ENOSPC, EINTR, CALL_SHORT, CALL_ENDS}},
    {"pwrite", {EIO, EINTR, CALL_SHORT, CALL_ENDS}},
    {"fsync", {EIO, EINTR}},
    {"fdatasync", {EIO, EINTR}},
    {"syncfs", {EIO, EINTR}},
    {"flock", {ENOLCK, EWOULDBLOCK, EINTR}},
    {"ftruncate", {EIO, EINTR}},
    {"mkdir", {ENOSPC}},
    {"rename", {EIO}},
    {"unlink", {EIO}},
    {"close", {EIO, EINTR}},
};

static void set_pyramid(struct output_fixture *fixture, uint64_t seed, struct extent extent, unsigned nlevels)
{
    output_fixture_pyramid(fixture, seed);
    fixture->pyramid.extent = extent;
    fixture->pyramid.type = VOXEL_U16;
    fixture->pyramid.nlevels = nlevels;
    free(fixture->slices);
    fixture->slices = calloc(extent.nz, sizeof *fixture->slices);
    assert_non_null(fixture->slices);
    for (uint32_t z = 0; z < extent.nz; z++)
        fixture->slices[z] = (struct source_slice){.name = "slice.tif", .n_bytes = z, .identity.inode = z};
    fixture->source.slices = fixture->slices;
    fixture->source.nslices = extent.nz;
}

/* Writes the slices that come of those of the source from first_slice on, and before `until`. */
static enum status write_slices(const struct output_fixture *fixture, struct output *output,
                                uint32_t first_slice, uint32_t until, struct error *error)
{
    enum status status = STATUS_OK;
    for (unsigned level = 1; level <= fixture->pyramid.nlevels && first_slice < until; level++) {
        const uint32_t first = first_slice >> level, end = extent_reduce(until, level);
        for (uint32_t z = first; z < end && status == STATUS_OK; z++) {
            unsigned char *voxels = output_fixture_voxels(fixture, level, z);
            status = output_fixture_write(fixture, output, level, z - first, voxels, error);
            free(voxels);
        }
    }
    return status;
}

/* What a run does with its output. */
static enum status build(const struct output_fixture *fixture, bool force, uint32_t until,
                         struct error *error)
{
    struct output_request request = output_fixture_request(fixture, force);
    struct output_state state;
    struct output_space space;
    struct output *output = NULL;
    uint64_t n_bytes = 0;
    request.check = !force;
    *error = (struct error){0};
    enum status status = level_folders_check(&request, &state, error);
    if (status != STATUS_OK || state.complete)
        return status;
    if ((status = output_space_check(&request, state.first_slice, &space, error)) != STATUS_OK ||
        (status = level_folders_open(&output, &request, state.first_slice, error)) != STATUS_OK)
        return status;
    status = write_slices(fixture, output, state.first_slice, until, error);
    if (status == STATUS_OK)
        status = output->ops->flush(output, &n_bytes, error);
    if (status == STATUS_OK)
        status = output->ops->settle(output, error);
    if (status == STATUS_OK && until == fixture->pyramid.extent.nz)
        status = output->ops->finish(output, error);
    output->ops->close(output);
    return status;
}

static void build_undisturbed(const struct output_fixture *fixture, bool force, uint32_t until)
{
    struct error error;
    call_faults_set(NULL);
    if (build(fixture, force, until, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void prepare(struct output_fixture *fixture, enum scenario scenario)
{
    const struct extent extent = {9, 7, 13};
    call_faults_set(NULL);
    if (temp_exists(fixture->folder))
        temp_folder_remove(fixture->folder);
    if (scenario == FORCE) {
        set_pyramid(fixture, 5, (struct extent){12, 12, 18}, 3);
        build_undisturbed(fixture, false, 18);
    }
    set_pyramid(fixture, 4, extent, 2);
    if (scenario == GO_ON)
        build_undisturbed(fixture, false, 8);
}

static bool is_transient(int errnum)
{
    return errnum == EINTR || errnum == CALL_SHORT;
}

static void no_line(const void *context, const char *line)
{
    (void)context;
    fail_msg("%s", line);
}

/* Files under final names are whole; nothing half-written is left, and nothing says more than is so. */
static void assert_left(const struct output_fixture *fixture, const struct call_fault *fault)
{
    struct error error = {0};
    struct hash_check check;
    struct manifest manifest;
    if (temp_exists(temp_path(fixture->folder, MANIFEST_NAME))) {
        if (manifest_read(fixture->folder, &manifest, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        if (manifest.complete)
            assert_int_equal(hash_check_run(fixture->folder, NULL, no_line, NULL, &check, &error), STATUS_OK);
        manifest_end(&manifest);
    }
    for (unsigned level = 1; level <= 3 && strcmp(fault->call, "unlink") != 0; level++)
        for (uint32_t z = 0; z < 18; z++)
            assert_false(temp_exists(temp_path(fixture->folder, "%u/.%06u.tif.partial", level, z)));
}

/* False when there is no such call any more. */
static bool disturb(struct output_fixture *fixture, enum scenario scenario, const struct call_fault *fault)
{
    struct error error;
    const uint32_t nz = 13;
    prepare(fixture, scenario);
    call_faults_set(fault);
    enum status status = build(fixture, scenario == FORCE, nz, &error);
    const bool hit = call_faults_hit();
    call_faults_set(NULL);
    if ((!hit || is_transient(fault->errnum)) && status != STATUS_OK)
        fail_msg("scenario %d, %s %u, %d: %s", scenario, fault->call, fault->n, fault->errnum, error.message);
    if (status == STATUS_OK && strcmp(fault->call, "unlink") != 0)
        output_fixture_assert_whole(fixture, true);
    if (status != STATUS_OK) {
        assert_int_equal(error.status, status);
        if (status != STATUS_OUTPUT && status != STATUS_INPUT && fault->errnum != ENOMEM &&
            fault->errnum != EMFILE)
            fail_msg("scenario %d, %s %u, %d: status %d: %s", scenario, fault->call, fault->n, fault->errnum,
                     status, error.message);
        assert_non_null(strstr(error.message, ": "));
        assert_null(strchr(error.message, '\n'));
        assert_left(fixture, fault);
    }
    if (hit) {
        build_undisturbed(fixture, scenario == FORCE, nz);
        output_fixture_assert_whole(fixture, true);
    }
    return hit;
}

static unsigned step = 20; /* `test_output_calls 1` disturbs every call */

/* All of the first calls, and of those behind them one in `step`: not the same ones each time. Of the calls
 * that `only` names, or of all when it is NULL. */
static void sweep(struct output_fixture *fixture, enum scenario scenario, const char *only)
{
    unsigned nruns = 0, nsweeps = 0;
    for (size_t i = 0; i < sizeof disturbed / sizeof *disturbed; i++)
        for (const int *errnum = disturbed[i].errnums; *errnum && (!only || strstr(only, disturbed[i].call));
             errnum++)
            for (int later = 0; later < (is_transient(*errnum) ? 1 : 2); later++) {
                struct call_fault fault = {
                    .call = disturbed[i].call, .n = 1, .later = later, .errnum = *errnum};
                for (const unsigned first = 4 + nsweeps++ % step; disturb(fixture, scenario, &fault); nruns++)
                    fault.n += fault.n < first ? 1 : step;
            }
    assert_true(nruns > 20);
    print_message("%u calls disturbed\n", nruns);
}

static void test_fresh(void **state)
{
    sweep(*state, FRESH, NULL);
}

static void test_compressed(void **state)
{
    struct output_fixture *fixture = *state;
    fixture->form = (struct output_form){.encoding = ENCODING_DEFLATE, .nthreads = 2};
    sweep(fixture, FRESH, "pread write pwrite fsync rename close");
}

static void test_go_on(void **state)
{
    sweep(*state, GO_ON, NULL);
}

static void test_force(void **state)
{
    sweep(*state, FORCE, NULL);
}

/* What cannot be looked at is not taken for absent: a pyramid of other slices stays as it is. */
static void test_others_stay(void **state)
{
    struct output_fixture *fixture = *state;
    struct hash_check check;
    struct error error;
    set_pyramid(fixture, 4, (struct extent){9, 7, 13}, 2);
    build_undisturbed(fixture, false, 13);
    fixture->slices[0].mtime_ns = 7;
    for (size_t i = 0; i < sizeof disturbed / sizeof *disturbed; i++)
        for (const int *errnum = disturbed[i].errnums; *errnum; errnum++)
            for (int later = 0; later < 2 - is_transient(*errnum); later++) {
                struct call_fault fault = {.call = disturbed[i].call, .later = later, .errnum = *errnum};
                bool hit = true;
                for (fault.n = 1; hit; fault.n++) {
                    call_faults_set(&fault);
                    if (build(fixture, false, 13, &error) == STATUS_OK)
                        fail_msg("%s %u, %d: it was replaced", fault.call, fault.n, *errnum);
                    hit = call_faults_hit();
                    call_faults_set(NULL);
                    error = (struct error){0};
                    assert_int_equal(hash_check_run(fixture->folder, NULL, no_line, NULL, &check, &error),
                                     STATUS_OK);
                }
            }
    assert_int_equal(check.nslices, 7 + 4);
}

/* Slice 3 of level 1 was removed, and a line about it is right. */
static void only_slice_3(const void *context, const char *line)
{
    if (strstr(line, "is not there") && !strstr(line, "1/000003.tif"))
        fail_msg("%s: %s", (const char *)context, line);
}

/* How many differences there are; 0, with the error set, when that cannot be told. */
static uint64_t compare_all(const struct output_fixture *fixture, struct error *error)
{
    struct output *output;
    uint64_t ndifferent = 0;
    if (compare_open(&output, fixture->folder, &fixture->pyramid, error) != STATUS_OK)
        return 0;
    if (write_slices(fixture, output, 0, fixture->pyramid.extent.nz, error) == STATUS_OK &&
        output->ops->finish(output, error) == STATUS_OK)
        ndifferent = compare_result(output)->nslices_different + compare_result(output)->nextra;
    output->ops->close(output);
    return ndifferent;
}

/* False when the call did not come any more. */
static bool check_disturbed(const struct output_fixture *fixture, const struct call_fault *fault, bool hashes)
{
    struct hash_check check = {0};
    struct error error = {0};
    char what[80];
    snprintf(what, sizeof what, "%s %u, %d", fault->call, fault->n, fault->errnum);
    call_faults_set(fault);
    if (hashes)
        hash_check_run(fixture->folder, NULL, only_slice_3, what, &check, &error);
    const uint64_t nfound = hashes ? check.nwrong : compare_all(fixture, &error);
    const bool hit = call_faults_hit();
    call_faults_set(NULL);
    if (error.status == STATUS_OK && nfound == 0)
        fail_msg("%s: nothing was found", what);
    if ((!hit || is_transient(fault->errnum)) && (error.status != STATUS_OK || nfound != 1))
        fail_msg("%s: %s", what, error.message);
    return hit;
}

/* Whoever looks for damage, and cannot look, does not find that all is well. */
static void test_damage_is_found(void **state)
{
    struct output_fixture *fixture = *state;
    prepare(fixture, FRESH);
    build_undisturbed(fixture, false, 13);
    for (int hashes = 0; hashes < 2; hashes++) {
        if (hashes)
            assert_int_equal(unlink(temp_path(fixture->folder, "1/000003.tif")), 0);
        else
            temp_text_write(temp_path(fixture->folder, "2/000099.tif"), "one too many");
        for (size_t i = 0; i < sizeof disturbed / sizeof *disturbed; i++)
            for (const int *errnum = disturbed[i].errnums; *errnum; errnum++)
                for (int later = 0; later < 2 - is_transient(*errnum); later++) {
                    struct call_fault fault = {
                        .call = disturbed[i].call, .n = 1, .later = later, .errnum = *errnum};
                    while (check_disturbed(fixture, &fault, hashes))
                        fault.n++;
                }
    }
}

/* Some file systems do not say with a name what it is of. */
static void test_kinds_not_told(void **state)
{
    struct output_fixture *fixture = *state;
    call_faults_hide_kinds(true);
    prepare(fixture, FORCE);
    build_undisturbed(fixture, true, 13);
    output_fixture_assert_whole(fixture, true);
    assert_int_equal(unlink(temp_path(fixture->folder, MANIFEST_NAME)), 0);
    assert_int_equal(mkdir(temp_path(fixture->folder, "0"), 0700), 0);
    output_fixture_assert_refused(fixture, fixture->folder, false, true,
                                  "holds a pyramid of another program");
    build_undisturbed(fixture, true, 13);
    assert_int_equal(rmdir(temp_path(fixture->folder, "0")), 0);
    assert_int_equal(symlink("1", temp_path(fixture->folder, "3")), 0);
    output_fixture_assert_refused(fixture, fixture->folder, true, true, "3: is not a folder");
    assert_int_equal(unlink(temp_path(fixture->folder, "3")), 0);
    /* What cannot be looked at is none of ours, and held against the folder. */
    call_faults_set(&(struct call_fault){.call = "fstat", .n = 1, .later = true, .errnum = EIO});
    output_fixture_assert_refused(fixture, fixture->folder, false, true,
                                  "stackthumb.json: cannot be looked at");
    call_faults_set(NULL);
    sweep(fixture, GO_ON, "fstat readdir");
    call_faults_hide_kinds(false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fresh),       TEST(test_compressed),      TEST(test_go_on),         TEST(test_force),
        TEST(test_others_stay), TEST(test_damage_is_found), TEST(test_kinds_not_told)};
    /* Waiting for a disk at every flush, this would take minutes. */
    if (access("/dev/shm", W_OK | X_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    if (argc > 1)
        step = (unsigned)strtoul(argv[1], NULL, 10);
    return step > 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
