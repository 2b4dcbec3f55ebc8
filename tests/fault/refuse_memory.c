/* SPDX-License-Identifier: MIT
 * A library to be preloaded (LD_PRELOAD) that refuses memory, and threads, to the program and to every
 * library in it:
 *
 *   REFUSE=N       the N-th request after main began; N+ : it and all later ones
 *   REFUSED=FILE   gets a line "refused" at the first
 *   REFUSE_NOT=A:B what these libraries ask for themselves is not counted (how their files' names begin)
 *
 * Requests are malloc and its like, anonymous mmap, and pthread_create. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What it stands in front of is the process's, and so is its state. */
static struct {
    atomic_ulong nrequests;
    unsigned long first; /* written before main begins */
    bool all_later;
    atomic_bool counting;
    int (*main)(int, char **, char **);
} state;

/* A sanitizer asks for memory when a thread starts, and cannot do without. */
static _Thread_local bool at_thread_start;

static void report(void)
{
    static const char line[] = "refused\n";
    const char *path = getenv("REFUSED");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        abort();
    close(fd);
}

/* Whether the code at `caller` is of a library that is spared. */
static bool is_spared(const void *caller)
{
    Dl_info about;
    const char *name = getenv("REFUSE_NOT");
    if (!name || !dladdr(caller, &about) || !about.dli_fname)
        return false;
    for (size_t length; *name; name += length + (name[length] == ':')) {
        length = strcspn(name, ":");
        const char *file = strrchr(about.dli_fname, '/');
        if (file && length > 0 && strncmp(file + 1, name, length) == 0)
            return true;
    }
    return false;
}

static bool is_refused(const void *caller)
{
    if (!atomic_load(&state.counting) || at_thread_start || is_spared(caller))
        return false;
    unsigned long n = atomic_fetch_add(&state.nrequests, 1) + 1;
    if (n == state.first)
        report();
    return n == state.first || (state.all_later && n > state.first);
}

/* The function that this library stands in front of. A union, as ISO C has no cast from an object's address.
 */
union function {
    void *address;
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int (*pthread_getattr_np)(pthread_t, pthread_attr_t *);
    int (*start_main)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
                      void (*)(void), void *);
};

static union function next(const char *name)
{
    union function function = {.address = dlsym(RTLD_NEXT, name)};
    if (!function.address)
        abort();
    return function;
}

void *malloc(size_t n_bytes)
{
    static union function real;
    if (!real.address)
        real = next("malloc");
    if (is_refused(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return real.malloc(n_bytes);
}

void *calloc(size_t n, size_t n_bytes)
{
    /* dlsym itself may ask for memory before the function is known: it gets some of this. */
    static char early[4096];
    static size_t early_used;
    static bool looking;
    static union function real;
    if (looking && !real.address) {
        size_t wanted = (n * n_bytes + 15) / 16 * 16;
        if (wanted > sizeof early - early_used)
            abort();
        early_used += wanted;
        return early + early_used - wanted;
    }
    if (!real.address) {
        looking = true;
        real = next("calloc");
    }
    if (is_refused(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return real.calloc(n, n_bytes);
}

void *realloc(void *memory, size_t n_bytes)
{
    static union function real;
    if (!real.address)
        real = next("realloc");
    if (is_refused(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return real.realloc(memory, n_bytes);
}

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    static union function real;
    if (!real.address)
        real = next("aligned_alloc");
    if (is_refused(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    return real.aligned_alloc(alignment, n_bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t n_bytes)
{
    static union function real;
    if (!real.address)
        real = next("posix_memalign");
    if (is_refused(__builtin_return_address(0)))
        return errno = ENOMEM; /* glibc's sets it, too */
    return real.posix_memalign(memory, alignment, n_bytes);
}

/* Sanitizers have a strdup of their own, which asks nobody. */
char *strdup(const char *text)
{
    size_t n_bytes = strlen(text) + 1;
    char *copy = malloc(n_bytes);
    return copy ? memcpy(copy, text, n_bytes) : NULL;
}

char *strndup(const char *text, size_t most)
{
    size_t n_bytes = strnlen(text, most);
    char *copy = malloc(n_bytes + 1);
    if (!copy)
        return NULL;
    copy[n_bytes] = '\0';
    return memcpy(copy, text, n_bytes);
}

void *mmap(void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
    static union function real;
    if (!real.address)
        real = next("mmap");
    if ((flags & MAP_ANONYMOUS) && is_refused(__builtin_return_address(0))) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return real.mmap(address, n_bytes, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *), void *context)
{
    static union function real;
    if (!real.address)
        real = next("pthread_create");
    return is_refused(__builtin_return_address(0)) ? EAGAIN
                                                   : real.pthread_create(thread, attributes, main, context);
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    at_thread_start = true;
    int failure = next("pthread_getattr_np").pthread_getattr_np(thread, attributes);
    at_thread_start = false;
    return failure;
}

/* Requests count from here on, and not any more when main has ended. */
static int counted_main(int argc, char **argv, char **environment)
{
    atomic_store(&state.counting, state.first > 0);
    int status = state.main(argc, argv, environment);
    atomic_store(&state.counting, false);
    return status;
}

/* What _start calls, in glibc. */
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    const char *refuse = getenv("REFUSE");
    char *end = NULL;
    state.main = main;
    state.first = refuse ? strtoul(refuse, &end, 10) : 0;
    state.all_later = end && *end == '+';
    return next("__libc_start_main").start_main(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
