/* SPDX-License-Identifier: MIT
 * The time in which one thread of a run worked, its waits left out, and on how many bytes. It is the thread's
 * own until that has been joined. */
#ifndef STACKTHUMB_PIPELINE_BUSY_H
#define STACKTHUMB_PIPELINE_BUSY_H

#include <stdint.h>

struct busy {
    double seconds;
    uint64_t n_bytes;
};

/* Adds the time since `began` (of clock_seconds) and n_bytes. */
void busy_add(struct busy *busy, double began, uint64_t n_bytes);

#endif
