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

/* What can be done about a system call's failure; "" where its text says all that is known. */
static const char *advice(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return "; check that it is there";
    case ELOOP:
        return "; put the file itself there";
    case EACCES:
    case EPERM:
        return "; allow this user to use it";
    case EMFILE:
    case ENFILE:
        return "; allow more open files (ulimit -n)";
    case ENOMEM:
        return "; free some memory and run again";
    case EAGAIN:
        return "; allow more threads (ulimit -u), or free some memory";
    case ENOSPC:
    case EDQUOT:
        return "; free some space and run again";
    case EIO:
    case ESTALE:
    case ENOTCONN:
    case ECONNABORTED:
    case ECONNRESET:
    case ETIMEDOUT:
    case EHOSTDOWN:
        return "; look to its disk, or to the network, and run again";
    default:
        return "";
    }
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
        snprintf(error->message + used, sizeof error->message - used, ": %s%s",
                 strerror_r(errnum, text, sizeof text), advice(errnum));
    }
    return error->status;
}

enum status error_no_memory(struct error *error, unsigned long long n_bytes, const char *what)
{
    return error_set(error, STATUS_FAILED,
                     "no memory: %llu bytes for %s were refused; free some memory and run again", n_bytes,
                     what);
}
