/* SPDX-License-Identifier: MIT */
#include "opencl/profile.h"

/* Adds the seconds between the start and the end of a command, if it was timed. */
static cl_int add(cl_event event, double *seconds)
{
    cl_ulong start_ns, end_ns;
    if (!event)
        return CL_SUCCESS;
    cl_int code =
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start_ns, &start_ns, NULL);
    if (code == CL_SUCCESS)
        code = clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end_ns, &end_ns, NULL);
    if (code == CL_SUCCESS && end_ns > start_ns)
        *seconds += (double)(end_ns - start_ns) * 1e-9;
    return code;
}

cl_int batch_events_add(struct batch_events *events, struct downsample_times *times)
{
    cl_int code = add(events->upload, &times->upload);
    for (int i = 0; code == CL_SUCCESS && i < LEVELS_MAX; i++)
        code = add(events->kernels[i], &times->kernel);
    if (code == CL_SUCCESS)
        code = add(events->voxels_back, &times->download);
    if (code == CL_SUCCESS)
        code = add(events->download, &times->download);
    if (code == CL_SUCCESS)
        code = add(events->means_back, &times->download);
    return code;
}

/* What the command ended with, if it failed by itself. */
static cl_int own_failure(cl_event event)
{
    cl_int status = CL_COMPLETE;
    if (!event ||
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL) != CL_SUCCESS)
        return CL_SUCCESS;
    return status < 0 && status != CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST ? status : CL_SUCCESS;
}

cl_int batch_events_cause(const struct batch_events *events, cl_int code)
{
    if (code != CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST)
        return code;
    cl_int cause = own_failure(events->upload);
    if (cause == CL_SUCCESS)
        cause = own_failure(events->divisors);
    for (int i = 0; cause == CL_SUCCESS && i < LEVELS_MAX; i++)
        cause = own_failure(events->kernels[i]);
    if (cause == CL_SUCCESS)
        cause = own_failure(events->download);
    return cause == CL_SUCCESS ? code : cause;
}

static void release(cl_event event)
{
    if (event)
        clReleaseEvent(event);
}

void batch_events_end(struct batch_events *events)
{
    release(events->upload);
    release(events->divisors);
    for (int i = 0; i < LEVELS_MAX; i++)
        release(events->kernels[i]);
    release(events->voxels_back);
    release(events->download);
    release(events->means_back);
    *events = (struct batch_events){0};
}
