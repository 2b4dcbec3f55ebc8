/* SPDX-License-Identifier: MIT */
#include "downsample/host_budget.h"

#include "base/checked.h"

static const uint64_t mebibyte = 1 << 20;

uint64_t host_budget_total(const struct host_budget *budget, const struct downsample_plan *plan)
{
    uint64_t total_bytes = saturated_add(budget->held_bytes, plan->driver_bytes);
    total_bytes = saturated_add(total_bytes, plan->host_bytes);
    return budget->besides ? saturated_add(total_bytes, budget->besides(budget->context, plan)) : total_bytes;
}

void host_budget_begin(struct host_budget *budget)
{
    if (budget)
        budget->least_bytes = UINT64_MAX;
}

bool host_budget_fits(struct host_budget *budget, const struct downsample_plan *plan)
{
    if (!budget)
        return true;
    uint64_t total_bytes = host_budget_total(budget, plan);
    if (total_bytes <= budget->most_bytes)
        return true;
    if (total_bytes < budget->least_bytes)
        budget->least_bytes = total_bytes;
    return false;
}

enum status host_budget_refuse(const struct host_budget *budget, struct error *error)
{
    uint64_t spare_bytes = budget->least_bytes / 64 + mebibyte;
    unsigned long long least = saturated_add(budget->least_bytes, spare_bytes) / mebibyte + 1;
    return error_set(error, STATUS_USAGE,
                     "this run needs %llu MiB of host memory, and may hold %.1f MiB; allow --memory %lluMiB",
                     least, (double)budget->most_bytes / (double)mebibyte, least);
}
