/* SPDX-License-Identifier: MIT
 * CTHarvester's strategy, as well as plain C does it: one level after the other, each from the files of the
 * level before.
 *
 *      pairwise INPUT OUTPUT LEVELS [THREADS]
 *
 *      for each level
 *          for each pair of slices
 *              read one, read the other      (uncompressed: straight into place)
 *              reduce 2x2x2 on all cores     (runs of rows, vectorised by the compiler)
 *              write the slice               (one writev, nothing copied)
 *
 * It reads what it wrote again for the next level, and rounds at every level: means are rounded to nearest,
 * ties up. A box that sticks out of the volume repeats its last voxels, which is the mean of those that
 * exist. u8, u16 and f32. OUTPUT must not be there yet. */
#include "base/workers.h"
#include "bench_files.h"
#include "codec/tiff_codec.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

/* A job reduces that many rows of the result. */
enum { ROWS_PER_JOB = 64 };

/* Reduces two rows (a0, a1) of a slice and the same two (b0, b1) of the next to one row. `sums` is scratch
 * for nx sums. */
typedef void (*reduce_rows)(const void *a0, const void *a1, const void *b0, const void *b1, uint32_t nx,
                            void *sums, void *means);

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) &&                            \
    !defined(__SANITIZE_THREAD__)
#define VECTORISED __attribute__((target_clones("avx2", "default")))
#else
#define VECTORISED
#endif

/* Down first, where every lane is busy, then across. */
#define DEFINE_REDUCE(name, voxel, sum, eighth)                                                              \
    VECTORISED static void name(const void *pa0, const void *pa1, const void *pb0, const void *pb1,          \
                                uint32_t nx, void *psums, void *pmeans)                                      \
    {                                                                                                        \
        const voxel *restrict a0 = pa0, *restrict a1 = pa1, *restrict b0 = pb0, *restrict b1 = pb1;          \
        sum *restrict sums = psums;                                                                          \
        voxel *restrict means = pmeans;                                                                      \
        for (uint32_t x = 0; x < nx; x++)                                                                    \
            sums[x] = (sum)((sum)a0[x] + (sum)a1[x] + (sum)b0[x] + (sum)b1[x]);                              \
        for (uint32_t x = 0; x < nx / 2; x++)                                                                \
            means[x] = (voxel)eighth(sums[2 * x] + sums[2 * x + 1]);                                         \
        if (nx % 2 != 0)                                                                                     \
            means[nx / 2] = (voxel)eighth(2 * sums[nx - 1]);                                                 \
    }
#define EIGHTH_INTEGER(s) (((s) + 4) >> 3)
#define EIGHTH_FLOAT(s) ((s)*0.125f)
DEFINE_REDUCE(reduce_u8, uint8_t, uint32_t, EIGHTH_INTEGER)
DEFINE_REDUCE(reduce_u16, uint16_t, uint32_t, EIGHTH_INTEGER)
DEFINE_REDUCE(reduce_f32, float, float, EIGHTH_FLOAT)

/* The run. Workers read it, each writes its own sums and its own rows of `out`. */
struct pairwise {
    struct workers *crew;
    enum voxel_type type;
    reduce_rows reduce;
    struct extent in;        /* the level that is read */
    unsigned char *slice[2]; /* a pair of it */
    unsigned char *out;      /* a slice of the next level */
    unsigned char *sums;     /* a row for each worker */
    size_t sums_bytes;       /* of one of them */
    bool paired;             /* slice[1] holds the second slice of the pair */
    struct bytes encoded;    /* a file that is not plain */
    struct bytes head;       /* of the files of the level that is written */
};

static void reduce_job(void *context, unsigned job, unsigned worker)
{
    struct pairwise *self = context;
    const size_t in_row = self->in.nx * voxel_bytes(self->type);
    const size_t out_row = extent_reduce(self->in.nx, 1) * voxel_bytes(self->type);
    const uint32_t out_ny = extent_reduce(self->in.ny, 1);
    const unsigned char *a = self->slice[0], *b = self->paired ? self->slice[1] : a;
    for (uint32_t y = job * ROWS_PER_JOB; y < (job + 1) * ROWS_PER_JOB && y < out_ny; y++) {
        size_t first = 2 * y * in_row, second = 2 * y + 1 < self->in.ny ? first + in_row : first;
        self->reduce(a + first, a + second, b + first, b + second, self->in.nx,
                     self->sums + worker * self->sums_bytes, self->out + y * out_row);
    }
}

static void check_slice(const struct pairwise *self, const struct slice_header *header)
{
    if (header->nx != self->in.nx || header->ny != self->in.ny || header->type != self->type)
        bench_die("the slices differ in extent or type");
}

static void read_slice(struct pairwise *self, const char *path, unsigned char *voxels)
{
    struct error error = {0};
    struct input_file file;
    struct slice_header header;
    bench_check(input_file_open(&file, path, &error), &error);
    bench_check(codec_tiff.read_header(&file, NULL, &header, &error), &error);
    check_slice(self, &header);
    if (header.plain) {
        bench_check(input_file_read(&file, voxels, extent_slice_bytes(self->in, self->type),
                                    header.voxels_offset, &error),
                    &error);
    } else {
        bench_check(bytes_reserve(&self->encoded, header.encoded_bytes, &error), &error);
        bench_check(input_file_read(&file, self->encoded.data, header.encoded_bytes, 0, &error), &error);
        bench_check(
            codec_tiff.decode(self->encoded.data, header.encoded_bytes, path, &header, voxels, &error),
            &error);
    }
    input_file_close(&file);
}

static void write_slice(struct pairwise *self, const char *path)
{
    size_t n_bytes = extent_slice_bytes(extent_at_level(self->in, 1), self->type);
    struct iovec parts[2] = {{self->head.data, self->head.n_bytes}, {self->out, n_bytes}};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 || writev(fd, parts, 2) != (ssize_t)(self->head.n_bytes + n_bytes) || close(fd) != 0)
        bench_die("%s cannot be written", path);
}

static void build_level(struct pairwise *self, const char *folder, unsigned level,
                        const struct bench_slices *slices)
{
    struct error error = {0};
    struct extent out = extent_at_level(self->in, 1);
    unsigned njobs = (out.ny + ROWS_PER_JOB - 1) / ROWS_PER_JOB;
    bench_check(codec_tiff.encode_head(out.nx, out.ny, self->type, (struct spacing){0}, &self->head, &error),
                &error);
    for (uint32_t z = 0; z < self->in.nz; z += 2) {
        char path[BENCH_PATH_BYTES];
        read_slice(self, slices->paths[z], self->slice[0]);
        self->paired = z + 1 < self->in.nz;
        if (self->paired)
            read_slice(self, slices->paths[z + 1], self->slice[1]);
        workers_run(self->crew, njobs, reduce_job, self);
        bench_slice_path(path, folder, level, z / 2);
        write_slice(self, path);
    }
}

static void *take(uint64_t n_bytes)
{
    void *memory = aligned_alloc(4096, (n_bytes + 4095) / 4096 * 4096);
    if (!memory)
        bench_die("out of memory");
    return memory;
}

static void begin(struct pairwise *self, const struct bench_slices *slices, unsigned nthreads)
{
    struct error error = {0};
    struct input_file file;
    struct slice_header header;
    bench_check(input_file_open(&file, slices->paths[0], &error), &error);
    bench_check(codec_tiff.read_header(&file, NULL, &header, &error), &error);
    input_file_close(&file);
    self->in = (struct extent){header.nx, header.ny, slices->n};
    self->type = header.type;
    self->reduce = header.type == VOXEL_U8    ? reduce_u8
                   : header.type == VOXEL_U16 ? reduce_u16
                   : header.type == VOXEL_F32 ? reduce_f32
                                              : NULL;
    if (!self->reduce)
        bench_die("slices must be u8, u16 or f32");
    bench_check(workers_create(&self->crew, nthreads, &error), &error);
    self->slice[0] = take(extent_slice_bytes(self->in, self->type));
    self->slice[1] = take(extent_slice_bytes(self->in, self->type));
    self->out = take(extent_slice_bytes(extent_at_level(self->in, 1), self->type));
    self->sums_bytes = (sizeof(uint32_t) * self->in.nx + 4095) / 4096 * 4096;
    self->sums = take(nthreads * self->sums_bytes);
}

static void end(struct pairwise *self)
{
    bytes_end(&self->head);
    bytes_end(&self->encoded);
    free(self->sums);
    free(self->out);
    free(self->slice[1]);
    free(self->slice[0]);
    workers_free(self->crew);
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5)
        bench_die("usage: pairwise INPUT OUTPUT LEVELS [THREADS]");
    const unsigned nlevels = bench_parse_levels(argv[3]);
    long nthreads = argc > 4 ? strtol(argv[4], NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    struct pairwise self = {0};
    struct bench_slices slices;
    if (nthreads < 1 || nthreads > 1024)
        bench_die("THREADS is not a number from 1 to 1024");

    bench_slices_list(&slices, argv[1]);
    begin(&self, &slices, (unsigned)nthreads);
    bench_make_folders(argv[2], nlevels);
    for (unsigned level = 1; level <= nlevels; level++) {
        char folder[BENCH_PATH_BYTES];
        build_level(&self, argv[2], level, &slices);
        self.in = extent_at_level(self.in, 1);
        bench_slices_end(&slices);
        bench_level_path(folder, argv[2], level);
        bench_slices_list(&slices, folder);
    }
    bench_slices_end(&slices);
    end(&self);
    return 0;
}
