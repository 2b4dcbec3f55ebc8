/* SPDX-License-Identifier: MIT
 * System calls that fail when a test says so. A program that links this has every call that the rooms make
 * to look at, read and write files go through here; what is not disturbed goes on to the system. Any thread
 * may call. */
#ifndef STACKTHUMB_TESTS_CALL_FAULTS_H
#define STACKTHUMB_TESTS_CALL_FAULTS_H

#include <stdbool.h>
#include <sys/statvfs.h>

enum {
    CALL_SHORT = -1, /* in the place of an errno: one byte is transferred (where there is more than one) */
    CALL_ENDS = -2   /* none is */
};

struct call_fault {
    const char *call; /* "pread"; its name without at, 64 and v, so that "open" is openat64, too */
    unsigned n;       /* from 1: the n-th such call from now on */
    bool later;       /* all that come after it, too */
    int errnum;       /* that it fails with; close closes nevertheless. Or one of those above. */
};

/* From now on; NULL: none. Not while another thread makes calls. */
void call_faults_set(const struct call_fault *fault);

/* Whether any call was disturbed since it was set. */
bool call_faults_hit(void);

/* How many such calls were made since it was set. */
unsigned call_faults_count(void);

/* What the disk of every file, the kernel and the user are from now on; of a field that is 0 or NULL: what
 * they are. Borrowed. */
struct told_system {
    unsigned long disk_type;     /* as in statfs */
    const struct statvfs *space; /* of the disk */
    const char *release;         /* of the kernel: "6.1.0" */
    const char *user;            /* "0": root, "1000" */
};
void call_faults_tell(const struct told_system *told); /* NULL: all as it is */

/* Whether files of unknown kind are what readdir finds from now on, as on some file systems. */
void call_faults_hide_kinds(bool hide);

#endif
