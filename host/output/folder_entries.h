/* SPDX-License-Identifier: MIT
 * Steps through the entries of a folder that is open. */
#ifndef STACKTHUMB_OUTPUT_FOLDER_ENTRIES_H
#define STACKTHUMB_OUTPUT_FOLDER_ENTRIES_H

#include "base/error.h"

enum entry_kind { ENTRY_FILE, ENTRY_FOLDER, ENTRY_OTHER }; /* a symbolic link is ENTRY_OTHER */

/* One entry; it may be removed by the visitor. Anything but STATUS_OK ends the stepping. */
typedef enum status (*folder_visitor)(void *context, const char *name, enum entry_kind kind,
                                      struct error *error);

/* Visits all entries but "." and "..", in no order; returns the visitor's failure, or STATUS_OUTPUT when the
 * folder cannot be read. `folder` is for messages. */
enum status folder_visit(int folder_fd, const char *folder, folder_visitor visitor, void *context,
                         struct error *error);

#endif
