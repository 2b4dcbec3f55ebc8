/* SPDX-License-Identifier: MIT */
#include "downsample/host_budget.h"

#include "base/checked.h"

uint64_t host_budget_total(const struct host_budget *budget, const struct downsample_plan *plan)
{
    uint64_t total_bytes = saturated_add(budget->held_bytes, plan->driver_bytes);
    total_bytes = saturated_add(total_bytes, plan->host_bytes);
    return budget->besides ? saturated_add(total_bytes, budget->besides(budget->context, plan)) : total_bytes;
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
    return error_set(error, STATUS_USAGE,
                     "%llu bytes of host memory are allowed, and this run needs at least %llu; allow more by "
                     "--memory",
                     (unsigned long long)budget->most_bytes, (unsigned long long)budget->least_bytes);
}
