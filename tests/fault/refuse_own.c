/* SPDX-License-Identifier: MIT
 * A command of the program, run in this process again and again, each time with another of its own requests
 * for memory or for a thread refused:
 *
 *   refuse_own STEP OUTPUT COMMAND...    such as: refuse_own 1 out build --levels 2 --quiet slices out
 *   refuse_own STEP '' COMMAND...        for what writes nothing
 *
 * For N = 1, 1 + STEP, 1 + 2 STEP ... until a run passes undisturbed the N-th request is refused, and then it
 * and all later ones. A run has to end as the undisturbed one does, or with one line and STATUS_FAILED or
 * STATUS_DEVICE. OUTPUT is removed before each; afterwards nothing half-written may lie there, and the same
 * command, undisturbed, has to end with the same manifest, to which the files that are there have to fit.
 * What libraries ask for themselves is granted (refuse_memory.c refuses that, too), but for JSON's. Exit
 * status 1 when anything is wrong. */
#include "base/error.h"
#include "base/watchdog.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32, MANIFEST_BYTES_MAX = 1 << 20, SECONDS_MAX = 60, WRONG_MAX = 10 };

/* What the functions below stand in front of is the process's, and so is their state. */
static struct {
    unsigned long first; /* written while nothing is refused */
    bool all_later;
    atomic_bool armed, refused;
    atomic_ulong nrequests;
} state;

static bool is_refused(void)
{
    if (!atomic_load(&state.armed))
        return false;
    unsigned long n = atomic_fetch_add(&state.nrequests, 1) + 1;
    if (n != state.first && !(state.all_later && n > state.first))
        return false;
    atomic_store(&state.refused, true);
    errno = ENOMEM;
    return true;
}

/* The linker (--wrap) has every call of ours to NAME go to __wrap_NAME, and __real_NAME is what it was. */
#define STAND_IN_FRONT(type, refusal, name, parameters, arguments)                                           \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        return is_refused() ? (refusal) : __real_##name arguments;                                           \
    }
STAND_IN_FRONT(void *, NULL, malloc, (size_t n), (n))
STAND_IN_FRONT(void *, NULL, calloc, (size_t n, size_t size), (n, size))
STAND_IN_FRONT(void *, NULL, realloc, (void *data, size_t n), (data, n))
STAND_IN_FRONT(void *, NULL, reallocarray, (void *data, size_t n, size_t size), (data, n, size))
STAND_IN_FRONT(void *, NULL, aligned_alloc, (size_t alignment, size_t n), (alignment, n))
STAND_IN_FRONT(int, ENOMEM, posix_memalign, (void **data, size_t alignment, size_t n), (data, alignment, n))
STAND_IN_FRONT(char *, NULL, strdup, (const char *text), (text))
STAND_IN_FRONT(char *, NULL, strndup, (const char *text, size_t n), (text, n))
STAND_IN_FRONT(int, -1, vasprintf, (char **text, const char *format, va_list arguments),
               (text, format, arguments))
STAND_IN_FRONT(FILE *, NULL, open_memstream, (char **text, size_t *n), (text, n))
STAND_IN_FRONT(void *, MAP_FAILED, mmap, (void *at, size_t n, int access, int flags, int fd, off_t offset),
               (at, n, access, flags, fd, offset))
STAND_IN_FRONT(int, EAGAIN, pthread_create,
               (pthread_t * thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),
               (thread, attributes, start, argument))

int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = is_refused() ? -1 : __real_vasprintf(text, format, arguments);
    va_end(arguments);
    return n;
}

/* It cannot do without what it asks for: all of that is one request. */
json_t *__real_json_loadb(const char *text, size_t n, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *text, size_t n, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *text, size_t n, size_t flags, json_error_t *error)
{
    if (is_refused())
        return NULL;
    bool armed = atomic_exchange(&state.armed, false);
    json_t *json = __real_json_loadb(text, n, flags, error);
    atomic_store(&state.armed, armed);
    return json;
}

static _Noreturn void bark(void *context, const char *who, const char *what, double seconds)
{
    (void)context;
    fprintf(stderr, "%s: %s: no answer for %.0f s\n", who, what, seconds);
    abort();
}

/* Without memory a bench cannot remove its folder, and says so. */
static bool may_be(enum status status, const struct error *error)
{
    return status == STATUS_FAILED || status == STATUS_DEVICE ||
           (status == STATUS_OUTPUT && strstr(error->message, "cannot be removed"));
}

/* As main runs a command. `arguments` begin with the program's name. */
static enum status run(char *const *arguments, struct error *error)
{
    struct options options;
    struct watchdog watchdog;
    struct signals signals = {.number = 0}; /* none comes */
    char *copies[ARGUMENTS_MAX + 1] = {NULL};
    int n = 0;
    for (; arguments[n] && n < ARGUMENTS_MAX; n++)
        copies[n] = arguments[n];
    *error = (struct error){0};
    enum status status = options_parse(&options, n, copies, error);
    if (status == STATUS_OK)
        status = watchdog_init(&watchdog, options.device_timeout_seconds, bark, NULL, error);
    if (status != STATUS_OK)
        return status;
    options.watchdog = &watchdog;
    options.signals = &signals;
    alarm(SECONDS_MAX);
    status = options.command->run(&options, error);
    alarm(0);
    watchdog_end(&watchdog);
    return status;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

static bool half_written; /* for nftw, which passes no context */

static int look_for_half_written(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    half_written = half_written || (kind == FTW_F && path[where->base] == '.');
    return 0;
}

/* The manifest of `output`, with a 0 behind it; "" where there is none. */
static void read_manifest(char *text, const char *output)
{
    char path[4096];
    text[0] = '\0';
    snprintf(path, sizeof path, "%s/stackthumb.json", output);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, MANIFEST_BYTES_MAX - 1) : 0;
    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

struct trial {
    char *const *command;
    const char *output; /* "": none */
    enum status status; /* of the undisturbed run, and its manifest */
    char manifest[MANIFEST_BYTES_MAX];
    unsigned long nruns, nfailed, nwrong;
};

static void wrong(struct trial *trial, const char *what, const struct error *error)
{
    trial->nwrong++;
    fprintf(stderr, "request %lu%s refused: %s: %d %s\n", state.first,
            state.all_later ? " and all later ones" : "", what, (int)error->status, error->message);
}

/* What is left of OUTPUT is resumed, and ends as if nothing had been. */
static void check_left(struct trial *trial)
{
    static char manifest[MANIFEST_BYTES_MAX];
    char *verify[] = {"stackthumb", "verify", "--quiet", (char *)trial->output, NULL};
    struct error error = {0};
    half_written = false;
    nftw(trial->output, look_for_half_written, 16, FTW_PHYS);
    if (half_written)
        wrong(trial, "something half-written is left", &error);
    if (run(trial->command, &error) != trial->status)
        wrong(trial, "the next run", &error);
    read_manifest(manifest, trial->output);
    if (strcmp(manifest, trial->manifest) != 0)
        wrong(trial, "the manifest is another", &error);
    if (trial->status == STATUS_OK && run(verify, &error) != STATUS_OK)
        wrong(trial, "verify", &error);
}

static void remove_output(const struct trial *trial)
{
    if (trial->output[0])
        nftw(trial->output, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* False when so much was not asked for. */
static bool disturb(struct trial *trial, unsigned long first, bool all_later)
{
    struct error error;
    remove_output(trial);
    state.first = first;
    state.all_later = all_later;
    atomic_store(&state.nrequests, 0);
    atomic_store(&state.refused, false);
    atomic_store(&state.armed, true);
    enum status status = run(trial->command, &error);
    atomic_store(&state.armed, false);
    if (!atomic_load(&state.refused))
        return false;
    trial->nruns++;
    trial->nfailed += status != trial->status;
    if (status != error.status)
        wrong(trial, "a status without its error", &error);
    if (status != trial->status && !may_be(status, &error))
        wrong(trial, "another status", &error);
    if (status != STATUS_OK && (!error.message[0] || strchr(error.message, '\n')))
        wrong(trial, "not one line", &error);
    if (trial->output[0])
        check_left(trial);
    return trial->nwrong < WRONG_MAX;
}

static void *json_malloc(size_t n)
{
    return malloc(n);
}

static void json_free(void *data)
{
    free(data);
}

int main(int argc, char **argv)
{
    static struct trial trial;
    struct error error;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int told = dup(STDOUT_FILENO); /* what commands print is not of interest */
    unsigned long step = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
    if (step == 0 || argc > ARGUMENTS_MAX || null < 0 || told < 0 || dup2(null, STDOUT_FILENO) < 0)
        return 2;
    json_set_alloc_funcs(json_malloc, json_free);
    trial.output = argv[2];
    argv[2] = "stackthumb";
    trial.command = argv + 2;
    remove_output(&trial);
    trial.status = run(trial.command, &error);
    read_manifest(trial.manifest, trial.output);
    for (int all_later = 0; all_later < 2; all_later++)
        for (unsigned long n = 1; disturb(&trial, n, all_later); n += step)
            continue;
    dprintf(
        told,
        "status %d undisturbed; %lu runs with requests refused, %lu failed as they should, %lu were wrong\n",
        (int)trial.status, trial.nruns, trial.nfailed, trial.nwrong);
    remove_output(&trial);
    close(told);
    close(null);
    return trial.nwrong > 0;
}
