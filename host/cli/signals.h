/* SPDX-License-Identifier: MIT
 * Signals that end a run: the first one asks it to stop, a second one kills at once. */
#ifndef STACKTHUMB_CLI_SIGNALS_H
#define STACKTHUMB_CLI_SIGNALS_H

#include <stdatomic.h>
#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP (those that are not ignored already, as under nohup) set the flag
 * that is returned, once; after that they do again what they did before. SIGPIPE is ignored, so that a reader
 * of messages that goes away does not end the run. To be called once, by one thread. */
const atomic_bool *signals_catch(void);

#endif
