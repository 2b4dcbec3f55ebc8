/* SPDX-License-Identifier: MIT
 * How much memory there is, and how much of it this process holds. */
#ifndef STACKTHUMB_BASE_RESIDENT_H
#define STACKTHUMB_BASE_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of memory that the process holds now: its own pages and those of the files that it has mapped, the
 * program and its libraries among them. Where the system does not tell, the most that it held so far. */
uint64_t resident_bytes(void);

/* The most that it held so far. */
uint64_t resident_peak_bytes(void);

/* Whether so many bytes would be granted just now. For what a library asks for that crashes where some small
 * request of its own is refused: as much as it will ask for is asked for just before. */
bool memory_is_there(uint64_t n_bytes);

/* Gives what was freed back to the system, so that it is not held, nor counted by resident_bytes. */
void memory_trim(void);

/* The memory of the machine; UINT64_MAX where the system does not tell. */
uint64_t machine_memory_bytes(void);

#endif
