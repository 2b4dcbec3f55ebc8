/* SPDX-License-Identifier: MIT
 * Threads that compress strips of slices, side by side, for one thread that fills the strips and takes them
 * back in the order in which it submitted them:
 *
 *   strip (spare or new) -> filled by the caller -> submit -> an encoder's -> take, in order -> give back
 *
 * At most encoders_capacity strips are between submit and take. Strips are allocated until there are as many
 * as that and as the caller fills at a time, and then used again; all belong to the encoders. All functions
 * are the caller's thread's, but for encoders_tell. */
#ifndef STACKTHUMB_OUTPUT_ENCODERS_H
#define STACKTHUMB_OUTPUT_ENCODERS_H

#include "base/error.h"
#include "codec/tiff_strips.h"
#include "output/output.h"

#include <stdbool.h>
#include <stdint.h>

struct strip {
    struct strip *next_spare; /* the encoders' */
    struct strip *next;       /* likewise: all that there are */
    /* Filled in by the caller before submit. */
    const struct tiff_strips *strips; /* that it is one of */
    uint32_t nrows;
    void *owner; /* whatever the caller wants to find again */
    unsigned char
        *data; /* voxels, with room for the longest strip; after take what they have become, elsewhere */
    /* There for the caller after take. */
    size_t n_encoded;
    bool done; /* under the encoders' lock */
};

struct encoders;

/* Starts nthreads (>= 1) threads for strips whose voxels, and what they become, have at most room_bytes. On
 * failure nothing is to be ended. */
enum status encoders_create(struct encoders **encoders, enum encoding encoding, unsigned nthreads,
                            uint64_t room_bytes, struct error *error);

/* Ends the threads, whatever they are at, and frees all strips. NULL is allowed. */
void encoders_free(struct encoders *encoders);

/* An empty strip. */
enum status encoders_strip(struct encoders *encoders, struct strip **strip, struct error *error);

/* Whether so many strips are submitted that one has to be taken first. */
bool encoders_full(const struct encoders *encoders);

/* Hands a strip to the threads; not while encoders_full. */
void encoders_submit(struct encoders *encoders, struct strip *strip);

/* The strip that was submitted first of those not taken yet, once it is encoded; *strip is NULL when there is
 * none, or without `wait` when it is not encoded yet. The first failure of an encoder is returned from then
 * on, always. */
enum status encoders_take(struct encoders *encoders, bool wait, struct strip **strip, struct error *error);

/* Its next use is for encoders_strip to decide. */
void encoders_give_back(struct encoders *encoders, struct strip *strip);

/* What they did until now. Any thread, while that of the caller waits or has ended. */
void encoders_tell(struct encoders *encoders, struct output_encoders *told);

unsigned encoders_capacity(unsigned nthreads);

/* The most bytes that such encoders hold with nfilling strips at a time being filled. */
uint64_t encoders_memory_bytes(enum encoding encoding, unsigned nthreads, uint64_t room_bytes,
                               uint64_t nfilling);

#endif
