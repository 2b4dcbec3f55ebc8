/* SPDX-License-Identifier: MIT
 * What a run has written, file by file, so that it can be compared with another run's after this one is gone
 * from the disk. */
#ifndef STACKTHUMB_CLI_BENCH_DIGEST_H
#define STACKTHUMB_CLI_BENCH_DIGEST_H

#include "base/error.h"
#include "volume/pyramid.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct file_digest {
    uint64_t n_bytes;
    uint64_t hash; /* XXH3-64 of all of them */
};

/* The slices of level 1 in z order, then those of level 2, and so on. */
struct bench_digest {
    uint64_t nfiles;
    struct file_digest *files; /* owned */
};

/* Reads the level folders in `folder`; a file that is missing is an error. STATUS_INTERRUPTED once *cancel is
 * set. On failure nothing is to be ended. */
enum status bench_digest_read(struct bench_digest *digest, const char *folder, const struct pyramid *pyramid,
                              const atomic_bool *cancel, struct error *error);
void bench_digest_end(struct bench_digest *digest); /* a zeroed one is allowed */

/* STATUS_FAILED, with a message that begins with `name` and tells the first file that differs, unless both
 * are the same. Both are of `pyramid`. */
enum status bench_digest_compare(const struct bench_digest *digest, const struct bench_digest *expected,
                                 const struct pyramid *pyramid, const char *name, struct error *error);

#endif
