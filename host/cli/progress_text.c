/* SPDX-License-Identifier: MIT */
#include "cli/progress_text.h"

#include "cli/values.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

double progress_fraction(const struct progress_totals *totals, const struct progress_sample *sample)
{
    double done = (double)sample->slices_read + (double)sample->slices_written;
    double all = (double)totals->slices_to_read + (double)totals->slices_to_write;
    return done >= all ? 1 : done / all;
}

double progress_seconds_left(const struct progress_totals *totals, const struct progress_sample *sample)
{
    double fraction = progress_fraction(totals, sample);
    if (fraction >= 1)
        return 0;
    return fraction > 0 ? sample->seconds * (1 - fraction) / fraction : INFINITY;
}

/* Rounded down: 100 is shown only when everything is done. */
static unsigned percent(const struct progress_totals *totals, const struct progress_sample *sample)
{
    return (unsigned)(progress_fraction(totals, sample) * 100);
}

/* Bytes of input per second. */
static double rate(const struct progress_sample *sample)
{
    return sample->seconds > 0 ? (double)sample->bytes_read / sample->seconds : 0;
}

/* Appends `piece` behind two blanks when it fits into `columns`. */
static void append_fitting(char *text, unsigned columns, const char *piece)
{
    size_t used = strlen(text);
    if (used + 2 + strlen(piece) <= columns)
        snprintf(text + used, PROGRESS_TEXT - used, "  %s", piece);
}

/* The drawn part, "[====>    ]", `width` characters in all. */
static void draw(char *text, unsigned width, double fraction)
{
    unsigned inner = width - 2;
    unsigned filled = (unsigned)(fraction * inner);
    text[0] = '[';
    for (unsigned i = 0; i < inner; i++)
        text[1 + i] = i < filled ? '=' : i == filled ? '>' : ' ';
    text[width - 1] = ']';
    text[width] = '\0';
}

/* "0:12 left", or "took 3:04" when everything is done. */
static const char *time_text(char *text, size_t n_bytes, const struct progress_totals *totals,
                             const struct progress_sample *sample)
{
    char time[VALUE_BYTES];
    if (progress_fraction(totals, sample) < 1)
        snprintf(text, n_bytes, "%s left", value_duration(time, progress_seconds_left(totals, sample)));
    else
        snprintf(text, n_bytes, "took %s", value_duration(time, sample->seconds));
    return text;
}

enum { DRAWN_MIN = 12, DRAWN_MAX = 42 };

const char *progress_text_bar(char *text, unsigned columns, const struct progress_totals *totals,
                              const struct progress_sample *sample)
{
    char pieces[PROGRESS_TEXT] = "", piece[64], amount[VALUE_BYTES], drawn[DRAWN_MAX + 1];
    if (columns >= PROGRESS_TEXT)
        columns = PROGRESS_TEXT - 1;
    unsigned room = columns > 5 ? columns - 5 : 0; /* behind "100 %" */
    snprintf(piece, sizeof piece, "%u/%u slices", sample->slices_read, totals->slices_to_read);
    append_fitting(pieces, room, piece);
    append_fitting(pieces, room, time_text(piece, sizeof piece, totals, sample));
    snprintf(piece, sizeof piece, "%s/s", value_bytes(amount, (uint64_t)rate(sample)));
    append_fitting(pieces, room, piece);
    size_t left = room - (strlen(pieces) < room ? strlen(pieces) : room);
    int used = snprintf(text, PROGRESS_TEXT, "%3u %%", percent(totals, sample));
    if (left >= DRAWN_MIN + 2) {
        draw(drawn, left - 2 > DRAWN_MAX ? DRAWN_MAX : (unsigned)left - 2, progress_fraction(totals, sample));
        used += snprintf(text + used, PROGRESS_TEXT - (size_t)used, "  %s", drawn);
    }
    snprintf(text + used, PROGRESS_TEXT - (size_t)used, "%s", pieces);
    text[columns] = '\0'; /* a terminal narrower than "100 %" */
    return text;
}

const char *progress_text_line(char *text, const struct progress_totals *totals,
                               const struct progress_sample *sample)
{
    char read[VALUE_BYTES], time[32];
    snprintf(text, PROGRESS_TEXT, "%u %%: %u of %u slices, %s/s, %s", percent(totals, sample),
             sample->slices_read, totals->slices_to_read, value_bytes(read, (uint64_t)rate(sample)),
             time_text(time, sizeof time, totals, sample));
    return text;
}

const char *progress_text_json(char *text, const char *event, int status,
                               const struct progress_totals *totals, const struct progress_sample *sample)
{
    char left[32] = "null", ending[32] = "";
    double seconds_left = progress_seconds_left(totals, sample);
    if (isfinite(seconds_left))
        snprintf(left, sizeof left, "%.3f", seconds_left);
    if (strcmp(event, "end") == 0)
        snprintf(ending, sizeof ending, ",\"status\":%d", status);
    snprintf(text, PROGRESS_TEXT,
             "{\"event\":\"%s\",\"seconds\":%.3f,\"fraction\":%.4f,\"slices_read\":%" PRIu32
             ",\"slices_to_read\":%" PRIu32 ",\"slices_written\":%" PRIu64 ",\"slices_to_write\":%" PRIu64
             ",\"bytes_read\":%" PRIu64 ",\"bytes_to_read\":%" PRIu64 ",\"bytes_written\":%" PRIu64
             ",\"bytes_per_second\":%.0f,\"seconds_left\":%s%s}",
             event, sample->seconds, progress_fraction(totals, sample), sample->slices_read,
             totals->slices_to_read, sample->slices_written, totals->slices_to_write, sample->bytes_read,
             totals->bytes_to_read, sample->bytes_written, rate(sample), left, ending);
    return text;
}
