/* SPDX-License-Identifier: MIT */
#include "bench_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void bench_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void bench_check(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        bench_die("%s", error->message);
}

static int is_slice(const struct dirent *entry)
{
    return codec_for_file(entry->d_name) == &codec_tiff;
}

void bench_slices_list(struct bench_slices *slices, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_slice, versionsort);
    if (n <= 0)
        bench_die("%s: there are no slices", folder);
    slices->n = (uint32_t)n;
    slices->paths = malloc((size_t)n * sizeof *slices->paths);
    if (!slices->paths)
        bench_die("out of memory");
    for (int i = 0; i < n; i++) {
        if (asprintf(&slices->paths[i], "%s/%s", folder, entries[i]->d_name) < 0)
            bench_die("out of memory");
        free(entries[i]);
    }
    free(entries);
}

void bench_slices_end(struct bench_slices *slices)
{
    for (uint32_t i = 0; i < slices->n; i++)
        free(slices->paths[i]);
    free(slices->paths);
}

unsigned bench_parse_levels(const char *text)
{
    char *end;
    unsigned long nlevels = strtoul(text, &end, 10);
    if (*text < '1' || *text > '9' || *end != '\0' || nlevels > LEVELS_MAX)
        bench_die("LEVELS is not a number from 1 to 16");
    return (unsigned)nlevels;
}

void bench_level_path(char *path, const char *folder, unsigned level)
{
    if (snprintf(path, BENCH_PATH_BYTES, "%s/%u", folder, level) >= BENCH_PATH_BYTES)
        bench_die("the path of OUTPUT is too long");
}

void bench_slice_path(char *path, const char *folder, unsigned level, uint32_t z)
{
    if (snprintf(path, BENCH_PATH_BYTES, "%s/%u/%06u.tif", folder, level, z) >= BENCH_PATH_BYTES)
        bench_die("the path of OUTPUT is too long");
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0)
        bench_die("%s cannot be made: %s", path, strerror(errno));
}

void bench_make_folders(const char *folder, unsigned nlevels)
{
    make_folder(folder);
    for (unsigned level = 1; level <= nlevels; level++) {
        char path[BENCH_PATH_BYTES];
        bench_level_path(path, folder, level);
        make_folder(path);
    }
}
