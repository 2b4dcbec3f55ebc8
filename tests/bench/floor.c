/* SPDX-License-Identifier: MIT
 * The floor: what a run would take if reading and writing were all there is to it, one after the other.
 *
 *      floor INPUT OUTPUT LEVELS [CHUNK_KIB]
 *
 * First it reads every slice file of INPUT once, in order, to its end, with read() into one buffer that stays
 * in the processor's cache. Then it writes as many files of as many bytes as the pyramid of LEVELS levels has
 * into OUTPUT, which must not be there yet, from the same buffer. Nothing is computed, nothing decoded.
 * CHUNK_KIB is how much one call reads or writes.
 *
 * One line of JSON on standard output: the bytes and the seconds of both halves, and of their sum. What comes
 * before (listing the folder, the first slice's header, taking memory) does not count. */
#include "base/clock.h"
#include "bench_files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The best of 64 KiB to 4 MiB where a core has 1 MiB of second-level cache (512 KiB to 2 MiB: within 20 %).
 */
enum { CHUNK_KIB = 1024, CHUNK_KIB_MAX = 1 << 20 };

struct floor {
    char *buffer;
    size_t chunk_bytes;
    uint64_t read_bytes, written_bytes;
};

static void read_file(struct floor *self, const char *path)
{
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        bench_die("%s cannot be opened", path);
    while ((n = read(fd, self->buffer, self->chunk_bytes)) > 0)
        self->read_bytes += (uint64_t)n;
    if (n < 0)
        bench_die("%s cannot be read", path);
    close(fd);
}

static void write_file(struct floor *self, const char *path, uint64_t n_bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        bench_die("%s cannot be created", path);
    for (uint64_t done = 0; done < n_bytes;) {
        uint64_t left = n_bytes - done;
        ssize_t n = write(fd, self->buffer, left < self->chunk_bytes ? left : self->chunk_bytes);
        if (n <= 0)
            bench_die("%s cannot be written", path);
        done += (uint64_t)n;
    }
    if (close(fd) != 0)
        bench_die("%s cannot be written", path);
    self->written_bytes += n_bytes;
}

/* Bytes of one slice file of a level, as the TIFF codec writes it. */
static uint64_t level_file_bytes(struct extent extent, enum voxel_type type)
{
    struct error error = {0};
    struct bytes encoded = {0};
    void *voxels = calloc(1, extent_slice_bytes(extent, type));
    if (!voxels)
        bench_die("out of memory");
    bench_check(codec_tiff.encode(extent.nx, extent.ny, type, (struct spacing){0}, voxels, &encoded, &error),
                &error);
    uint64_t n_bytes = encoded.n_bytes;
    bytes_end(&encoded);
    free(voxels);
    return n_bytes;
}

static void write_levels(struct floor *self, const char *folder, struct extent volume, unsigned nlevels,
                         const uint64_t *file_bytes)
{
    for (unsigned level = 1; level <= nlevels; level++) {
        uint32_t nz = extent_at_level(volume, level).nz;
        for (uint32_t z = 0; z < nz; z++) {
            char path[BENCH_PATH_BYTES];
            bench_slice_path(path, folder, level, z);
            write_file(self, path, file_bytes[level]);
        }
    }
}

static void read_first_header(const char *path, struct slice_header *header)
{
    struct error error = {0};
    struct input_file file;
    bench_check(input_file_open(&file, path, &error), &error);
    bench_check(codec_tiff.read_header(&file, NULL, header, &error), &error);
    input_file_close(&file);
}

static size_t parse_chunk(const char *text)
{
    char *end;
    unsigned long kib = strtoul(text, &end, 10);
    if (*text < '1' || *text > '9' || *end != '\0' || kib > CHUNK_KIB_MAX)
        bench_die("CHUNK_KIB is not a number from 1 to 1048576");
    return kib << 10;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5)
        bench_die("usage: floor INPUT OUTPUT LEVELS [CHUNK_KIB]");
    const unsigned nlevels = bench_parse_levels(argv[3]);
    struct floor self = {.chunk_bytes = argc > 4 ? parse_chunk(argv[4]) : (size_t)CHUNK_KIB << 10};
    struct bench_slices slices;
    struct slice_header header;
    uint64_t file_bytes[LEVELS_MAX + 1] = {0};

    bench_slices_list(&slices, argv[1]);
    read_first_header(slices.paths[0], &header);
    struct extent volume = {header.nx, header.ny, slices.n};
    for (unsigned level = 1; level <= nlevels; level++)
        file_bytes[level] = level_file_bytes(extent_at_level(volume, level), header.type);
    self.buffer = malloc(self.chunk_bytes);
    if (!self.buffer)
        bench_die("out of memory");
    memset(self.buffer, 1, self.chunk_bytes);

    double start = clock_seconds();
    for (uint32_t z = 0; z < slices.n; z++)
        read_file(&self, slices.paths[z]);
    double middle = clock_seconds();
    bench_make_folders(argv[2], nlevels);
    write_levels(&self, argv[2], volume, nlevels, file_bytes);
    double end = clock_seconds();

    printf("{\"read_bytes\": %" PRIu64 ", \"read_seconds\": %.6f, \"written_bytes\": %" PRIu64
           ", \"write_seconds\": %.6f, \"seconds\": %.6f, \"chunk_bytes\": %zu}\n",
           self.read_bytes, middle - start, self.written_bytes, end - middle, end - start, self.chunk_bytes);
    free(self.buffer);
    bench_slices_end(&slices);
    return 0;
}
