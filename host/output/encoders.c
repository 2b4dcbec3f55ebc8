/* SPDX-License-Identifier: MIT
 * Strips that are submitted lie in a circle, in order. Threads start them in that order, too, so that three
 * counters say all: those from `taken` to `started` are being encoded or done, those from there to
 * `submitted` wait for a thread. The lock is held for moments only, a few times per strip. */
#include "output/encoders.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/stage.h"
#include "codec/strip_encoder.h"

#include <pthread.h>
#include <stdlib.h>

struct encoder_thread {
    struct stage stage;
    struct encoders *encoders;
    struct strip_encoder *encoder; /* owned; the thread's until it is joined, as all that follows */
    unsigned char *room;           /* that the next strip is encoded to; owned */
};

struct encoders {
    unsigned nthreads, capacity;
    uint64_t room_bytes;            /* of a strip */
    struct encoder_thread *threads; /* nthreads of them; owned */
    struct strip *strips, *spare;   /* all, owned; and those that nobody has. The caller's */
    double waited_seconds;          /* the caller's, in take */
    pthread_mutex_t lock;
    pthread_cond_t submitted_one; /* `submitted` rose, or `ending` was set */
    pthread_cond_t done_one;      /* the strip that is to be taken next is done, or an encoder failed */
    struct strip **circle; /* under lock, as all that follows; strip i is circle[i % capacity]; owned */
    uint64_t submitted, started, taken;
    bool ending;
    double busy_seconds; /* of all threads */
    uint64_t n_bytes;    /* of the voxels that they encoded */
    struct error failure;
};

/* On one thread, without the lock. The room of the voxels is what the thread encodes to next: so there need
 * be no more rooms than strips and threads. */
static enum status encode(struct encoder_thread *thread, struct strip *strip, double *seconds,
                          struct error *error)
{
    const struct tiff_strips *strips = strip->strips;
    double began = clock_seconds();
    enum status status = strip_encode(thread->encoder, strips->type, strips->nx, strip->nrows, strip->data,
                                      thread->room, &strip->n_encoded, error);
    unsigned char *encoded = thread->room;
    thread->room = strip->data;
    strip->data = encoded;
    *seconds = clock_seconds() - began;
    return status;
}

/* With the lock held. */
static void finish_strip(struct encoders *encoders, struct strip *strip, double seconds,
                         const struct error *failure)
{
    strip->done = true;
    encoders->busy_seconds += seconds;
    encoders->n_bytes += strip->strips->row_bytes * strip->nrows;
    if (failure->status != STATUS_OK && encoders->failure.status == STATUS_OK)
        encoders->failure = *failure;
    if (encoders->failure.status != STATUS_OK ||
        strip == encoders->circle[encoders->taken % encoders->capacity])
        pthread_cond_signal(&encoders->done_one);
}

static void *encoder_main(void *context)
{
    struct encoder_thread *thread = context;
    struct encoders *encoders = thread->encoders;
    pthread_mutex_lock(&encoders->lock);
    for (;;) {
        while (encoders->started == encoders->submitted && !encoders->ending)
            pthread_cond_wait(&encoders->submitted_one, &encoders->lock);
        if (encoders->ending)
            break;
        struct strip *strip = encoders->circle[encoders->started++ % encoders->capacity];
        pthread_mutex_unlock(&encoders->lock);
        struct error error = {0};
        double seconds;
        encode(thread, strip, &seconds, &error);
        pthread_mutex_lock(&encoders->lock);
        finish_strip(encoders, strip, seconds, &error);
    }
    pthread_mutex_unlock(&encoders->lock);
    return NULL;
}

/* Room for a strip's voxels, or for what they become; NULL, with the error set, when there is none. */
static unsigned char *create_room(const struct encoders *encoders, struct error *error)
{
    unsigned char *room = encoders->room_bytes <= PTRDIFF_MAX ? malloc((size_t)encoders->room_bytes) : NULL;
    if (!room)
        error_no_memory(error, encoders->room_bytes, "a strip of voxels");
    return room;
}

static enum status start_threads(struct encoders *encoders, enum encoding encoding, struct error *error)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; status == STATUS_OK && i < encoders->nthreads; i++) {
        struct encoder_thread *thread = &encoders->threads[i];
        thread->encoders = encoders;
        status = strip_encoder_create(&thread->encoder, encoding, error);
        if (status == STATUS_OK && !(thread->room = create_room(encoders, error)))
            status = error->status;
        if (status == STATUS_OK)
            status = stage_start(&thread->stage, "encoder", encoder_main, thread, error);
    }
    return status;
}

enum status encoders_create(struct encoders **result, enum encoding encoding, unsigned nthreads,
                            uint64_t room_bytes, struct error *error)
{
    struct encoders *encoders = calloc(1, sizeof *encoders);
    if (!encoders)
        return error_no_memory(error, sizeof *encoders, "encoders");
    encoders->nthreads = nthreads;
    encoders->capacity = encoders_capacity(nthreads);
    encoders->room_bytes = room_bytes;
    pthread_mutex_init(&encoders->lock, NULL);
    pthread_cond_init(&encoders->submitted_one, NULL);
    pthread_cond_init(&encoders->done_one, NULL);
    encoders->threads = calloc(nthreads, sizeof *encoders->threads);
    encoders->circle = calloc(encoders->capacity, sizeof *encoders->circle);
    enum status status = encoders->threads && encoders->circle
                             ? start_threads(encoders, encoding, error)
                             : error_no_memory(error, nthreads * sizeof *encoders->threads, "encoders");
    if (status == STATUS_OK)
        *result = encoders;
    else
        encoders_free(encoders);
    return status;
}

static void join_threads(struct encoders *encoders)
{
    pthread_mutex_lock(&encoders->lock);
    encoders->ending = true;
    pthread_cond_broadcast(&encoders->submitted_one);
    pthread_mutex_unlock(&encoders->lock);
    for (unsigned i = 0; encoders->threads && i < encoders->nthreads; i++) {
        stage_join(&encoders->threads[i].stage);
        strip_encoder_free(encoders->threads[i].encoder);
        free(encoders->threads[i].room);
    }
}

void encoders_free(struct encoders *encoders)
{
    if (!encoders)
        return;
    join_threads(encoders);
    while (encoders->strips) {
        struct strip *strip = encoders->strips;
        encoders->strips = strip->next;
        free(strip->data);
        free(strip);
    }
    pthread_cond_destroy(&encoders->done_one);
    pthread_cond_destroy(&encoders->submitted_one);
    pthread_mutex_destroy(&encoders->lock);
    free(encoders->circle);
    free(encoders->threads);
    free(encoders);
}

/* Adds one to all strips. */
static enum status create_strip(struct encoders *encoders, struct strip **result, struct error *error)
{
    struct strip *strip = calloc(1, sizeof *strip);
    if (!strip)
        return error_no_memory(error, sizeof *strip, "a strip");
    strip->data = create_room(encoders, error);
    if (!strip->data) {
        free(strip);
        return error->status;
    }
    strip->next = encoders->strips;
    encoders->strips = strip;
    *result = strip;
    return STATUS_OK;
}

enum status encoders_strip(struct encoders *encoders, struct strip **result, struct error *error)
{
    struct strip *strip = encoders->spare;
    if (!strip && create_strip(encoders, &strip, error) != STATUS_OK)
        return error->status;
    encoders->spare = strip->next_spare;
    strip->nrows = 0;
    *result = strip;
    return STATUS_OK;
}

/* The counters are read by the thread that alone changes them. */
bool encoders_full(const struct encoders *encoders)
{
    return encoders->submitted - encoders->taken == encoders->capacity;
}

void encoders_submit(struct encoders *encoders, struct strip *strip)
{
    pthread_mutex_lock(&encoders->lock);
    strip->done = false;
    encoders->circle[encoders->submitted++ % encoders->capacity] = strip;
    pthread_cond_signal(&encoders->submitted_one);
    pthread_mutex_unlock(&encoders->lock);
}

/* The next strip to be taken, or NULL when all are. With the lock held. */
static struct strip *next_to_take(const struct encoders *encoders)
{
    return encoders->taken < encoders->submitted ? encoders->circle[encoders->taken % encoders->capacity]
                                                 : NULL;
}

enum status encoders_take(struct encoders *encoders, bool wait, struct strip **result, struct error *error)
{
    pthread_mutex_lock(&encoders->lock);
    struct strip *strip = next_to_take(encoders);
    if (wait && strip && !strip->done) {
        double began = clock_seconds();
        while (!strip->done && encoders->failure.status == STATUS_OK)
            pthread_cond_wait(&encoders->done_one, &encoders->lock);
        encoders->waited_seconds += clock_seconds() - began;
    }
    enum status status = encoders->failure.status;
    *result = NULL;
    if (status != STATUS_OK) {
        error_set(error, status, "%s", encoders->failure.message);
    } else if (strip && strip->done) {
        encoders->taken++;
        *result = strip;
    }
    pthread_mutex_unlock(&encoders->lock);
    return status;
}

void encoders_give_back(struct encoders *encoders, struct strip *strip)
{
    strip->next_spare = encoders->spare;
    encoders->spare = strip;
}

void encoders_tell(struct encoders *encoders, struct output_encoders *told)
{
    pthread_mutex_lock(&encoders->lock);
    *told = (struct output_encoders){.nthreads = encoders->nthreads,
                                     .busy_seconds = encoders->busy_seconds,
                                     .n_bytes = encoders->n_bytes,
                                     .waited_seconds = encoders->waited_seconds};
    pthread_mutex_unlock(&encoders->lock);
}

/* One at work and one waiting for each thread, and some more for what holds the writer up meanwhile. */
unsigned encoders_capacity(unsigned nthreads)
{
    return 2 * nthreads + 2;
}

uint64_t encoders_memory_bytes(enum encoding encoding, unsigned nthreads, uint64_t room_bytes,
                               uint64_t nfilling)
{
    uint64_t nrooms = saturated_add(encoders_capacity(nthreads) + nthreads, nfilling);
    uint64_t n_bytes = saturated_mul3(nrooms, room_bytes, 1);
    return saturated_add(n_bytes, nthreads * strip_encoder_bytes(encoding));
}
