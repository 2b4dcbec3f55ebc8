/* SPDX-License-Identifier: MIT */
#include "pipeline/results.h"

#include <stdlib.h>

enum status results_init(struct results *results, const struct pyramid *pyramid,
                         const struct downsample_plan *plan, struct stop *stop, struct error *error)
{
    const unsigned capacity = plan_slices(plan, pyramid); /* if each slice comes in one run */
    *results = (struct results){.pyramid = pyramid, .items = calloc(plan->nbuffers, sizeof *results->items)};
    if (!results->items)
        return error_no_memory(error, plan->nbuffers * sizeof *results->items, "finished rows");
    enum status status = queue_init(&results->finished, stop, plan->nbuffers, error);
    if (status == STATUS_OK)
        status = row_order_init(&results->order, pyramid, plan, error);
    for (unsigned i = 0; status == STATUS_OK && i < plan->nbuffers; i++) {
        struct result *result = &results->items[results->n++];
        countdown_init(&result->writing, stop);
        result->capacity = capacity;
        result->rows = calloc(capacity, sizeof *result->rows);
        if (!result->rows)
            status = error_no_memory(error, capacity * sizeof *result->rows, "finished rows");
    }
    if (status != STATUS_OK)
        results_end(results);
    return status;
}

void results_end(struct results *results)
{
    for (unsigned i = 0; i < results->n; i++) {
        countdown_end(&results->items[i].writing);
        free(results->items[i].rows);
    }
    row_order_end(&results->order);
    queue_end(&results->finished);
    free(results->items);
    *results = (struct results){0};
}

void results_begin(struct results *results, unsigned index)
{
    results->incoming = &results->items[index];
    results->incoming->nruns = 0;
}

enum status results_add(void *context, const struct level_rows *rows, struct error *error)
{
    struct results *results = context;
    struct result *result = results->incoming;
    if (row_order_check(&results->order, rows, error) != STATUS_OK)
        return error->status;
    if (result->nruns == result->capacity) {
        unsigned capacity = 2 * result->capacity;
        struct level_rows *grown = realloc(result->rows, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(error, capacity * sizeof *grown, "finished rows");
        result->rows = grown;
        result->capacity = capacity;
    }
    result->rows[result->nruns++] = *rows;
    results->n_bytes += level_rows_bytes(rows, results->pyramid);
    return STATUS_OK;
}

enum status results_push(struct results *results, struct error *error)
{
    countdown_raise(&results->incoming->writing);
    return queue_push(&results->finished, results->incoming, error);
}
