/* SPDX-License-Identifier: MIT
 * How much memory a text takes when it is read as JSON: 3 bytes may take 300. */
#ifndef STACKTHUMB_OUTPUT_JSON_MEMORY_H
#define STACKTHUMB_OUTPUT_JSON_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* At most so many bytes are Jansson's once it has read the n_bytes at `text`, which may be anything: what
 * stands outside of strings is counted. */
uint64_t json_memory_bytes(const char *text, size_t n_bytes);

#endif
