/* SPDX-License-Identifier: MIT
 * Inside the room: how both CPU backends are planned; they differ in what they hold. */
#ifndef STACKTHUMB_DOWNSAMPLE_CPU_PLAN_H
#define STACKTHUMB_DOWNSAMPLE_CPU_PLAN_H

#include "downsample/backends.h"

/* Bytes that a backend holds for a plan whose batches have been set, input buffers included. */
typedef uint64_t (*plan_host_bytes)(const struct pyramid *pyramid, const struct downsample_plan *plan,
                                    unsigned nthreads);

/* cpu_plan for a backend that holds what `host_bytes` tells. */
enum status cpu_plan_within(struct downsample_plan *plan, const struct pyramid *pyramid,
                            const struct downsample_limits *limits, bool whole_slices,
                            plan_host_bytes host_bytes, struct error *error);

#endif
