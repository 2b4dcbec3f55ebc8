/* SPDX-License-Identifier: MIT
 * The pipeline with what is real of it: a volume of the downsample harness written as TIFF slices into a
 * folder, plain and compressed, some missing, and run from there through a downsampler. */
#ifndef STACKTHUMB_TESTS_PIPELINE_FOLDER_H
#define STACKTHUMB_TESTS_PIPELINE_FOLDER_H

#include "downsample_harness.h"
#include "pipeline/pipeline.h"

/* A random volume in a new temporary folder. Its missing slices are such as the stack room accepts. The files
 * are made by codec_fixture.h, so that a test that uses this has fixture_end as its teardown. */
struct pipeline_folder {
    char path[64];
    struct test_volume volume;
};

void pipeline_folder_init(struct pipeline_folder *folder, struct test_random *random);
void pipeline_folder_end(struct pipeline_folder *folder);

/* Opens the folder as a stack, runs it through `downsampler`, which it destroys, and compares what reaches
 * the output with `expected`. Fails the test, under an alarm. */
void pipeline_folder_check(const struct pipeline_folder *folder, struct downsampler *downsampler,
                           const struct test_levels *expected, struct test_random *random);

#endif
