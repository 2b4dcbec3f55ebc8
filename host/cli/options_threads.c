/* SPDX-License-Identifier: MIT
 * What follows from the options for threads. */
#include "cli/options.h"
#include "cli/options_table.h"

#include <sched.h>

unsigned options_processors(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1; /* more CPUs than a cpu_set_t holds: --threads tells */
    int count = CPU_COUNT(&allowed);
    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

unsigned options_threads(const struct options *options)
{
    return options->nthreads ? options->nthreads : options_processors();
}

struct output_form options_form(const struct options *options)
{
    return (struct output_form){
        .encoding = options->encoding, .nthreads = options_threads(options), .unsynced = options->no_sync};
}

unsigned options_computing_threads(const struct options *options)
{
    return (options_threads(options) + 1) / 2;
}
