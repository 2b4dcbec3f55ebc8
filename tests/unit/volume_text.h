/* SPDX-License-Identifier: MIT
 * Texts that describe raw volumes, parsed for tests. */
#ifndef STACKTHUMB_TESTS_VOLUME_TEXT_H
#define STACKTHUMB_TESTS_VOLUME_TEXT_H

#include "codec/volume_header.h"

#include <stddef.h>

typedef enum status (*parse_function)(struct volume_header *header, const char *text, size_t n_bytes,
                                      const char *path, struct error *error);

#define NRRD_HEAD "NRRD0005\n"
#define NRRD_BASE NRRD_HEAD "dimension: 3\nsizes: 4 5 6\nencoding: raw\nendian: big\n"
#define NRRD_UCHAR NRRD_BASE "type: uchar\n"
#define NRRD_FILES NRRD_UCHAR "data file: "
#define META_BASE "NDims = 3\nDimSize = 4 5 6\n"
#define META_UCHAR META_BASE "ElementType = MET_UCHAR\n"
#define META_FILES META_UCHAR "ElementDataFile = "

/* Parses a copy of the text that ends where it says, so that a look behind it is noticed. The header's names
 * point into *copy, which the caller frees. */
enum status volume_text_parse(parse_function function, const char *text, size_t n_bytes, char **copy,
                              struct volume_header *header, struct error *error);

/* The same of a text that has to be right. */
struct volume_header volume_text_read(parse_function function, const char *text, char **copy);

/* The text has to be refused in one line that begins with the file's name and has `said` in it. */
void volume_text_refused(parse_function function, const char *text, const char *said);

/* The header's names have to be `expected`, with a '|' behind each. */
void volume_text_names(parse_function function, const char *text, uint32_t nfiles, const char *expected);

/* What the text says of the spacing has to be this. */
void volume_text_spacing(parse_function function, const char *text, struct spacing expected);

#endif
