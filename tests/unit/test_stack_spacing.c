/* SPDX-License-Identifier: MIT
 * Which voxel size is taken, which sidecar counts, and what is warned of. */
#include "stack/stack.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void add(struct spacing_choice *choice, const char *source, double x, double z, enum length_unit unit)
{
    spacing_choice_add(choice, source, (struct spacing){x, x, z, unit}, strcmp(source, "resolution") == 0);
}

static const char *made(struct spacing_choice *choice)
{
    spacing_choice_make(choice);
    return choice->taken >= 0 ? spacing_choice_taken(choice)->source : "";
}

static void test_choice(void **state)
{
    (void)state;
    struct spacing_choice choice = {0};
    assert_string_equal(made(&choice), "");
    add(&choice, "nothing", 0, 3, UNIT_UM);
    assert_string_equal(made(&choice), "");
    add(&choice, "resolution", 25.4 / 72, 0, UNIT_MM); /* what programs write who know nothing */
    assert_string_equal(made(&choice), "resolution");
    add(&choice, "no unit", 1, 1, UNIT_NONE);
    assert_string_equal(made(&choice), "no unit");
    add(&choice, "log", 5, 0, UNIT_UM);
    assert_string_equal(made(&choice), "log"); /* taken whole: z stays unknown */
    add(&choice, "vgi", 0.0051, 0.0051, UNIT_MM);
    assert_string_equal(made(&choice), "log");
    assert_false(spacing_choice_disagrees(&choice, &choice.candidates[0]));
    assert_false(spacing_choice_disagrees(&choice, &choice.candidates[1]));
    assert_false(spacing_choice_disagrees(&choice, &choice.candidates[2]));
    assert_true(spacing_choice_disagrees(&choice, &choice.candidates[3]));
    for (int i = 0; i < 2 * SPACING_CANDIDATES_MAX; i++)
        add(&choice, "more", 1, 1, UNIT_UM);
    assert_int_equal(choice.ncandidates, SPACING_CANDIDATES_MAX);
}

static void test_disagree(void **state)
{
    (void)state;
    const struct spacing um = {19.5, 19.5, 19.5, UNIT_UM};
    assert_false(spacing_disagree(um, (struct spacing){0.0195, 0.0195, 0, UNIT_MM}));
    assert_false(spacing_disagree(um, (struct spacing){19.519, 19.481, 19.5, UNIT_UM}));
    assert_true(spacing_disagree(um, (struct spacing){19.52, 19.5, 19.5, UNIT_UM}));
    assert_true(spacing_disagree(um, (struct spacing){19.5, 19.48, 19.5, UNIT_UM}));
    assert_true(spacing_disagree(um, (struct spacing){19.5, 19.5, 39, UNIT_UM}));
    assert_false(spacing_disagree(um, (struct spacing){1, 1, 1, UNIT_NONE})); /* no unit is guessed */
    assert_false(spacing_disagree(um, (struct spacing){0, 0, 0, UNIT_UM}));
    assert_true(spacing_disagree((struct spacing){1, 1, 0, UNIT_INCH}, (struct spacing){1, 1, 0, UNIT_CM}));
    assert_false(
        spacing_disagree((struct spacing){1, 1, 0, UNIT_INCH}, (struct spacing){2.54, 2.54, 0, UNIT_CM}));
    for (int a = UNIT_NM; a <= UNIT_INCH; a++)
        for (int b = UNIT_NM; b <= UNIT_INCH; b++) {
            double ratio = unit_nanometres((enum length_unit)a) / unit_nanometres((enum length_unit)b);
            assert_false(spacing_disagree((struct spacing){1, 1, 1, (enum length_unit)a},
                                          (struct spacing){ratio, ratio, ratio, (enum length_unit)b}));
        }
}

static void test_match(void **state)
{
    (void)state;
    const size_t whole = SIZE_MAX;
    assert_true(sidecar_match("bone_rec.log", "bone_rec") == whole);
    assert_true(sidecar_match("bone_rec_.LOG", "BONE_REC_") == whole);
    assert_true(sidecar_match("bone_rec_voi_.log", "bone_rec_voi_") == whole);
    size_t scan = sidecar_match("bone.log", "bone_rec"), part = sidecar_match("bone_01.xtekct", "bone_");
    assert_true(scan > part && part > 0 && scan < whole);
    assert_true(sidecar_match("bone_rec.log", "bone_rec_voi_") > sidecar_match("bone.log", "bone_rec_voi_"));
    assert_true(sidecar_match("bone.log", "bones") == 0);
    assert_true(sidecar_match("bones.log", "bone_") == 0);
    assert_true(sidecar_match("other.log", "bone_") == 0);
    assert_true(sidecar_match("bone.log", "") == 0);
    assert_true(sidecar_match("_.log", "bone_") == 0);
    assert_true(sidecar_match("14~.log", "14~01_rec") > 0);
    assert_true(sidecar_match("bone\xc3\xa4.log", "bone") == 0); /* a letter, and so another name */
    assert_true(sidecar_match("bone", "bone_") == whole);
}

/* Three slices of 4 x 3 voxels with a spacing, in a fresh folder. */
static void make_slices(char *folder, const char *pattern, struct spacing spacing)
{
    struct bytes encoded = {0};
    struct error error = {0};
    const uint8_t voxels[12] = {0};
    temp_folder_make(folder);
    assert_int_equal(codec_tiff.encode(4, 3, VOXEL_U8, spacing, voxels, &encoded, &error), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%04d.tif", pattern, i);
        temp_file_write(temp_path(folder, "%s", name), encoded.data, encoded.n_bytes);
    }
    bytes_end(&encoded);
}

static void write_log(const char *folder, const char *name, const char *size)
{
    char text[200];
    snprintf(text, sizeof text,
             "[Acquisition]\r\nSource Voltage (kV)=80\r\n[Reconstruction]\r\nPixel Size (um)=%s\r\n", size);
    temp_text_write(temp_path(folder, "%s", name), text);
}

static struct stack *open_stack(const char *input, struct spacing given)
{
    struct stack *stack;
    struct error error = {0};
    const struct stack_request request = {.input = input, .voxel_size = given};
    if (stack_open(&stack, &request, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return stack;
}

/* Opens the folder's stack and checks where its spacing comes from, its x, and the warnings: each has a line
 * that holds `warning`, or there is none where it is NULL. */
static void check_stack(const char *input, const char *source, double x, const char *warning)
{
    struct stack *stack = open_stack(input, (struct spacing){0});
    const struct note_list *warnings = &stack->sources.warnings;
    assert_string_equal(stack_spacing_source(stack), source);
    if (stack->spacing.x != x)
        fail_msg("%g is not %g", stack->spacing.x, x);
    assert_int_equal(warnings->count > 0, warning != NULL);
    bool found = !warning;
    for (size_t i = 0; i < warnings->count; i++)
        found = found || strstr(warnings->lines[i], warning);
    if (!found)
        fail_msg("'%s' is not in '%s'", warning, warnings->lines[0]);
    stack_close(stack);
}

static const struct spacing none;
static const struct spacing in_slices = {14, 14, 14, UNIT_UM};

static void test_order_of_sources(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES];
    make_slices(folder, "bone_rec", in_slices);
    check_stack(folder, "ImageJ metadata", 14, NULL);
    temp_text_write(temp_path(folder, "a.pca"), "[Geometry]\nVoxelSizeX=0.014\nVoxelSizeY=0.014\n");
    check_stack(folder, "a.pca", 0.014, NULL);
    temp_text_write(temp_path(folder, "a.pcr"), "[VolumeData]\nVoxelSizeRec=0.014\n");
    check_stack(folder, "a.pcr", 0.014, NULL);
    temp_text_write(temp_path(folder, "a.vgi"), "[geometry]\nresolution = 14 14 14\nunit = um\n");
    check_stack(folder, "a.vgi", 14, NULL);
    temp_text_write(temp_path(folder, "a.xtekct"),
                    "[XTekCT]\nVoxelSizeX=0.014\nVoxelSizeY=0.014\nVoxelSizeZ=0.014\n");
    check_stack(folder, "a.xtekct", 0.014, NULL);
    write_log(folder, "a.log", "14.000");
    check_stack(folder, "a.log", 14, NULL);
    struct stack *stack = open_stack(folder, (struct spacing){28, 28, 28, UNIT_UM});
    assert_string_equal(stack_spacing_source(stack), "--voxel-size");
    assert_int_equal(stack->sources.choice.ncandidates, 7);
    assert_int_equal(stack->sources.warnings.count, 6); /* all others disagree */
    stack_close(stack);
    temp_folder_remove(folder);
}

static void test_disagreement_is_told(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES];
    make_slices(folder, "bone_rec", in_slices);
    write_log(folder, "bone_rec.log", "14.01");
    check_stack(folder, "bone_rec.log", 14.01, NULL); /* within 0.1 % */
    write_log(folder, "bone_rec.log", "14.02");
    check_stack(folder, "bone_rec.log", 14.02,
                "ImageJ metadata: says that voxels are 14 um, and bone_rec.log 14.02 um");
    temp_folder_remove(folder);
}

static void test_which_log(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES];
    make_slices(folder, "bone_rec", none);
    write_log(folder, "x.log", "5");
    check_stack(folder, "x.log", 5, NULL);
    write_log(folder, "y.log", "5.001");
    check_stack(folder, "x.log", 5, NULL); /* they agree */
    write_log(folder, "z.log", "6");
    check_stack(folder, "", 0, "x.log says that voxels are 5 um, and z.log 6 um; neither is used");
    write_log(folder, "bone.log", "7");
    check_stack(folder, "bone.log", 7, NULL);
    write_log(folder, "bone_rec.log", "8");
    check_stack(folder, "bone_rec.log", 8, NULL);
    temp_text_write(temp_path(folder, "bone_rec.log"), "2026-11-21: started\n"); /* somebody else's log */
    check_stack(folder, "", 0, NULL);
    temp_folder_remove(folder);
    make_slices(folder, "bone_rec", none);
    temp_text_write(temp_path(folder, "x.log"), "[System]\nScanner=SkyScan1275\n"); /* tells no voxel size */
    write_log(folder, "y.log", "5");
    write_log(folder, "z.log", "5");
    check_stack(folder, "y.log", 5, NULL);
    temp_folder_remove(folder);
}

static void test_too_many_logs(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES], name[16];
    make_slices(folder, "bone_rec", none);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "%02d.log", i * 7 % 40);
        write_log(folder, name, "5");
        check_stack(folder, i < SIDECAR_RIVALS_MAX ? "00.log" : "", i < SIDECAR_RIVALS_MAX ? 5 : 0,
                    i < SIDECAR_RIVALS_MAX ? NULL : "more than 8 .log files");
    }
    write_log(folder, "bone.log", "6");
    check_stack(folder, "bone.log", 6, NULL);
    temp_folder_remove(folder);
    make_slices(folder, "bone_rec", none);
    for (int i = 0; i < 40; i++) /* logs of another kind are nothing to tell of */
        temp_text_write(temp_path(folder, "%02d.log", i), "started\n");
    check_stack(folder, "", 0, NULL);
    temp_folder_remove(folder);
}

/* What is wrong with a sidecar is told, and ends nothing. */
static void test_broken_sidecars(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES];
    make_slices(folder, "bone_rec", in_slices);
    write_log(folder, "bone_rec.log", "14,02");
    check_stack(folder, "ImageJ metadata", 14,
                "bone_rec.log: Pixel Size (um) is '14,02', which is not a number");
    assert_int_equal(unlink(temp_path(folder, "bone_rec.log")), 0);
    assert_int_equal(mkfifo(temp_path(folder, "bone_rec.log"), 0600), 0);
    check_stack(folder, "ImageJ metadata", 14, "bone_rec.log");
    assert_int_equal(unlink(temp_path(folder, "bone_rec.log")), 0);
    assert_int_equal(symlink("nowhere", temp_path(folder, "bone_rec.log")), 0);
    check_stack(folder, "ImageJ metadata", 14, "bone_rec.log");
    assert_int_equal(unlink(temp_path(folder, "bone_rec.log")), 0);
    temp_file_write(temp_path(folder, "bone_rec.log"), "", 0);
    check_stack(folder, "ImageJ metadata", 14, NULL);
    assert_int_equal(truncate(temp_path(folder, "bone_rec.log"), SIDECAR_BYTES_MAX + 1), 0);
    check_stack(folder, "ImageJ metadata", 14, "larger than 1 MiB");
    assert_int_equal(unlink(temp_path(folder, "bone_rec.log")), 0);
    assert_int_equal(mkdir(temp_path(folder, "bone_rec.log"), 0700), 0);
    check_stack(folder, "ImageJ metadata", 14, NULL);
    temp_folder_remove(folder);
}

static void test_single_file(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES];
    make_slices(folder, "bone_", none);
    write_log(folder, "other.log", "5");
    check_stack(temp_path(folder, "bone_0001.tif"), "", 0,
                NULL); /* beside a single file it may be anybody's */
    check_stack(folder, "other.log", 5, NULL);
    write_log(folder, "bone.log", "6");
    check_stack(temp_path(folder, "bone_0001.tif"), "bone.log", 6, NULL);
    write_log(folder, "bone_0001.log", "7");
    check_stack(temp_path(folder, "bone_0001.tif"), "bone_0001.log", 7, NULL);
    temp_folder_remove(folder);
}

static void test_slices_that_differ(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES], other[TEMP_PATH_BYTES];
    make_slices(folder, "s", in_slices);
    make_slices(other, "s", (struct spacing){15, 15, 14, UNIT_UM});
    assert_int_equal(rename(temp_path(other, "s0001.tif"), temp_path(folder, "s0001.tif")), 0);
    check_stack(folder, "ImageJ metadata", 14,
                "s0001.tif: says that voxels are 15 x 15 x 14 um, and s0000.tif 14 um;");
    assert_int_equal(rename(temp_path(other, "s0002.tif"), temp_path(folder, "s0002.tif")), 0);
    check_stack(folder, "ImageJ metadata", 14, "and s0000.tif 14 um (so do 1 more)");
    temp_folder_remove(folder);
    temp_folder_remove(other);
    make_slices(folder, "s", in_slices);
    make_slices(other, "s", (struct spacing){14, 14, 0, UNIT_UM}); /* of z nothing is told */
    assert_int_equal(rename(temp_path(other, "s0001.tif"), temp_path(folder, "s0001.tif")), 0);
    check_stack(folder, "ImageJ metadata", 14,
                "s0001.tif: says that voxels are 14 x 14 x ? um, and s0000.tif 14 um");
    temp_folder_remove(folder);
    temp_folder_remove(other);
}

static void test_other_extent(void **state)
{
    (void)state;
    char folder[TEMP_PATH_BYTES];
    make_slices(folder, "s", none);
    temp_text_write(temp_path(folder, "s.vgi"),
                    "[file1]\nSize = 4 3 9\n[geometry]\nresolution = 2 2 3\nunit = mm\n");
    check_stack(folder, "s.vgi", 2, NULL);
    temp_text_write(temp_path(folder, "s.vgi"),
                    "[file1]\nSize = 8 6 9\n[geometry]\nresolution = 2 2 3\nunit = mm\n");
    check_stack(folder, "s.vgi", 2, "s.vgi: is about slices of 8 x 6, and these are 4 x 3");
    temp_text_write(temp_path(folder, "s.vgi"),
                    "[file1]\nSize = 4 6 9\n[geometry]\nresolution = 2 2 3\nunit = mm\n");
    check_stack(folder, "s.vgi", 2, "s.vgi: is about slices of 4 x 6, and these are 4 x 3");
    temp_text_write(temp_path(folder, "s.vgi"),
                    "[file1]\nSize = 4 3 9\n[geometry]\nresolution = 2 2 3\nunit = mm\nscale = 0.5 1 1\n");
    check_stack(folder, "", 0, "s.vgi: its volume is scaled, and the size of its voxels is not told");
    assert_int_equal(unlink(temp_path(folder, "s.vgi")), 0);
    /* Of half an extent nothing is said. */
    temp_text_write(temp_path(folder, "s.log"),
                    "[Reconstruction]\nResult Image Width (pixels)=400\nPixel Size (um)=5\n");
    check_stack(folder, "s.log", 5, NULL);
    temp_folder_remove(folder);
}

static void test_resolution_of_screens(void **state)
{
    (void)state;
    static const double per_inch[] = {72, 96, 150, 300, 600};
    char folder[TEMP_PATH_BYTES];
    for (size_t i = 0; i < sizeof per_inch / sizeof *per_inch; i++) {
        double size = 1 / per_inch[i];
        make_slices(folder, "s", (struct spacing){size, size, 0, UNIT_INCH});
        struct stack *stack = open_stack(folder, none);
        assert_string_equal(stack_spacing_source(stack), "TIFF resolution");
        assert_int_equal(stack->sources.warnings.count, 1);
        assert_non_null(strstr(stack->sources.warnings.lines[0], "screen or printer"));
        stack_close(stack);
        write_log(folder, "s.log", "5"); /* which it is not compared with */
        check_stack(folder, "s.log", 5, NULL);
        temp_folder_remove(folder);
    }
    make_slices(folder, "s", (struct spacing){1 / 1270.0, 1 / 1270.0, 0, UNIT_INCH});
    check_stack(folder, "TIFF resolution", 1 / 1270.0, NULL);
    temp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_disagree),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_order_of_sources),
        cmocka_unit_test(test_disagreement_is_told),
        cmocka_unit_test(test_which_log),
        cmocka_unit_test(test_too_many_logs),
        cmocka_unit_test(test_broken_sidecars),
        cmocka_unit_test(test_single_file),
        cmocka_unit_test(test_slices_that_differ),
        cmocka_unit_test(test_other_extent),
        cmocka_unit_test(test_resolution_of_screens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
