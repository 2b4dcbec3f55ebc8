/* SPDX-License-Identifier: MIT
 * The commands of a batch: which of them failed, and how long they took, by OpenCL's own clock. */
#ifndef STACKTHUMB_OPENCL_PROFILE_H
#define STACKTHUMB_OPENCL_PROFILE_H

#include "opencl/call.h"

#include "downsample/downsampler.h"
#include "volume/extent.h"

/* The commands of one batch; NULL where there is none. Each is owned. The last two are only there when
 * batches are timed. */
struct batch_events {
    cl_event upload;              /* of the voxels: a copy, or the unmapping of a shared buffer */
    cl_event divisors;            /* their upload */
    cl_event kernels[LEVELS_MAX]; /* pyramid.cl, then level.cl for each further level */
    cl_event download;            /* of the means: a copy, or a mapping */
    cl_event voxels_back;         /* unified memory: the mapping of the voxels' buffer for the next batch */
    cl_event means_back;          /* likewise: the end of the mapping of the means */
};

/* Why the batch failed, when waiting for it ended with `code`: what the first command that failed ended with,
 * as those that wait for it only tell that another one failed. */
cl_int batch_events_cause(const struct batch_events *events, cl_int code);

/* Adds what the commands, all of which have ended, took to `times`. */
cl_int batch_events_add(struct batch_events *events, struct downsample_times *times);

/* Releases them. */
void batch_events_end(struct batch_events *events);

#endif
