/* SPDX-License-Identifier: MIT */
#include "base/stage.h"

#include <signal.h>

/* All but those that a fault of the thread itself raises. */
static void block_outside_signals(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t blocked;
    sigfillset(&blocked);
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

enum status stage_start(struct stage *stage, const char *name, void *(*main)(void *), void *context,
                        struct error *error)
{
    sigset_t before;
    block_outside_signals(&before); /* a thread inherits the mask of the one that creates it */
    int failure = pthread_create(&stage->thread, NULL, main, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure)
        return error_set_errno(error, STATUS_FAILED, failure, "the %s thread cannot be started", name);
    stage->started = true;
    pthread_setname_np(stage->thread, name); /* for people only: nothing depends on it */
    return STATUS_OK;
}

void stage_join(struct stage *stage)
{
    if (stage->started)
        pthread_join(stage->thread, NULL);
    stage->started = false;
}
