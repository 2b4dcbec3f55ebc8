/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <stddef.h>

/* Ends the process as if `number` had never been caught. */
static void die_of(int number)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    sigaction(number, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    raise(number);
}

/* Sent to the thread to end it: by default it does nothing, and nobody misses it. */
enum { WAKING = SIGURG };

static void *signals_main(void *context)
{
    struct signals *signals = context;
    int number;
    sigwait(&signals->awaited, &number); /* fails only for a set that is none */
    if (number == WAKING)
        return NULL;
    atomic_store(&signals->number, number);
    atomic_store(&signals->interrupted, true);
    sigwait(&signals->awaited, &number);
    if (number != WAKING)
        die_of(number);
    return NULL;
}

enum status signals_init(struct signals *signals, struct error *error)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction present, ignoring = {.sa_handler = SIG_IGN};
    sigset_t before, waking;
    *signals = (struct signals){0};
    sigemptyset(&signals->awaited);
    for (unsigned i = 0; i < sizeof caught / sizeof *caught; i++)
        if (sigaction(caught[i], NULL, &present) == 0 && present.sa_handler != SIG_IGN)
            sigaddset(&signals->awaited, caught[i]);
    sigemptyset(&waking);
    sigaddset(&waking, WAKING);
    sigaddset(&signals->awaited, WAKING);
    sigaction(SIGPIPE, &ignoring, NULL);
    sigaction(SIGXFSZ, &ignoring, NULL);
    pthread_sigmask(SIG_BLOCK, &signals->awaited, &before); /* all threads to come inherit that */
    int failure = pthread_create(&signals->thread, NULL, signals_main, signals);
    if (failure) {
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return error_set_errno(error, STATUS_FAILED, failure, "the thread for signals cannot be started");
    }
    pthread_sigmask(SIG_UNBLOCK, &waking, NULL);
    pthread_setname_np(signals->thread, "signals"); /* for people only: nothing depends on it */
    return STATUS_OK;
}

void signals_end(struct signals *signals)
{
    pthread_kill(signals->thread, WAKING);
    pthread_join(signals->thread, NULL);
}

const atomic_bool *signals_flag(const struct signals *signals)
{
    return signals ? &signals->interrupted : NULL;
}

enum status signals_check(const struct signals *signals, enum status status, struct error *error)
{
    if (!signals || !atomic_load(&signals->interrupted))
        return status;
    *error = (struct error){0};
    return error_set(error, STATUS_INTERRUPTED, "interrupted; nothing was written");
}

int signals_exit_status(const struct signals *signals, enum status status)
{
    int number = signals ? atomic_load(&signals->number) : 0;
    return status == STATUS_INTERRUPTED && number ? 128 + number : (int)status;
}
