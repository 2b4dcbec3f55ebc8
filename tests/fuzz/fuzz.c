/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "base/printable.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_fail(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, text);
    abort();
}

void fuzz_file_open(struct input_file *file, const char *path, const uint8_t *data, size_t n_bytes)
{
    static int fd = -1; /* made anew for every input, it would cost more than most parsers */
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0);
    FUZZ_REQUIRE(ftruncate(fd, (off_t)n_bytes) == 0);
    FUZZ_REQUIRE(n_bytes == 0 || pwrite(fd, data, n_bytes, 0) == (ssize_t)n_bytes);
    *file = (struct input_file){.fd = fd, .path = path, .n_bytes = n_bytes};
}

static char folder[64]; /* "" before it is made */

static void remove_folder(void)
{
    DIR *dir = opendir(folder);
    FUZZ_REQUIRE(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder);
}

const char *fuzz_folder(void)
{
    if (!folder[0]) {
        const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(folder, sizeof folder, "%s/stackthumb-fuzz-XXXXXX", parent);
        FUZZ_REQUIRE(mkdtemp(folder));
        atexit(remove_folder);
    }
    return folder;
}

void fuzz_folder_put(const char *name, const uint8_t *data, size_t n_bytes)
{
    char path[sizeof folder + 256];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_REQUIRE(fd >= 0);
    FUZZ_REQUIRE(n_bytes == 0 || write(fd, data, n_bytes) == (ssize_t)n_bytes);
    close(fd);
}

char *fuzz_string(const uint8_t *data, size_t n_bytes)
{
    size_t n = 0;
    while (n < n_bytes && data[n])
        n++;
    char *text = malloc(n + 1);
    FUZZ_REQUIRE(text);
    if (n > 0)
        memcpy(text, data, n);
    text[n] = '\0';
    return text;
}

size_t fuzz_split(char *text, char **parts, size_t nmost)
{
    size_t n = 0;
    while (text && n < nmost)
        parts[n++] = strsep(&text, "\n");
    return n;
}

void fuzz_check_line(const char *text)
{
    char shown[4096], slashed[1024];
    size_t n = strlen(text);
    FUZZ_REQUIRE(n < sizeof slashed);
    memcpy(slashed, text, n + 1);
    for (size_t i = 0; i < n; i++)
        if (slashed[i] == '\\') /* printable()'s own, which it would escape again */
            slashed[i] = '/';
    FUZZ_REQUIRE(strcmp(printable(shown, sizeof shown, slashed), slashed) == 0);
}

void fuzz_check_error(const struct error *error, enum status status, const char *start)
{
    FUZZ_REQUIRE(error->status == status);
    FUZZ_REQUIRE(error->message[0]);
    fuzz_check_line(error->message);
    FUZZ_REQUIRE(strncmp(error->message, start, strlen(start)) == 0);
}

void fuzz_check_spacing(struct spacing spacing)
{
    FUZZ_REQUIRE(isfinite(spacing.x) && isfinite(spacing.y) && isfinite(spacing.z));
    FUZZ_REQUIRE(spacing.x >= 0 && spacing.y >= 0 && spacing.z >= 0);
    FUZZ_REQUIRE(spacing.unit >= UNIT_NONE && spacing.unit <= UNIT_INCH);
    if (spacing.x == 0 && spacing.y == 0 && spacing.z == 0)
        FUZZ_REQUIRE(spacing.unit == UNIT_NONE);
}
