/* SPDX-License-Identifier: MIT
 * Temporary folders and files of tests. Every function fails the test when it cannot do what it says. */
#ifndef STACKTHUMB_TESTS_TEMP_FOLDER_H
#define STACKTHUMB_TESTS_TEMP_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEMP_PATH_BYTES = 512 };

/* Makes a fresh folder; `path` is TEMP_PATH_BYTES large. */
void temp_folder_make(char *path);
/* Removes it with everything inside; links are not followed. */
void temp_folder_remove(const char *path);

/* The same for cmocka, for a group of tests: *state is the folder's name. One at a time. */
int temp_folder_setup(void **state);
int temp_folder_teardown(void **state);

/* "folder/<formatted>", in one of a few buffers that are used in turn. */
const char *temp_path(const char *folder, const char *format, ...) __attribute__((format(printf, 2, 3)));

void temp_file_write(const char *path, const void *data, size_t n_bytes);
void temp_text_write(const char *path, const char *text);
/* The whole file, with a '\0' behind it; the caller frees it. */
char *temp_file_read(const char *path, size_t *n_bytes);

bool temp_exists(const char *path); /* links are not followed */
/* Entries of a folder, hidden ones too. */
size_t temp_count_entries(const char *folder);

/* A small generator, so that a failure can be repeated from its seed. */
uint32_t temp_random(uint64_t *seed);

#endif
