/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static void format_message(struct error *error, enum status status,
                                                                 const char *format, va_list arguments)
{
    error->status = status;
    vsnprintf(error->message, sizeof error->message, format, arguments);
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    if (error->status == STATUS_OK) {
        va_list arguments;
        va_start(arguments, format);
        format_message(error, status, format, arguments);
        va_end(arguments);
    }
    return error->status;
}

enum status error_set_errno(struct error *error, enum status status, int errnum, const char *format, ...)
{
    if (error->status == STATUS_OK) {
        char text[128];
        va_list arguments;
        va_start(arguments, format);
        format_message(error, errnum == ENOMEM ? STATUS_FAILED : status, format, arguments);
        va_end(arguments);
        size_t used = strlen(error->message);
        /* The GNU variant: returns the text, which need not be in the buffer. */
        snprintf(error->message + used, sizeof error->message - used, ": %s",
                 strerror_r(errnum, text, sizeof text));
    }
    return error->status;
}

enum status error_no_memory(struct error *error, unsigned long long n_bytes, const char *what)
{
    return error_set(error, STATUS_FAILED,
                     "no memory: %llu bytes for %s were refused; free some memory and run again", n_bytes,
                     what);
}
