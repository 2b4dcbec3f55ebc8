/* SPDX-License-Identifier: MIT */
#include "base/watchdog.h"

#include "base/clock.h"

static const long look_ms = 200;
/* The most that is counted from one look to the next: what is more was spent stopped. */
static const double look_seconds_max = 1;

/* Until the next look, the lock released; how much of that counts. */
static double wait_a_look(struct watchdog *dog)
{
    struct timespec until = clock_after_ms(look_ms);
    double began = clock_seconds();
    pthread_cond_timedwait(&dog->changed, &dog->lock, &until);
    double seconds = clock_seconds() - began;
    return seconds < look_seconds_max ? seconds : look_seconds_max;
}

static void *watchdog_main(void *context)
{
    struct watchdog *dog = context;
    uint64_t call = 0;
    double waited_seconds = 0;
    pthread_mutex_lock(&dog->lock);
    while (!dog->is_ending) {
        if (!dog->what) {
            dog->is_asleep = true;
            pthread_cond_wait(&dog->changed, &dog->lock);
            dog->is_asleep = false;
            continue;
        }
        double seconds = wait_a_look(dog);
        waited_seconds = dog->ncalls == call ? waited_seconds + seconds : 0;
        call = dog->ncalls;
        if (dog->what && waited_seconds > dog->allowed_seconds)
            dog->bark(dog->context, dog->who, dog->what, waited_seconds); /* who is late has to wait here */
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

enum status watchdog_init(struct watchdog *dog, double limit_seconds, watchdog_bark bark, void *context,
                          struct error *error)
{
    *dog = (struct watchdog){.bark = bark, .context = context, .limit_seconds = limit_seconds};
    if (limit_seconds <= 0)
        return STATUS_OK;
    pthread_mutex_init(&dog->lock, NULL);
    clock_condition_init(&dog->changed);
    enum status status = stage_start(&dog->thread, "watchdog", watchdog_main, dog, error);
    if (status != STATUS_OK) {
        pthread_cond_destroy(&dog->changed);
        pthread_mutex_destroy(&dog->lock);
    }
    return status;
}

void watchdog_end(struct watchdog *dog)
{
    if (dog->limit_seconds <= 0)
        return;
    pthread_mutex_lock(&dog->lock);
    dog->is_ending = true;
    pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
    stage_join(&dog->thread);
    pthread_cond_destroy(&dog->changed);
    pthread_mutex_destroy(&dog->lock);
}

void watchdog_expect(struct watchdog *dog, const char *who, const char *what, uint64_t n_bytes)
{
    if (!dog || dog->limit_seconds <= 0)
        return;
    pthread_mutex_lock(&dog->lock);
    dog->who = who;
    dog->what = what;
    dog->allowed_seconds = dog->limit_seconds + (double)n_bytes / (1 << 20);
    dog->ncalls++;
    if (dog->is_asleep)
        pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
}

void watchdog_relax(struct watchdog *dog)
{
    if (!dog || dog->limit_seconds <= 0)
        return;
    pthread_mutex_lock(&dog->lock);
    dog->what = NULL;
    pthread_mutex_unlock(&dog->lock);
}
