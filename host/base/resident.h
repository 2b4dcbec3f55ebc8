/* SPDX-License-Identifier: MIT
 * How much memory there is, and how much of it this process holds. */
#ifndef STACKTHUMB_BASE_RESIDENT_H
#define STACKTHUMB_BASE_RESIDENT_H

#include <stdint.h>

/* Bytes of memory that the process holds now: its own pages and those of the files that it has mapped, the
 * program and its libraries among them. Where the system does not tell, the most that it held so far. */
uint64_t resident_bytes(void);

/* The most that it held so far. */
uint64_t resident_peak_bytes(void);

/* The memory of the machine; UINT64_MAX where the system does not tell. */
uint64_t machine_memory_bytes(void);

#endif
