/* SPDX-License-Identifier: MIT */
#ifndef STACKTHUMB_BASE_CLOCK_H
#define STACKTHUMB_BASE_CLOCK_H

/* Seconds on the monotonic clock; only differences mean something. */
double clock_seconds(void);

#endif
