/* SPDX-License-Identifier: MIT
 * How long the commands of a batch took, by OpenCL's own clock. */
#ifndef STACKTHUMB_OPENCL_PROFILE_H
#define STACKTHUMB_OPENCL_PROFILE_H

#include "opencl/call.h"

#include "downsample/downsampler.h"
#include "volume/extent.h"

/* The timed commands of one batch; all NULL when nothing is timed. Each is owned. */
struct batch_events {
    cl_event upload;               /* of the voxels: a copy, or the unmapping of a shared buffer */
    cl_event kernels[LEVELS_MAX];  /* pyramid.cl, then level.cl for each further level */
    cl_event voxels_back;          /* unified memory: the mapping of the voxels' buffer for the next batch */
    cl_event download, means_back; /* of the means: a copy, or a mapping and its end */
};

/* Adds what the commands, all of which have ended, took to `times` and releases them. */
cl_int batch_events_add(struct batch_events *events, struct downsample_times *times);

/* Releases them. */
void batch_events_end(struct batch_events *events);

#endif
