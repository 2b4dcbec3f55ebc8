/* SPDX-License-Identifier: MIT
 * What went wrong, as a value: every function that can fail returns a status and fills the caller's struct
 * error. Only the cli room prints one or turns it into an exit status. */
#ifndef STACKTHUMB_BASE_ERROR_H
#define STACKTHUMB_BASE_ERROR_H

/* The values are the exit statuses of the program. */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1, /* failed while running: no memory, or a difference found by verify */
    STATUS_USAGE = 2,
    STATUS_INPUT = 3,         /* the stack is not what it should be, or cannot be read */
    STATUS_OUTPUT = 4,        /* the output cannot be written, or must not be */
    STATUS_DEVICE = 5,        /* OpenCL: no such device, a refused build, a failed call */
    STATUS_INTERRUPTED = 130, /* by SIGINT; other signals have other exit statuses, see cli/signals.h */
};

/* One error, without allocation, so that "out of memory" can be told too. Zero-initialise before use. */
struct error {
    enum status status;
    char message[1024]; /* one line, no newline at its end: "FILE: what is wrong; what to do" */
};

/* Fills `error` unless it already holds one (the first error wins), and returns the status that `error` then
 * holds. `status` is not STATUS_OK. File names in the message go through printable() first. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* error_set with ": <text of errnum>; <what to do about it>" behind the message. ENOMEM is STATUS_FAILED,
 * whatever `status` says: it is no fault of a file's. */
enum status error_set_errno(struct error *error, enum status status, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The error for a refused allocation of `n` bytes for `what`: STATUS_FAILED. */
enum status error_no_memory(struct error *error, unsigned long long n_bytes, const char *what);

#endif
