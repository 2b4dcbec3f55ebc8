/* SPDX-License-Identifier: MIT
 * A bound on the host memory of a whole run, for planners, which know only their own share of it. A planner
 * goes through its plans from the best one down to the most modest and takes the first that fits. Which plans
 * it looks at, and in which order, does not depend on the bound: so a larger one is never refused what a
 * smaller one is granted, and the least that is told after a refusal is granted. */
#ifndef STACKTHUMB_DOWNSAMPLE_HOST_BUDGET_H
#define STACKTHUMB_DOWNSAMPLE_HOST_BUDGET_H

#include "base/error.h"
#include "downsample/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct host_budget {
    uint64_t most_bytes;
    uint64_t held_bytes; /* by the process, whatever the plan is */
    /* What a run by `plan` holds besides plan->host_bytes and plan->driver_bytes; NULL: nothing. It depends
     * on nothing but its arguments. */
    uint64_t (*besides)(const void *context, const struct downsample_plan *plan);
    const void *context;
    uint64_t least_bytes; /* for planners: what the most modest plan so far needs */
};

/* All that a run by `plan` holds; UINT64_MAX when that does not fit. */
uint64_t host_budget_total(const struct host_budget *budget, const struct downsample_plan *plan);

/* The rest is for planners; NULL stands for no bound. */

/* Forgets the plans that an earlier planner has looked at. */
void host_budget_begin(struct host_budget *budget);

/* Whether a run by `plan` keeps within the budget; where it does not, least_bytes is lowered to what it
 * needs.
 */
bool host_budget_fits(struct host_budget *budget, const struct downsample_plan *plan);

/* The error of a planner that found no plan to fit: STATUS_USAGE. What it says would do is a little more than
 * least_bytes, as what a process holds before it plans is not the same to the byte each time. */
enum status host_budget_refuse(const struct host_budget *budget, struct error *error);

#endif
