/* SPDX-License-Identifier: MIT
 * What the program says: results on standard output, everything else on standard error. */
#ifndef STACKTHUMB_CLI_MESSAGES_H
#define STACKTHUMB_CLI_MESSAGES_H

#include "base/error.h"
#include "cli/options.h"

/* Makes sure that descriptors 0 to 2 are open, so that no file of a run can become "standard output". To be
 * called before anything is opened. */
void message_init(void);

/* "stackthumb: MESSAGE" on standard error. */
void message_error(const struct error *error);

/* One line on standard error, unless --quiet. */
void message_note(const struct options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line on standard error, with --verbose only. */
void message_detail(const struct options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Many lines (a build log) on standard error, each behind two blanks. */
void message_log(const char *text);

/* Flushes standard output; STATUS_FAILED when anything written to it was lost. */
enum status message_flush(struct error *error);

#endif
