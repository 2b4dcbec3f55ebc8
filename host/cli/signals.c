/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT = sizeof caught / sizeof *caught };

/* The one thing here that a handler must find without an argument. Written by the handler, read by the run.
 * atomic_bool is lock-free on every target of Debian, as a handler needs. */
static atomic_bool interrupted;

static void interrupt(int number)
{
    (void)number;
    atomic_store(&interrupted, true);
    struct sigaction restored = {.sa_handler = SIG_DFL};
    for (int i = 0; i < CAUGHT; i++) {
        struct sigaction present;
        if (sigaction(caught[i], NULL, &present) == 0 && present.sa_handler == interrupt)
            sigaction(caught[i], &restored, NULL);
    }
}

const atomic_bool *signals_catch(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    struct sigaction ignoring = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CAUGHT; i++)
        sigaddset(&action.sa_mask, caught[i]); /* the handler is not interrupted by another of them */
    for (int i = 0; i < CAUGHT; i++) {
        struct sigaction present;
        if (sigaction(caught[i], NULL, &present) == 0 && present.sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
    sigaction(SIGPIPE, &ignoring, NULL);
    return &interrupted;
}
