/* SPDX-License-Identifier: MIT
 * The names in a folder. */
#ifndef STACKTHUMB_STACK_LISTING_H
#define STACKTHUMB_STACK_LISTING_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct listing_entry {
    char *name;
    bool is_folder; /* a folder, or a symbolic link to one */
};

/* All entries but "." and "..", in strcmp's order. The owner calls listing_end. */
struct listing {
    struct listing_entry *entries;
    size_t count;
    size_t capacity;
};

/* STATUS_INPUT when `folder` does not exist, is not a folder or cannot be read. On failure there is nothing
 * to end. */
enum status listing_read(struct listing *listing, const char *folder, struct error *error);
void listing_end(struct listing *listing);

#endif
