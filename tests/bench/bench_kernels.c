/* SPDX-License-Identifier: MIT
 * The arithmetic alone: how fast each backend reduces slices that lie in memory, against reading the same
 * memory with all cores. No files, no pipeline.
 *
 *      bench_kernels [NX NY LEVELS TYPE [ROUNDS [THREADS]]]      3072 3072 3 u16 9, all cores
 *
 * Every backend gets its own input buffer with 2^LEVELS slices of noise. In every round each backend has its
 * turn: its buffer is read with all cores, and then it reduces it, all levels written and delivered, so that
 * ratios compare neighbours in time. Printed are the medians over the rounds, the medians of the ratios to
 * reading and to the fastest CPU path, and the best round of each (on a machine that others use too, the best
 * is nearer to what the code can do). The stack is as long as there are rounds, one batch each. */
#include "base/clock.h"
#include "base/workers.h"
#include "downsample/backends.h"
#include "downsample/cpu.h"
#include "opencl/opencl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS_MAX = 999, WARM_UP_ROUNDS = 2 };

struct bench {
    struct pyramid pyramid;
    unsigned nrounds;
    uint64_t batch_bytes; /* of one round */
    struct workers *crew;
    struct opencl_devices devices;
};

/* A backend to measure. `variant` is handed to create; create returns NULL when the backend is not there. */
struct bench_backend {
    const char *name;
    struct downsampler *(*create)(const struct bench *bench, unsigned variant);
    unsigned variant;
};

static void die(const char *message)
{
    fprintf(stderr, "bench_kernels: %s\n", message);
    exit(1);
}

static struct downsampler *create_cpu(const struct bench *bench, unsigned variant)
{
    struct error error = {0};
    struct downsampler *downsampler;
    const struct cpu_rows *rows = cpu_rows_usable(variant);
    struct downsample_plan plan = {
        .batch_slices = 1u << bench->pyramid.nlevels,
        .band_rows = bench->pyramid.extent.ny,
        .nbuffers = 1,
        .buffer_bytes = bench->batch_bytes,
    };
    if (!rows)
        return NULL;
    if (cpu_create_tuned(&downsampler, &bench->pyramid, &plan, workers_count(bench->crew), rows,
                         &cpu_tuning_default, &error) != STATUS_OK)
        die(error.message);
    return downsampler;
}

static struct downsampler *create_opencl(const struct bench *bench, unsigned variant)
{
    struct error error = {0};
    struct downsampler *downsampler;
    struct opencl_options options = {.batch_slices = 1u << bench->pyramid.nlevels,
                                     .band_rows = bench->pyramid.extent.ny};
    if (variant >= bench->devices.n || !bench->devices.devices[variant].usable)
        return NULL;
    if (opencl_create(&downsampler, &bench->devices.devices[variant], &bench->pyramid, &options, true, NULL,
                      &error) != STATUS_OK)
        die(error.message);
    return downsampler;
}

/* The backends, in the order in which they are measured. */
static const struct bench_backend backends[] = {
    {"cpu", create_cpu, 0}, /* the fastest instruction set */
    {"cpu, next instruction set", create_cpu, 1},
    {"cpu, next instruction set", create_cpu, 2},
    {"first OpenCL device", create_opencl, 0},
};

/* Reading: every job sums a piece of the buffer in 64-bit words. */
enum { PIECE_WORDS = 1 << 15 };
struct reading {
    const uint64_t *words;
    uint64_t nwords;
    uint64_t *sums; /* one per job, so that nothing can be left out */
};

/* For the widest vectors that this processor has, or the backends would be held against a slow reader. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define WIDEST_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDEST_VECTORS
#endif

WIDEST_VECTORS static uint64_t sum_words(const uint64_t *words, uint64_t n)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += words[i];
    return sum;
}

static void read_piece(void *context, unsigned job, unsigned worker)
{
    const struct reading *reading = context;
    const uint64_t *words = reading->words + (uint64_t)job * PIECE_WORDS;
    uint64_t n = reading->nwords - (uint64_t)job * PIECE_WORDS;
    (void)worker;
    if (n > PIECE_WORDS)
        n = PIECE_WORDS;
    reading->sums[job] = sum_words(words, n);
}

static double time_reading(const struct bench *bench, const void *buffer)
{
    struct reading reading = {.words = buffer, .nwords = bench->batch_bytes / sizeof(uint64_t)};
    unsigned njobs = (unsigned)((reading.nwords + PIECE_WORDS - 1) / PIECE_WORDS);
    reading.sums = calloc(njobs, sizeof *reading.sums);
    if (!reading.sums)
        die("no memory");
    double begin = clock_seconds();
    workers_run(bench->crew, njobs, read_piece, &reading);
    double seconds = clock_seconds() - begin;
    free(reading.sums);
    return seconds;
}

/* Counts what is delivered. */
static enum status count_rows(void *context, const struct level_rows *rows, struct error *error)
{
    uint64_t *nrows = context;
    (void)error;
    *nrows += rows->nrows;
    return STATUS_OK;
}

static double time_batch(const struct bench *bench, struct downsampler *downsampler, struct batch *batch)
{
    struct error error = {0};
    uint64_t nrows = 0;
    double begin = clock_seconds();
    if (downsampler->ops->submit(downsampler, 0, batch, &error) != STATUS_OK ||
        downsampler->ops->collect(downsampler, count_rows, &nrows, &error) != STATUS_OK)
        die(error.message);
    double seconds = clock_seconds() - begin;
    for (unsigned level = 1; level <= bench->pyramid.nlevels; level++)
        nrows -= (uint64_t)(batch->nslices >> level) * extent_reduce(bench->pyramid.extent.ny, level);
    if (nrows != 0)
        die("rows are missing");
    return seconds;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Numbers that no arithmetic can shorten: a linear congruential generator (Knuth, MMIX). */
static void fill_with_noise(void *buffer, uint64_t n_bytes)
{
    uint64_t *words = buffer, state = 1;
    for (uint64_t i = 0; i < n_bytes / sizeof *words; i++)
        words[i] = state = state * 6364136223846793005u + 1442695040888963407u;
}

/* One backend under measurement, and its times. */
struct contender {
    const char *name;
    struct downsampler *downsampler;
    void *buffer;
    struct batch batch;
    double reading[ROUNDS_MAX], reducing[ROUNDS_MAX], of_reading[ROUNDS_MAX], of_first[ROUNDS_MAX];
};

/* One round of every contender in turn: reads its buffer, then lets it reduce it. */
static void run_round(const struct bench *bench, struct contender *contenders, unsigned n, unsigned round)
{
    static bool present[1 << LEVELS_MAX];
    memset(present, true, sizeof present);
    for (unsigned i = 0; i < n; i++) {
        struct contender *c = &contenders[i];
        batch_next(&c->batch, bench->pyramid.extent, &c->downsampler->plan);
        c->batch.present = present;
        c->buffer = c->downsampler->ops->buffer(c->downsampler, 0);
        double reading = time_reading(bench, c->buffer);
        double reducing = time_batch(bench, c->downsampler, &c->batch);
        if (round < WARM_UP_ROUNDS)
            continue;
        unsigned at = round - WARM_UP_ROUNDS;
        c->reading[at] = reading;
        c->reducing[at] = reducing;
        c->of_reading[at] = reading / reducing;
        c->of_first[at] = contenders[0].reducing[at] / reducing;
    }
}

static unsigned create_contenders(const struct bench *bench, struct contender *contenders)
{
    unsigned n = 0;
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        struct contender *c = &contenders[n];
        c->downsampler = backends[i].create(bench, backends[i].variant);
        if (!c->downsampler)
            continue;
        if (c->downsampler->plan.buffer_bytes != bench->batch_bytes)
            die("a backend cuts the stack in another way");
        c->name = backends[i].name;
        fill_with_noise(c->downsampler->ops->buffer(c->downsampler, 0), bench->batch_bytes);
        n++;
    }
    return n;
}

static void print_contender(const struct bench *bench, struct contender *c)
{
    double gigabytes = (double)bench->batch_bytes / 1e9;
    printf("%-28s %8.2f %8.2f %8.3f %8.3f", c->name, gigabytes / median(c->reading, bench->nrounds),
           gigabytes / median(c->reducing, bench->nrounds), median(c->of_reading, bench->nrounds),
           median(c->of_first, bench->nrounds));
    /* median() has sorted them */
    printf(" %8.2f %8.2f\n", gigabytes / c->reading[0], gigabytes / c->reducing[0]);
}

static void measure(const struct bench *bench)
{
    static struct contender contenders[sizeof backends / sizeof *backends];
    unsigned n = create_contenders(bench, contenders);
    for (unsigned round = 0; round < WARM_UP_ROUNDS + bench->nrounds; round++)
        run_round(bench, contenders, n, round);
    for (unsigned i = 0; i < n; i++) {
        print_contender(bench, &contenders[i]);
        contenders[i].downsampler->ops->destroy(contenders[i].downsampler);
    }
}

int main(int argc, char **argv)
{
    struct bench bench = {
        .pyramid = {.extent = {.nx = 3072, .ny = 3072}, .type = VOXEL_U16, .nlevels = 3},
        .nrounds = 9,
    };
    struct error error = {0};
    if (argc >= 5) {
        bench.pyramid.extent.nx = (uint32_t)strtoul(argv[1], NULL, 10);
        bench.pyramid.extent.ny = (uint32_t)strtoul(argv[2], NULL, 10);
        bench.pyramid.nlevels = (unsigned)strtoul(argv[3], NULL, 10);
        if (!voxel_parse(argv[4], &bench.pyramid.type))
            die("TYPE is u8, i8, u16, i16, u32, i32 or f32");
    }
    if (argc >= 6)
        bench.nrounds = (unsigned)strtoul(argv[5], NULL, 10);
    unsigned nthreads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    if (argc >= 7)
        nthreads = (unsigned)strtoul(argv[6], NULL, 10);
    if (nthreads < 1 || bench.nrounds < 1 || bench.nrounds > ROUNDS_MAX || bench.pyramid.nlevels < 1 ||
        bench.pyramid.nlevels > 10 || bench.pyramid.extent.nx < 1 || bench.pyramid.extent.ny < 1)
        die("usage: bench_kernels [NX NY LEVELS TYPE [ROUNDS [THREADS]]]");
    struct extent *extent = &bench.pyramid.extent;
    extent->nz = (bench.nrounds + WARM_UP_ROUNDS) << bench.pyramid.nlevels;
    bench.batch_bytes = extent_slice_bytes(*extent, bench.pyramid.type) << bench.pyramid.nlevels;
    if (workers_create(&bench.crew, nthreads, &error) != STATUS_OK)
        die(error.message);
    printf("%u slices of %ux%u %s, %u levels, %u threads, medians of %u rounds\n",
           1u << bench.pyramid.nlevels, (unsigned)extent->nx, (unsigned)extent->ny,
           voxel_name(bench.pyramid.type), bench.pyramid.nlevels, workers_count(bench.crew), bench.nrounds);
    printf("%-28s %8s %8s %8s %8s %8s %8s\n", "", "read", "reduce", "of", "of", "best", "best");
    printf("%-28s %8s %8s %8s %8s %8s %8s\n", "backend", "GB/s", "GB/s", "read", "cpu", "read", "reduce");
    opencl_devices_list(&bench.devices, &error);
    measure(&bench);
    opencl_devices_end(&bench.devices);
    workers_free(bench.crew);
    return 0;
}
