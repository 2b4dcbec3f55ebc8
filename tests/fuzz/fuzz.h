/* SPDX-License-Identifier: MIT
 * What the fuzz targets share. A target is one parser that reads bytes of others: fuzz_NAME.c defines
 * LLVMFuzzerTestOneInput, which feeds it any bytes and checks what it promises. With clang (preset fuzz)
 * libFuzzer makes up the bytes; in every other build sweep.c damages the seeds byte by byte. */
#ifndef STACKTHUMB_TESTS_FUZZ_H
#define STACKTHUMB_TESTS_FUZZ_H

#include "base/error.h"
#include "base/file.h"
#include "volume/spacing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns 0; a broken promise ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

/* Ends the process with the place and the text unless `condition` holds. */
#define FUZZ_REQUIRE(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *text);

/* A name that messages must not show as it is. */
#define FUZZ_PATH "sl\033ice\n\xff.x"
#define FUZZ_PATH_SHOWN "sl\\x1bice\\x0a\\xff.x"

/* A file in memory with these bytes, opened as `path`, which is borrowed. One at a time, until the next
 * call; it is not to be closed. */
void fuzz_file_open(struct input_file *file, const char *path, const uint8_t *data, size_t n_bytes);

/* A folder, in memory where there is such a place, that goes away when the process ends; and a file in it
 * with these bytes. */
const char *fuzz_folder(void);
void fuzz_folder_put(const char *name, const uint8_t *data, size_t n_bytes);

/* The bytes as a C string up to their first 0, in exactly as much memory; the caller frees. */
char *fuzz_string(const uint8_t *data, size_t n_bytes);

/* Cuts `text` at every newline, in place, into at most `nmost` parts; returns how many there are. */
size_t fuzz_split(char *text, char **parts, size_t nmost);

/* `text` is one line that drives no terminal: no control characters, well-formed UTF-8. */
void fuzz_check_line(const char *text);

/* An error of status `status` whose message is such a line and begins with `start`. */
void fuzz_check_error(const struct error *error, enum status status, const char *start);

/* Lengths are finite and not negative, and there is a unit only where there is a length. */
void fuzz_check_spacing(struct spacing spacing);

#endif
