/* SPDX-License-Identifier: MIT */
#include "output/null_output.h"

#include <stdlib.h>

struct null_output {
    struct output output; /* first */
    struct pyramid pyramid;
    uint64_t n_bytes; /* written by the writer thread */
};

static enum status null_write(struct output *output, const struct level_rows *rows, uint64_t *n_bytes,
                              struct error *error)
{
    struct null_output *null = (struct null_output *)output;
    (void)n_bytes, (void)error;
    null->n_bytes += level_rows_bytes(rows, &null->pyramid);
    return STATUS_OK;
}

static enum status null_finish(struct output *output, struct error *error)
{
    (void)output, (void)error;
    return STATUS_OK;
}

static void null_close(struct output *output)
{
    free(output);
}

static const struct output_ops null_ops = {
    .name = "null",
    .write = null_write,
    .finish = null_finish,
    .close = null_close,
};

enum status null_output_open(struct output **output, const struct pyramid *pyramid, struct error *error)
{
    struct null_output *null = calloc(1, sizeof *null);
    if (!null)
        return error_no_memory(error, sizeof *null, "the output");
    null->output.ops = &null_ops;
    null->pyramid = *pyramid;
    *output = &null->output;
    return STATUS_OK;
}

uint64_t null_output_bytes(const struct output *output)
{
    return ((const struct null_output *)output)->n_bytes;
}
