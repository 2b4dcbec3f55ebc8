/* SPDX-License-Identifier: MIT
 * What the stages of a run did, as text: pure formatting. */
#ifndef STACKTHUMB_CLI_STAGE_TABLE_H
#define STACKTHUMB_CLI_STAGE_TABLE_H

#include "pipeline/pipeline_stats.h"

enum { STAGE_ROW = 128, STAGE_NOTE = 512, STAGE_BOTTLENECK = 160 };

/* The line above the rows; it has the same columns. */
const char *stage_table_head(void);

/* "read  0.412 s  82 %  2.42 GB  5.87 GB/s" in columns; only the name when the stage had nothing to do. Busy
 * times are means over the stage's threads, rates are of all of them together. Returns `text` (STAGE_ROW
 * large). */
const char *stage_table_row(char *text, const struct pipeline_stats *stats, enum pipeline_stage stage);

/* What "busy" means there. Returns `text` (STAGE_NOTE large). */
const char *stage_table_note(char *text, const struct pipeline_stats *stats);

/* "reading was the bottleneck: busy 93 % of the time", or that there was none. Returns `text`
 * (STAGE_BOTTLENECK large). */
const char *stage_bottleneck(char *text, const struct pipeline_stats *stats);

#endif
