/* SPDX-License-Identifier: MIT
 * The main of a fuzz target where there is no libFuzzer: NAME STEPS FOLDER... feeds it every file of the
 * folders, whole, cut behind every byte, and with every byte replaced by 0x00, 0xff and itself with another
 * high bit; of a file of more than STEPS bytes as many of them, evenly spread. Exit status 77 when there is
 * no file. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 20 };

/* In memory of exactly that length, so that a sanitizer sees what is read behind it. */
static void feed(const uint8_t *data, size_t n_bytes)
{
    uint8_t *copy = malloc(n_bytes + !n_bytes);
    FUZZ_REQUIRE(copy);
    memcpy(copy, data, n_bytes);
    LLVMFuzzerTestOneInput(copy, n_bytes);
    free(copy);
}

static void sweep(uint8_t *data, size_t n_bytes, size_t nsteps)
{
    size_t step = 1 + n_bytes / nsteps;
    feed(data, n_bytes);
    for (size_t n = 0; n < n_bytes; n += step) {
        const uint8_t byte = data[n], others[] = {0x00, 0xff, byte ^ 0x80};
        feed(data, n);
        for (size_t i = 0; i < sizeof others; i++) {
            data[n] = others[i];
            feed(data, n_bytes);
        }
        data[n] = byte;
    }
}

static void sweep_file(const char *path, size_t nsteps)
{
    static uint8_t data[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    FUZZ_REQUIRE(file);
    size_t n_bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    fprintf(stderr, "%s: %zu bytes\n", path, n_bytes); /* the last one is the culprit of a crash */
    sweep(data, n_bytes, nsteps);
}

static unsigned sweep_folder(const char *folder, size_t nsteps)
{
    unsigned nfiles = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        sweep_file(path, nsteps);
        nfiles++;
    }
    closedir(dir);
    return nfiles;
}

int main(int argc, char **argv)
{
    unsigned nfiles = 0;
    size_t nsteps = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    if (nsteps == 0)
        return 2;
    for (int i = 2; i < argc; i++)
        nfiles += sweep_folder(argv[i], nsteps);
    printf("%u seeds swept\n", nfiles);
    return nfiles > 0 ? 0 : 77;
}
