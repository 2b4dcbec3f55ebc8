/* SPDX-License-Identifier: MIT
 * Slices of a pipeline_folder that turn out to be unreadable while a run goes on: when they are opened, after
 * some reads, when they are decoded or when they are closed. The linker puts the functions that do so around
 * the real ones. */
#ifndef STACKTHUMB_TESTS_PIPELINE_DAMAGE_H
#define STACKTHUMB_TESTS_PIPELINE_DAMAGE_H

#include "pipeline_folder.h"

/* Makes a downsampler for the pyramid; the same one for the same `context`. */
typedef struct downsampler *(*downsampler_maker)(void *context, const struct pyramid *pyramid);

/* Damages some slices of the folder at random, but not all, runs it without them, and compares what reaches
 * the output with the oracle's levels of the volume without these slices. Fails the test. Returns how often
 * a run had to be begun again. */
unsigned pipeline_damage_check(struct pipeline_folder *folder, downsampler_maker make, void *context,
                               struct test_random *random);

#endif
