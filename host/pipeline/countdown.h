/* SPDX-License-Identifier: MIT
 * How many jobs are still open on something: raised by who hands jobs out, lowered by who did one. */
#ifndef STACKTHUMB_PIPELINE_COUNTDOWN_H
#define STACKTHUMB_PIPELINE_COUNTDOWN_H

#include "pipeline/stop.h"

#include <stdbool.h>

struct countdown {
    struct condition reached; /* nopen became 0 */
    unsigned nopen;           /* under the lock of the run */
};

void countdown_init(struct countdown *countdown, struct stop *stop); /* at 0 */
void countdown_end(struct countdown *countdown);                     /* a zeroed one is allowed */

void countdown_raise(struct countdown *countdown);
void countdown_lower(struct countdown *countdown);

/* Waits until no job is open; fails only when the run is stopped. */
enum status countdown_wait(struct countdown *countdown, struct error *error);

/* True when no job is open. */
bool countdown_is_zero(struct countdown *countdown);

#endif
