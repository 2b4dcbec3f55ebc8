/* SPDX-License-Identifier: MIT
 * How far a run is, as a bar, a line or a JSON object: pure formatting. */
#ifndef STACKTHUMB_CLI_PROGRESS_TEXT_H
#define STACKTHUMB_CLI_PROGRESS_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* What there is to do. */
struct progress_totals {
    uint32_t slices_to_read;
    uint64_t slices_to_write; /* of all levels; to compare, for verify */
    uint64_t bytes_to_read;   /* of slice files */
};

/* What is done after `seconds`. */
struct progress_sample {
    double seconds;
    uint32_t slices_read;
    uint64_t slices_written;
    uint64_t bytes_read, bytes_written;
};

enum { PROGRESS_TEXT = 512 };

/* The part that is done, 0 to 1; exactly 1 when every slice is read and written. */
double progress_fraction(const struct progress_totals *totals, const struct progress_sample *sample);

/* Seconds that are left if it goes on as until now; infinite at the beginning. */
double progress_seconds_left(const struct progress_totals *totals, const struct progress_sample *sample);

/* Each writes one line without its end into `text` (PROGRESS_TEXT large) and returns it. A bar is at most
 * `columns` characters wide and leaves out what has no room, the least important first. */
const char *progress_text_bar(char *text, unsigned columns, const struct progress_totals *totals,
                              const struct progress_sample *sample);
const char *progress_text_line(char *text, const struct progress_totals *totals,
                               const struct progress_sample *sample);
/* `event` is "progress" or "end"; `status` is written with "end" only. */
const char *progress_text_json(char *text, const char *event, int status,
                               const struct progress_totals *totals, const struct progress_sample *sample);

#endif
