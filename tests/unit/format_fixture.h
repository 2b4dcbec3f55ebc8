/* SPDX-License-Identifier: MIT
 * What the tests of the read-only codecs share: a file that is in memory alone goes through a codec as a run
 * would have it, and hostile variants of it are tried. */
#ifndef STACKTHUMB_TESTS_FORMAT_FIXTURE_H
#define STACKTHUMB_TESTS_FORMAT_FIXTURE_H

#include "base/bytes.h"
#include "codec/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What files are called in messages. */
#define FORMAT_PATH "folder/slice_0001"

/* Reads the n_bytes of a file: its header, and then its voxels by decode() and, when the header says plain,
 * also straight from the file, which must give the same. Returns the voxels (the caller frees), or NULL with
 * `error` set; a message that has not the form "PATH: what; what to do" in one line fails the test. A slice
 * of more than 64 MiB is not decoded, and NULL is returned without an error. */
unsigned char *format_read(const struct codec *codec, const void *data, size_t n_bytes, bool gray,
                           struct slice_header *header, struct error *error);

/* The file must be refused with a message that has `what` in it, by read_header when `by_header`. */
void format_check_refused(const struct codec *codec, const void *data, size_t n_bytes, bool gray,
                          const char *what, bool by_header);

/* Every file that is the first 0 .. n_bytes-1 bytes of this one must be refused. */
void format_check_truncations(const struct codec *codec, const void *data, size_t n_bytes, bool gray);

/* Every byte changed to some others, one at a time: the file may be read or refused. So may its bytes be when
 * they change between read_header and decode, or fewer become of them. */
void format_check_flips(const struct codec *codec, const void *data, size_t n_bytes, bool gray);

/* Exif metadata with that orientation, 1 to 8, and other tags; in either byte order. */
void format_put_exif(struct bytes *bytes, uint16_t orientation, bool big_endian);

/* The one file must have the pixels of the other turned as the orientation says. */
void format_check_turned(const struct codec *codec, const struct bytes *plain, const struct bytes *turned,
                         uint16_t orientation);

/* Appends to a file that is being made; `value` in n_bytes bytes, little- or big-endian. */
void format_put(struct bytes *file, const void *data, size_t n_bytes);
void format_put_le(struct bytes *file, uint64_t value, unsigned n_bytes);
void format_put_be(struct bytes *file, uint64_t value, unsigned n_bytes);

#endif
