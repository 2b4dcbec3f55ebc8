/* SPDX-License-Identifier: MIT
 * The caller posts a round of jobs under the lock and works on it too; workers take the next job number from
 * an atomic counter. The round is over when every thread has reported that it found no more. */
#include "base/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct crew_thread {
    pthread_t thread;
    struct workers *workers;
    unsigned index;
};

struct workers {
    unsigned count;
    unsigned nstarted; /* threads that exist: count - 1 once created */
    pthread_mutex_t lock;
    pthread_cond_t posted;   /* a round was posted, or `ending` set */
    pthread_cond_t finished; /* nbusy reached 0 */
    unsigned round;          /* under lock */
    unsigned nbusy;          /* under lock: threads still in the round */
    bool ending;             /* under lock */
    atomic_uint next_job;
    unsigned njobs;  /* written by the poster before the round, read by the threads in it */
    workers_job job; /* likewise */
    void *context;   /* likewise */
    struct crew_thread threads[];
};

static void work(struct workers *workers, unsigned index)
{
    unsigned job;
    while ((job = atomic_fetch_add(&workers->next_job, 1)) < workers->njobs)
        workers->job(workers->context, job, index);
}

static void *crew_main(void *argument)
{
    struct crew_thread *self = argument;
    struct workers *workers = self->workers;
    unsigned seen = 0;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (workers->round == seen && !workers->ending)
            pthread_cond_wait(&workers->posted, &workers->lock);
        if (workers->ending)
            break;
        seen = workers->round;
        pthread_mutex_unlock(&workers->lock);
        work(workers, self->index);
        pthread_mutex_lock(&workers->lock);
        if (--workers->nbusy == 0)
            pthread_cond_signal(&workers->finished);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

enum status workers_create(struct workers **result, unsigned count, struct error *error)
{
    size_t n_bytes = sizeof(struct workers) + count * sizeof(struct crew_thread);
    struct workers *workers = calloc(1, n_bytes);
    if (!workers)
        return error_no_memory(error, n_bytes, "worker threads");
    workers->count = count;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->posted, NULL);
    pthread_cond_init(&workers->finished, NULL);
    for (unsigned i = 0; i + 1 < count; i++) {
        workers->threads[i] = (struct crew_thread){.workers = workers, .index = i + 1};
        int failure = pthread_create(&workers->threads[i].thread, NULL, crew_main, &workers->threads[i]);
        if (failure) {
            workers_free(workers);
            return error_set_errno(error, STATUS_FAILED, failure, "a worker thread cannot be started");
        }
        workers->nstarted++;
    }
    *result = workers;
    return STATUS_OK;
}

void workers_free(struct workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    pthread_cond_broadcast(&workers->posted);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->nstarted; i++)
        pthread_join(workers->threads[i].thread, NULL);
    pthread_cond_destroy(&workers->finished);
    pthread_cond_destroy(&workers->posted);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}

unsigned workers_count(const struct workers *workers)
{
    return workers->count;
}

void workers_run(struct workers *workers, unsigned njobs, workers_job job, void *context)
{
    if (njobs <= 1 || workers->nstarted == 0) { /* nobody else needs to wake */
        for (unsigned i = 0; i < njobs; i++)
            job(context, i, 0);
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->job = job;
    workers->context = context;
    workers->njobs = njobs;
    atomic_store(&workers->next_job, 0);
    workers->nbusy = workers->nstarted;
    workers->round++;
    pthread_cond_broadcast(&workers->posted);
    pthread_mutex_unlock(&workers->lock);
    work(workers, 0);
    pthread_mutex_lock(&workers->lock);
    while (workers->nbusy > 0)
        pthread_cond_wait(&workers->finished, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}
