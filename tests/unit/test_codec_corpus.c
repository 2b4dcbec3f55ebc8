/* SPDX-License-Identifier: MIT
 * Every file of two public collections, valid ones and broken ones, is read or refused with one line, within
 * two seconds and little memory; with luma of colours and without. (tests/corpus/tiff.py compares voxels.)
 * Each file has a process of its own, so that one that crashes the reader is named. The table of what became
 * of each goes to stdout. */
#include "codec_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA "../shared/data/"
enum { SECONDS_MAX = 2, NAMES_MAX = 1000, REPORT_BYTES = 1200, SKIPPED = 77 };

/* Exit statuses of a file's process; anything else is a crash. */
enum outcome { READ = 0, REFUSED = 3, NOT_ONE_LINE = 5 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool memory_is_measured = false; /* the sanitizer's own would count */
#else
static const bool memory_is_measured = true;
#endif

/* Reads one file and writes a line about it to `report`. */
static enum outcome try_file(const char *path, bool gray, FILE *report)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char *voxels =
        gray ? fixture_read_gray(path, &header, &error) : fixture_read(path, &header, &error);
    if (!voxels) {
        bool one_line = error.status == STATUS_INPUT && error.message[0] && !strpbrk(error.message, "\r\n") &&
                        strncmp(error.message, path, strlen(path)) == 0 && strstr(error.message, "; ");
        fprintf(report, "refused  %s", error.message + (one_line ? strlen(path) + 2 : 0));
        return one_line ? REFUSED : NOT_ONE_LINE;
    }
    fprintf(report, "read     %ux%u %s, %s", header.nx, header.ny, voxel_name(header.type), header.layout);
    free(voxels);
    return READ;
}

/* try_file in a process of its own, killed when it takes too long. Returns its outcome, or -1. */
static int fork_and_try(const char *path, bool gray, char report[REPORT_BYTES], long *peak_kib)
{
    int ends[2], wait_status;
    struct rusage usage;
    fflush(NULL);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        FILE *out = fdopen(ends[1], "w");
        close(ends[0]);
        /* Of the processor: time in which others have it does not count, but waiting for ever does. */
        setrlimit(RLIMIT_CPU, &(struct rlimit){.rlim_cur = SECONDS_MAX, .rlim_max = SECONDS_MAX});
        alarm(20 * SECONDS_MAX);
        enum outcome outcome = try_file(path, gray, out);
        fclose(out);
        exit((int)outcome); /* exit, so that leaks are reported */
    }
    close(ends[1]);
    ssize_t n = 0, used = 0;
    while (used < REPORT_BYTES - 1 &&
           (n = read(ends[0], report + used, (size_t)(REPORT_BYTES - 1 - used))) > 0)
        used += n;
    report[used] = '\0';
    close(ends[0]);
    assert_int_equal(wait4(child, &wait_status, 0, &usage), child);
    *peak_kib = usage.ru_maxrss;
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_folder(const char *folder, char **names)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    for (struct dirent *entry; n < NAMES_MAX && (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.')
            names[n++] = strdup(entry->d_name);
    closedir(dir);
    qsort(names, n, sizeof *names, by_name);
    return n;
}

/* Returns how many files were read; fails when one misbehaves. */
static unsigned try_folder(const char *folder, bool gray)
{
    char *names[NAMES_MAX], report[REPORT_BYTES];
    unsigned nread = 0, nbad = 0;
    size_t n = list_folder(folder, names);
    long base_kib = 0;
    if (n == 0)
        skip();
    for (size_t i = 0; i < n; i++) {
        char path[600];
        long peak_kib;
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        int outcome = fork_and_try(path, gray, report, &peak_kib);
        if (i == 0 || peak_kib < base_kib)
            base_kib = peak_kib;
        bool bad = outcome != READ && outcome != REFUSED;
        /* No file here declares as much as 16 MiB that may be read. */
        if (memory_is_measured && peak_kib - base_kib > 64 * 1024)
            bad = true;
        printf("%s%-70s %6ld KiB  %s\n", bad ? "BAD " : "    ", names[i], peak_kib, report);
        if (bad)
            printf("BAD  %s: outcome %d (-1: crashed or too slow, 5: not one line)\n", path, outcome);
        nbad += bad;
        nread += outcome == READ;
        free(names[i]);
    }
    printf("%s: %zu files, %u read, %zu refused, %u bad\n", folder, n, nread, n - nread - nbad, nbad);
    assert_int_equal(nbad, 0);
    return nread;
}

static void test_valid_files(void **state)
{
    (void)state;
    assert_true(try_folder(DATA "tiff-valid", false) >= 93);
    assert_true(try_folder(DATA "tiff-valid", true) >= 148);
}

static void test_broken_files(void **state)
{
    (void)state;
    try_folder(DATA "tiff-broken", false);
    try_folder(DATA "tiff-broken", true);
}

int main(void)
{
    struct stat about;
    if (stat(DATA "tiff-valid", &about) != 0)
        return SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_files),
        cmocka_unit_test(test_broken_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
