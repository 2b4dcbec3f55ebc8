/* SPDX-License-Identifier: MIT
 * XXH3-128 of a file's bytes, as `xxhsum -H2` prints it (xxHash; https://github.com/Cyan4973/xxHash). */
#ifndef STACKTHUMB_OUTPUT_FILE_HASH_H
#define STACKTHUMB_OUTPUT_FILE_HASH_H

#include <stdbool.h>
#include <stddef.h>

struct file_hash {
    unsigned char bytes[16]; /* the canonical form: most significant byte first */
};

enum { FILE_HASH_TEXT = 33 };

/* 32 hexadecimal digits, written into `text` (FILE_HASH_TEXT large), which is returned. */
const char *file_hash_text(char *text, const struct file_hash *hash);

/* The reverse; false, with *hash untouched, for anything else. */
bool file_hash_parse(const char *text, struct file_hash *hash);

bool file_hash_equal(const struct file_hash *a, const struct file_hash *b);

/* A hash in the making. */
struct file_hasher;

struct file_hasher *file_hasher_create(void); /* NULL when there is no memory */
void file_hasher_free(struct file_hasher *hasher);
void file_hasher_reset(struct file_hasher *hasher);
void file_hasher_add(struct file_hasher *hasher, const void *data, size_t n_bytes);
struct file_hash file_hasher_take(const struct file_hasher *hasher);

#endif
