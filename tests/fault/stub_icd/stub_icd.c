/* SPDX-License-Identifier: MIT
 * The calls. Every command is done when it was enqueued, so that queues and waiting have nothing to do. */
#include "stub.h"

#include "stub_info.h"

#include <stdlib.h>
#include <string.h>

struct _cl_context {
    struct stub_object object;
};
struct _cl_command_queue {
    struct stub_object object;
};

/* A new object, or NULL and why in *code; *code may be a failure already. */
static void *create(size_t n_bytes, cl_int failure, cl_int *code)
{
    void *object = failure == CL_SUCCESS ? stub_create(n_bytes) : NULL;
    if (failure == CL_SUCCESS && !object)
        failure = CL_OUT_OF_HOST_MEMORY;
    if (code)
        *code = failure;
    return object;
}

/* Whether the command is not to be executed, as one that it waits for has failed. */
static bool is_dropped(cl_uint nwaits, const cl_event *waits)
{
    for (cl_uint i = 0; i < nwaits; i++)
        if (waits[i]->status < 0)
            return true;
    return false;
}

/* The end of a command that waited for these: it is done, was dropped, or was not possible. */
static cl_int done(cl_int failure, cl_uint nwaits, const cl_event *waits, cl_event *event)
{
    if (failure != CL_SUCCESS || !event)
        return failure;
    struct _cl_event *made = create(sizeof *made, CL_SUCCESS, &failure);
    if (made)
        made->status =
            is_dropped(nwaits, waits) ? CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST : stub_event_status();
    *event = made;
    return failure;
}

static cl_int release(void *object)
{
    if (stub_release(object))
        free(object);
    return CL_SUCCESS;
}

static cl_context create_context(const cl_context_properties *properties, cl_uint ndevices,
                                 const cl_device_id *devices,
                                 void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *),
                                 void *context, cl_int *code)
{
    (void)properties, (void)ndevices, (void)devices, (void)notify, (void)context;
    return create(sizeof(struct _cl_context), stub_enter("clCreateContext"), code);
}

static cl_int release_context(cl_context context)
{
    stub_enter("clReleaseContext");
    return release(context);
}

static cl_command_queue create_queue(cl_context context, cl_device_id device,
                                     cl_command_queue_properties properties, cl_int *code)
{
    (void)context, (void)device, (void)properties;
    return create(sizeof(struct _cl_command_queue), stub_enter("clCreateCommandQueue"), code);
}

static cl_int release_queue(cl_command_queue queue)
{
    stub_enter("clReleaseCommandQueue");
    return release(queue);
}

static cl_mem create_buffer(cl_context context, cl_mem_flags flags, size_t n_bytes, void *host, cl_int *code)
{
    (void)context;
    cl_int failure = stub_enter("clCreateBuffer");
    if (failure == CL_SUCCESS && !stub_take_memory(n_bytes))
        failure = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    else if (failure == CL_SUCCESS && n_bytes == 0)
        failure = CL_INVALID_BUFFER_SIZE;
    struct _cl_mem *buffer = create(sizeof *buffer, failure, code);
    if (!buffer)
        return NULL;
    buffer->n_bytes = n_bytes;
    buffer->owned = !(flags & CL_MEM_USE_HOST_PTR);
    buffer->data = buffer->owned ? malloc(n_bytes) : host;
    if (!buffer->data) {
        stub_give_memory(n_bytes);
        release(buffer);
        return create(0, CL_OUT_OF_HOST_MEMORY, code);
    }
    return buffer;
}

static cl_int release_buffer(cl_mem buffer)
{
    stub_enter("clReleaseMemObject");
    if (!stub_release(buffer))
        return CL_SUCCESS;
    stub_give_memory(buffer->n_bytes);
    if (buffer->owned)
        free(buffer->data);
    free(buffer);
    return CL_SUCCESS;
}

static cl_program create_from_source(cl_context context, cl_uint n, const char **texts, const size_t *lengths,
                                     cl_int *code)
{
    (void)context, (void)n, (void)texts, (void)lengths;
    return create(sizeof(struct _cl_program), stub_enter("clCreateProgramWithSource"), code);
}

static cl_program create_from_binary(cl_context context, cl_uint ndevices, const cl_device_id *devices,
                                     const size_t *n_bytes, const unsigned char **binaries, cl_int *accepted,
                                     cl_int *code)
{
    (void)context, (void)ndevices, (void)devices, (void)n_bytes, (void)binaries;
    struct _cl_program *program = create(sizeof *program, stub_enter("clCreateProgramWithBinary"), code);
    if (accepted)
        *accepted = program ? CL_SUCCESS : CL_INVALID_BINARY;
    if (program)
        program->built = true;
    return program;
}

static cl_int build_program(cl_program program, cl_uint ndevices, const cl_device_id *devices,
                            const char *options, void(CL_CALLBACK *notify)(cl_program, void *), void *context)
{
    (void)ndevices, (void)devices, (void)notify, (void)context;
    cl_int code = stub_enter("clBuildProgram");
    if (code == CL_SUCCESS && !program->built && getenv("STUB_BUILD_LOG"))
        code = CL_BUILD_PROGRAM_FAILURE;
    if (code == CL_SUCCESS)
        stub_parse_options(program, options);
    return code;
}

static cl_int get_build_info(cl_program program, cl_device_id device, cl_program_build_info what,
                             size_t room_bytes, void *to, size_t *told_bytes)
{
    (void)program, (void)device;
    const char *log = getenv("STUB_BUILD_LOG");
    cl_int code = stub_enter("clGetProgramBuildInfo");
    if (code != CL_SUCCESS || what != CL_PROGRAM_BUILD_LOG)
        return code == CL_SUCCESS ? CL_INVALID_VALUE : code;
    return stub_answer_text(log ? log : "", room_bytes, to, told_bytes);
}

static cl_int get_program_info(cl_program program, cl_program_info what, size_t room_bytes, void *to,
                               size_t *told_bytes)
{
    (void)program;
    static const char binary[] = "stub";
    const size_t n_bytes = sizeof binary;
    cl_int code = stub_enter("clGetProgramInfo");
    if (code != CL_SUCCESS)
        return code;
    if (what == CL_PROGRAM_BINARY_SIZES)
        return stub_answer(&n_bytes, sizeof n_bytes, room_bytes, to, told_bytes);
    if (what != CL_PROGRAM_BINARIES || !to)
        return CL_INVALID_VALUE;
    memcpy(*(unsigned char **)to, binary, sizeof binary);
    return CL_SUCCESS;
}

static cl_int release_program(cl_program program)
{
    stub_enter("clReleaseProgram");
    return release(program);
}

static cl_kernel create_kernel(cl_program program, const char *name, cl_int *code)
{
    (void)name;
    struct _cl_kernel *kernel = create(sizeof *kernel, stub_enter("clCreateKernel"), code);
    if (kernel)
        kernel->program = *program;
    return kernel;
}

static cl_int release_kernel(cl_kernel kernel)
{
    stub_enter("clReleaseKernel");
    return release(kernel);
}

static cl_int set_argument(cl_kernel kernel, cl_uint index, size_t n_bytes, const void *value)
{
    cl_int code = stub_enter("clSetKernelArg");
    if (code != CL_SUCCESS || index >= STUB_ARGUMENTS || n_bytes > sizeof kernel->arguments[0])
        return code == CL_SUCCESS ? CL_INVALID_ARG_SIZE : code;
    kernel->arguments[index] = (union stub_argument){.wide = 0};
    memcpy(&kernel->arguments[index], value, n_bytes);
    return CL_SUCCESS;
}

static cl_int get_group_info(cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what,
                             size_t room_bytes, void *to, size_t *told_bytes)
{
    (void)kernel, (void)device;
    const size_t most = 256;
    cl_int code = stub_enter("clGetKernelWorkGroupInfo");
    if (code != CL_SUCCESS || what != CL_KERNEL_WORK_GROUP_SIZE)
        return code == CL_SUCCESS ? CL_INVALID_VALUE : code;
    return stub_answer(&most, sizeof most, room_bytes, to, told_bytes);
}

static cl_int enqueue_kernel(cl_command_queue queue, cl_kernel kernel, cl_uint ndimensions,
                             const size_t *offset, const size_t *global, const size_t *local, cl_uint nwaits,
                             const cl_event *waits, cl_event *event)
{
    (void)queue, (void)ndimensions, (void)offset, (void)global, (void)local;
    cl_int code = stub_enter("clEnqueueNDRangeKernel");
    if (code == CL_SUCCESS && !is_dropped(nwaits, waits))
        stub_run(kernel);
    return done(code, nwaits, waits, event);
}

static cl_int enqueue_write(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                            size_t n_bytes, const void *from, cl_uint nwaits, const cl_event *waits,
                            cl_event *event)
{
    (void)queue, (void)blocking;
    cl_int code = stub_enter("clEnqueueWriteBuffer");
    if (code == CL_SUCCESS && !is_dropped(nwaits, waits))
        memcpy(buffer->data + offset, from, n_bytes);
    return done(code, nwaits, waits, event);
}

static cl_int enqueue_read(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                           size_t n_bytes, void *to, cl_uint nwaits, const cl_event *waits, cl_event *event)
{
    (void)queue, (void)blocking;
    cl_int code = stub_enter("clEnqueueReadBuffer");
    if (code == CL_SUCCESS && !is_dropped(nwaits, waits))
        memcpy(to, buffer->data + offset, n_bytes);
    return done(code, nwaits, waits, event);
}

static void *enqueue_map(cl_command_queue queue, cl_mem buffer, cl_bool blocking, cl_map_flags flags,
                         size_t offset, size_t n_bytes, cl_uint nwaits, const cl_event *waits,
                         cl_event *event, cl_int *code)
{
    (void)queue, (void)blocking, (void)flags, (void)n_bytes;
    cl_int failure = done(stub_enter("clEnqueueMapBuffer"), nwaits, waits, event);
    if (code)
        *code = failure;
    return failure == CL_SUCCESS ? buffer->data + offset : NULL;
}

static cl_int enqueue_unmap(cl_command_queue queue, cl_mem buffer, void *mapped, cl_uint nwaits,
                            const cl_event *waits, cl_event *event)
{
    (void)queue, (void)buffer, (void)mapped;
    return done(stub_enter("clEnqueueUnmapMemObject"), nwaits, waits, event);
}

static cl_int enqueue_migrate(cl_command_queue queue, cl_uint n, const cl_mem *buffers,
                              cl_mem_migration_flags flags, cl_uint nwaits, const cl_event *waits,
                              cl_event *event)
{
    (void)queue, (void)n, (void)buffers, (void)flags;
    return done(stub_enter("clEnqueueMigrateMemObjects"), nwaits, waits, event);
}

static cl_int flush(cl_command_queue queue)
{
    (void)queue;
    return stub_enter("clFlush");
}

static cl_int finish(cl_command_queue queue)
{
    (void)queue;
    return stub_enter("clFinish");
}

static cl_int wait_for_events(cl_uint n, const cl_event *events)
{
    cl_int code = stub_enter("clWaitForEvents");
    for (cl_uint i = 0; i < n && code == CL_SUCCESS; i++)
        if (events[i]->status < 0)
            code = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    return code;
}

static cl_int get_event_info(cl_event event, cl_event_info what, size_t room_bytes, void *to,
                             size_t *told_bytes)
{
    cl_int code = stub_enter("clGetEventInfo");
    if (code != CL_SUCCESS || what != CL_EVENT_COMMAND_EXECUTION_STATUS)
        return code == CL_SUCCESS ? CL_INVALID_VALUE : code;
    return stub_answer(&event->status, sizeof event->status, room_bytes, to, told_bytes);
}

static cl_int get_profiling_info(cl_event event, cl_profiling_info what, size_t room_bytes, void *to,
                                 size_t *told_bytes)
{
    (void)event;
    const cl_ulong time_ns = what == CL_PROFILING_COMMAND_END ? 2000000 : 1000000; /* each takes 1 ms */
    cl_int code = stub_enter("clGetEventProfilingInfo");
    return code == CL_SUCCESS ? stub_answer(&time_ns, sizeof time_ns, room_bytes, to, told_bytes) : code;
}

static cl_int release_event(cl_event event)
{
    stub_enter("clReleaseEvent");
    return release(event);
}

const cl_icd_dispatch stub_dispatch = {
    .clGetPlatformInfo = stub_platform_info,
    .clGetDeviceIDs = stub_device_ids,
    .clGetDeviceInfo = stub_device_info,
    .clCreateContext = create_context,
    .clReleaseContext = release_context,
    .clCreateCommandQueue = create_queue,
    .clReleaseCommandQueue = release_queue,
    .clCreateBuffer = create_buffer,
    .clReleaseMemObject = release_buffer,
    .clCreateProgramWithSource = create_from_source,
    .clCreateProgramWithBinary = create_from_binary,
    .clBuildProgram = build_program,
    .clGetProgramBuildInfo = get_build_info,
    .clGetProgramInfo = get_program_info,
    .clReleaseProgram = release_program,
    .clCreateKernel = create_kernel,
    .clReleaseKernel = release_kernel,
    .clSetKernelArg = set_argument,
    .clGetKernelWorkGroupInfo = get_group_info,
    .clEnqueueNDRangeKernel = enqueue_kernel,
    .clEnqueueWriteBuffer = enqueue_write,
    .clEnqueueReadBuffer = enqueue_read,
    .clEnqueueMapBuffer = enqueue_map,
    .clEnqueueUnmapMemObject = enqueue_unmap,
    .clEnqueueMigrateMemObjects = enqueue_migrate,
    .clFlush = flush,
    .clFinish = finish,
    .clWaitForEvents = wait_for_events,
    .clGetEventInfo = get_event_info,
    .clGetEventProfilingInfo = get_profiling_info,
    .clReleaseEvent = release_event,
};
