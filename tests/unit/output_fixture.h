/* SPDX-License-Identifier: MIT
 * What the tests of outputs share: a random pyramid with its source in a temporary folder, written and read
 * back by the seams that a run uses. Every function fails the test when it cannot do what it says. */
#ifndef STACKTHUMB_TESTS_OUTPUT_FIXTURE_H
#define STACKTHUMB_TESTS_OUTPUT_FIXTURE_H

#include "output/output.h"
#include "temp_folder.h"

struct output_fixture {
    char root[TEMP_PATH_BYTES];
    char input[TEMP_PATH_BYTES];  /* root/in, an empty folder */
    char folder[TEMP_PATH_BYTES]; /* root/out, not there yet */
    struct pyramid pyramid;
    struct source_slice *slices;
    struct output_source source;
    struct output_form form; /* uncompressed, until a test says otherwise */
    uint64_t seed;           /* of the voxels */
};

/* For cmocka: *state becomes a struct output_fixture. */
int output_fixture_make(void **state);
int output_fixture_clear(void **state);

/* Another pyramid with other voxels, of the same source folder. */
void output_fixture_pyramid(struct output_fixture *fixture, uint64_t seed);

/* The voxels of a slice, noise where z is even and smooth where it is odd, always the same for one seed; the
 * caller frees them. */
unsigned char *output_fixture_voxels(const struct output_fixture *fixture, unsigned level, uint32_t z);

struct output_request output_fixture_request(const struct output_fixture *fixture, bool force);

/* Opens to build anew. Without `force` fails unless what is there may stay or be gone on with, or was only
 * made otherwise. */
struct output *output_fixture_open(const struct output_fixture *fixture, bool force);
/* The slice with other voxels; the output's own status. */
enum status output_fixture_write(const struct output_fixture *fixture, struct output *output, unsigned level,
                                 uint32_t z, const unsigned char *voxels, struct error *error);
void output_fixture_write_slice(const struct output_fixture *fixture, struct output *output, unsigned level,
                                uint32_t z);
void output_fixture_write_all(const struct output_fixture *fixture, struct output *output);
/* open, write all, finish, close. */
void output_fixture_build(const struct output_fixture *fixture, bool force);

/* The folder holds exactly the files of the whole pyramid, `complete` or not by its manifest. */
void output_fixture_assert_whole(const struct output_fixture *fixture, bool complete);

/* level_folders_open (and level_folders_check, when `checked`) refuse in one line that holds `part`. */
void output_fixture_assert_refused(const struct output_fixture *fixture, const char *folder, bool force,
                                   bool checked, const char *part);

#endif
