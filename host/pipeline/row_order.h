/* SPDX-License-Identifier: MIT
 * Watches that a downsampler delivers rows as downsampler.h promises: within a level slices begin with z
 * rising, each from row 0 on without gaps, and all become whole. What is out of order is a defect of the
 * backend; it must not become a file. */
#ifndef STACKTHUMB_PIPELINE_ROW_ORDER_H
#define STACKTHUMB_PIPELINE_ROW_ORDER_H

#include "downsample/downsampler.h"

/* The slices of one level that have begun and are not whole: slice z is open[z % nopen]. */
struct level_order {
    uint32_t nrows; /* of a whole slice */
    uint32_t nz;    /* of the level */
    uint32_t next_z;
    unsigned nopen;
    struct open_slice {
        uint32_t z;
        uint32_t nrows; /* that have come; 0: no slice is open here */
    } * open;
};

/* One thread's. */
struct row_order {
    unsigned nlevels;
    struct level_order levels[LEVELS_MAX + 1]; /* level 0 is not used */
};

/* On failure nothing is to be ended. */
enum status row_order_init(struct row_order *order, const struct pyramid *pyramid,
                           const struct downsample_plan *plan, struct error *error);
void row_order_end(struct row_order *order);

/* STATUS_DEVICE when these rows are not among those that may come next. */
enum status row_order_check(struct row_order *order, const struct level_rows *rows, struct error *error);

/* STATUS_DEVICE unless every slice of every level has become whole. */
enum status row_order_check_complete(const struct row_order *order, struct error *error);

#endif
