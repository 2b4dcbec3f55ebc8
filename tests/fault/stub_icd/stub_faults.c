/* SPDX-License-Identifier: MIT
 * Which call is disturbed, and what is left when the process ends. */
#include "stub.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A driver has no one to hand its state to from call to call: it is the process's. */
static struct {
    pthread_mutex_t lock;              /* over all below */
    unsigned failing, hanging, events; /* calls so far of the kind that is disturbed */
    unsigned nruns;                    /* of kernels */
    unsigned long objects;
    size_t taken_bytes;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void report(const char *line)
{
    const char *path = getenv("STUB_REPORT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    if (write(fd, line, strlen(line)) < 0)
        abort();
    close(fd);
}

__attribute__((destructor)) static void report_left(void)
{
    char line[40];
    snprintf(line, sizeof line, "left %lu\n", state.objects);
    report(line);
}

/* Whether `rule` ("CALL:N...") is about this call, of which *n were made before; *rest gets what is behind N.
 */
static bool applies(const char *rule, const char *call, unsigned *n, const char **rest)
{
    size_t length = rule ? strcspn(rule, ":") : 0;
    if (!rule || !rule[length] ||
        !((length == strlen(call) && strncmp(rule, call, length) == 0) ||
          (strncmp(rule, "any:", 4) == 0 && strncmp(call, "cl", 2) == 0 &&
           strncmp(call, "clRelease", 9) != 0)))
        return false;
    char *end;
    unsigned long wanted = strtoul(rule + length + 1, &end, 10);
    bool later = *end == '+';
    *rest = end + later;
    ++*n;
    return *n == wanted || (later && *n > wanted);
}

static void hang(const char *rest)
{
    unsigned long ms = *rest == ':' ? strtoul(rest + 1, NULL, 10) : 0;
    struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (ms == 0)
        pause();
    nanosleep(&time, NULL);
}

static cl_int fail(const char *call, unsigned *n)
{
    const char *rest = "";
    if (!applies(getenv("STUB_FAIL"), call, n, &rest) || *rest != ':')
        return CL_SUCCESS;
    report("injected\n");
    return (cl_int)strtol(rest + 1, NULL, 10);
}

cl_int stub_enter(const char *call)
{
    const char *rest = "";
    pthread_mutex_lock(&state.lock);
    bool hangs = applies(getenv("STUB_HANG"), call, &state.hanging, &rest);
    cl_int code = fail(call, &state.failing);
    if (hangs)
        report("injected\n");
    pthread_mutex_unlock(&state.lock);
    if (hangs)
        hang(rest);
    return code;
}

bool stub_lies(void)
{
    const char *first = getenv("STUB_WRONG");
    pthread_mutex_lock(&state.lock);
    const unsigned n = ++state.nruns;
    pthread_mutex_unlock(&state.lock);
    bool lies = first && n >= strtoul(first, NULL, 10);
    if (lies)
        report("injected\n");
    return lies;
}

cl_int stub_event_status(void)
{
    pthread_mutex_lock(&state.lock);
    cl_int code = fail("event", &state.events);
    pthread_mutex_unlock(&state.lock);
    return code == CL_SUCCESS ? CL_COMPLETE : code;
}

void *stub_create(size_t n_bytes)
{
    struct stub_object *object = calloc(1, n_bytes);
    if (!object)
        return NULL;
    object->dispatch = &stub_dispatch;
    object->refs = 1;
    pthread_mutex_lock(&state.lock);
    state.objects++;
    pthread_mutex_unlock(&state.lock);
    return object;
}

bool stub_release(void *released)
{
    struct stub_object *object = released;
    pthread_mutex_lock(&state.lock);
    bool last = --object->refs == 0;
    state.objects -= last;
    pthread_mutex_unlock(&state.lock);
    return last;
}

bool stub_take_memory(size_t n_bytes)
{
    const char *limit = getenv("STUB_MEMORY");
    pthread_mutex_lock(&state.lock);
    bool allowed = !limit || state.taken_bytes + n_bytes <= strtoull(limit, NULL, 10);
    if (allowed)
        state.taken_bytes += n_bytes;
    pthread_mutex_unlock(&state.lock);
    return allowed;
}

void stub_give_memory(size_t n_bytes)
{
    pthread_mutex_lock(&state.lock);
    state.taken_bytes -= n_bytes;
    pthread_mutex_unlock(&state.lock);
}
