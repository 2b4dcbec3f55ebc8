/* SPDX-License-Identifier: MIT */
#include "pipeline/busy.h"

#include "base/clock.h"

void busy_add(struct busy *busy, double began, uint64_t n_bytes)
{
    busy->seconds += clock_seconds() - began;
    busy->n_bytes += n_bytes;
}
