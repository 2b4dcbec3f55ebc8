/* SPDX-License-Identifier: MIT
 * What the parsers of sidecars share: a table of the keys that a format has, and one walk over the lines. */
#ifndef STACKTHUMB_STACK_SIDECAR_ROWS_H
#define STACKTHUMB_STACK_SIDECAR_ROWS_H

#include "stack/sidecar.h"

/* Where a value goes. NUMBER_ ones are positive numbers; LENGTHS is three of them behind each other. */
enum sidecar_slot {
    SIDECAR_FACT, /* to sidecar.facts */
    SIDECAR_UNIT, /* the unit of lengths */
    SIDECAR_LENGTH_X,
    SIDECAR_LENGTH_Y,
    SIDECAR_LENGTH_Z,
    SIDECAR_LENGTH_ACQUIRED, /* of a projection, and scaled */
    SIDECAR_LENGTH_SCALED,
    SIDECAR_LENGTHS,
    SIDECAR_STEP,   /* slices from one to the next that is there */
    SIDECAR_SCALES, /* three factors, 1 when lengths are as they are told */
    SIDECAR_NX,
    SIDECAR_NY,
    SIDECAR_NZ,
    SIDECAR_EXTENT, /* NX, NY and NZ behind each other */
    SIDECAR_SLOTS,
};

struct sidecar_row {
    const char *section; /* without brackets; NULL: any */
    const char *key;     /* sections and keys are compared without regard to case */
    enum sidecar_slot slot;
    const char *fact; /* the fact's name, and what stands behind its value; NULL unless SIDECAR_FACT */
    const char *behind;
};

/* What was found in a slot. */
struct sidecar_value {
    double numbers[3];
    bool seen;
    bool spoilt; /* it cannot be used; the sidecar's note says why */
};

struct sidecar_values {
    struct sidecar_value slots[SIDECAR_SLOTS];
    enum length_unit unit; /* when SIDECAR_UNIT was seen and is not spoilt */
    unsigned nmatched;     /* lines that a row knew */
};

/* Walks over the lines and fills facts, note and `values`; false when none of the NULL-terminated `sections`
 * occurs or no row matches. */
bool sidecar_rows_read(const void *data, size_t n_bytes, const struct sidecar_row *rows, size_t nrows,
                       const char *const *sections, struct sidecar *sidecar, struct sidecar_values *values);

/* The number of a slot, or 0. */
double sidecar_number(const struct sidecar_values *values, enum sidecar_slot slot);

/* Fills slice_nx, slice_ny and nslices from SIDECAR_NX, _NY, _NZ or SIDECAR_EXTENT. */
void sidecar_fill_extent(struct sidecar *sidecar, const struct sidecar_values *values);

/* Sets the note, unless there is one. */
void sidecar_set_note(struct sidecar *sidecar, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
