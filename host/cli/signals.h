/* SPDX-License-Identifier: MIT
 * Signals that end a command: the first one asks it to stop, a second one kills at once.
 *
 * A thread of its own waits for them, and every other thread has them blocked. So no call of ours or of a
 * driver is interrupted, whatever handlers a driver's compiler installs; and a linker that a driver starts
 * has them blocked, too, and does not fail because Ctrl-C reaches every process of the terminal. */
#ifndef STACKTHUMB_CLI_SIGNALS_H
#define STACKTHUMB_CLI_SIGNALS_H

#include "base/error.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Owned by main; commands find it in their options. */
struct signals {
    sigset_t awaited; /* written before the thread starts */
    pthread_t thread;
    atomic_bool interrupted; /* set by the thread, once; read by anyone */
    atomic_int number;       /* of the first signal; written before `interrupted` is set */
};

/* From now on SIGINT, SIGTERM and SIGHUP (those that are not ignored already, as under nohup) set
 * `interrupted`; after that they do what they do by default. SIGPIPE is ignored, so that a reader of messages
 * that goes away does not end the run, and SIGXFSZ, so that a file beyond a limit is an error. To be called
 * by main before any other thread starts. On failure nothing is to be ended. */
enum status signals_init(struct signals *signals, struct error *error);
void signals_end(struct signals *signals);

/* Set by the first of these signals; for whatever takes long. NULL for NULL. */
const atomic_bool *signals_flag(const struct signals *signals);

/* For what writes nothing, such as the steps before a run, which cannot be interrupted: `status`, unless a
 * signal has come meanwhile; then STATUS_INTERRUPTED, whatever the step ended with. `signals` may be NULL. */
enum status signals_check(const struct signals *signals, enum status status, struct error *error);

/* The exit status of the program: `status`, but 128 + the signal's number for STATUS_INTERRUPTED, as shells
 * tell it: 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP. `signals` may be NULL. */
int signals_exit_status(const struct signals *signals, enum status status);

#endif
