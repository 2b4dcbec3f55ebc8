/* SPDX-License-Identifier: MIT */
#include "temp_folder.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void temp_folder_make(char *path)
{
    const char *root = getenv("TMPDIR");
    snprintf(path, TEMP_PATH_BYTES, "%s/stackthumb-test-XXXXXX", root && *root ? root : "/tmp");
    assert_non_null(mkdtemp(path));
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

void temp_folder_remove(const char *path)
{
    assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT), 0);
}

int temp_folder_setup(void **state)
{
    static char folder[TEMP_PATH_BYTES];
    temp_folder_make(folder);
    *state = folder;
    return 0;
}

int temp_folder_teardown(void **state)
{
    temp_folder_remove(*state);
    return 0;
}

const char *temp_path(const char *folder, const char *format, ...)
{
    static char paths[8][TEMP_PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % 8];
    va_list arguments;
    int n = snprintf(path, TEMP_PATH_BYTES, "%s/", folder);
    va_start(arguments, format);
    vsnprintf(path + n, TEMP_PATH_BYTES - (size_t)n, format, arguments);
    va_end(arguments);
    return path;
}

void temp_file_write(const char *path, const void *data, size_t n_bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n_bytes, f), n_bytes);
    assert_int_equal(fclose(f), 0);
}

void temp_text_write(const char *path, const char *text)
{
    temp_file_write(path, text, strlen(text));
}

char *temp_file_read(const char *path, size_t *n_bytes)
{
    struct stat about;
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &about), 0);
    char *data = malloc((size_t)about.st_size + 1);
    assert_non_null(data);
    *n_bytes = fread(data, 1, (size_t)about.st_size, f);
    assert_int_equal(*n_bytes, about.st_size);
    data[*n_bytes] = '\0';
    fclose(f);
    return data;
}

bool temp_exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

size_t temp_count_entries(const char *folder)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count - 2;
}

uint32_t temp_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}
