/* SPDX-License-Identifier: MIT
 * A manifest as JSON; manifest.h says what is in it. */
#ifndef STACKTHUMB_OUTPUT_MANIFEST_JSON_H
#define STACKTHUMB_OUTPUT_MANIFEST_JSON_H

#include "output/output.h"
#include "output/slice_records.h"
#include "volume/pyramid.h"

#include <jansson.h>

enum { MANIFEST_FORMAT_VERSION = 1 };
#define MANIFEST_PROGRAM "stackthumb"

/* NULL when there is no memory; the caller calls json_decref. `records` may be NULL: not complete. */
json_t *manifest_json(const struct pyramid *pyramid, const struct output_source *source,
                      enum encoding encoding, const struct slice_records *records);

/* Its text, malloc'ed; NULL when there is no memory. */
char *manifest_text(const struct pyramid *pyramid, const struct output_source *source, enum encoding encoding,
                    const struct slice_records *records);

/* About how many bytes building it and its text takes. */
uint64_t manifest_memory_bytes(const struct pyramid *pyramid);

#endif
