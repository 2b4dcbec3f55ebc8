/* SPDX-License-Identifier: MIT
 * bench_decode [ROUNDS [PART]]: decodes slices of unusual layouts (those with PART in their names) from
 * memory, in turns, by
 *
 *   the codec
 *   libtiff       chunk by chunk, which leaves samples as the file has them
 *   and a write   the same, and then as many bytes are written as the voxels have, with nothing computed:
 * what anybody pays at least who makes voxels of libtiff's samples, where they are not voxels yet RGBA
 * TIFFReadRGBAImageOriented, which is what libtiff itself has to convert samples; 8 bits
 *
 * All write to memory such as a run takes for its voxels, and find the
 * caches cold. Prints medians of milliseconds of processor time,
 * and of the codec's ratios to the others within a round.
 */
#include "codec/tiff_codec.h"
#include "downsample/big_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <time.h>
#include <unistd.h>

enum { NX = 3072, NY = 3072, ROUNDS_MAX = 101 };

static const struct kind {
    const char *name, *mode;
    uint16_t bits, nsamples, format, photometric, planar, compression, predictor, orientation;
    uint32_t tile, rows;
} kinds[] = {
    {"u16", "wl", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 0, NY},
    {"u16 big-endian", "wb", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 0, NY},
    {"f32 big-endian", "wb", 32, 1, 3, 1, 1, COMPRESSION_NONE, 0, 1, 0, NY},
    {"u16, tiles", "wl", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 256, 0},
    {"u16 big-endian, tiles", "wb", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 256, 0},
    {"1 bit", "wl", 1, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"1 bit, white is 0, ccitt-fax4", "wl", 1, 1, 1, 0, 1, COMPRESSION_CCITTFAX4, 0, 1, 0, 64},
    {"4 bits", "wl", 4, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"10 bits", "wl", 10, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"14 bits", "wl", 14, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"12 bits", "wl", 12, 1, 1, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"12 bits, lzw", "wl", 12, 1, 1, 1, 1, COMPRESSION_LZW, 0, 1, 0, 64},
    {"f16", "wl", 16, 1, 3, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"f64", "wl", 64, 1, 3, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"f64 big-endian", "wb", 64, 1, 3, 1, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"u16, white is 0", "wl", 16, 1, 1, 0, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"u16, top-right", "wl", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 2, 0, 64},
    {"u16, bottom-left", "wl", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 4, 0, 64},
    {"u8, right-top", "wl", 8, 1, 1, 1, 1, COMPRESSION_NONE, 0, 6, 0, 64},
    {"u16, right-top", "wl", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 6, 0, 64},
    {"u16, right-top, 1 strip", "wl", 16, 1, 1, 1, 1, COMPRESSION_NONE, 0, 6, 0, NY},
    {"f32, right-top", "wl", 32, 1, 3, 1, 1, COMPRESSION_NONE, 0, 6, 0, 64},
    {"u16, right-top, lzw", "wl", 16, 1, 1, 1, 1, COMPRESSION_LZW, 0, 6, 0, 64},
    {"u16, lzw, predictor", "wl", 16, 1, 1, 1, 1, COMPRESSION_LZW, 2, 1, 0, 64},
    {"u16, lzw, predictor, tiles", "wl", 16, 1, 1, 1, 1, COMPRESSION_LZW, 2, 1, 256, 0},
    {"u16, deflate, tiles", "wl", 16, 1, 1, 1, 1, COMPRESSION_ADOBE_DEFLATE, 0, 1, 256, 0},
    {"u16 big-endian, deflate, predictor", "wb", 16, 1, 1, 1, 1, COMPRESSION_ADOBE_DEFLATE, 2, 1, 0, 64},
    {"f32, deflate, predictor 3", "wl", 32, 1, 3, 1, 1, COMPRESSION_ADOBE_DEFLATE, 3, 1, 0, 64},
    {"u16, zstd", "wl", 16, 1, 1, 1, 1, COMPRESSION_ZSTD, 0, 1, 0, 64},
    {"u16, packbits", "wl", 16, 1, 1, 1, 1, COMPRESSION_PACKBITS, 0, 1, 0, 64},
    {"u8, jpeg", "wl", 8, 1, 1, 1, 1, COMPRESSION_JPEG, 0, 1, 0, 64},
    {"RGB u8", "wl", 8, 3, 1, 2, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"RGB u16", "wl", 16, 3, 1, 2, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"RGBA u8", "wl", 8, 4, 1, 2, 1, COMPRESSION_NONE, 0, 1, 0, 64},
    {"RGB u8, lzw, predictor", "wl", 8, 3, 1, 2, 1, COMPRESSION_LZW, 2, 1, 0, 64},
    {"RGBA u8, planar", "wl", 8, 4, 1, 2, 2, COMPRESSION_NONE, 0, 1, 0, 64},
    {"RGBA u16, planar, deflate", "wl", 16, 4, 1, 2, 2, COMPRESSION_ADOBE_DEFLATE, 0, 1, 0, 64},
};
enum { NKINDS = sizeof kinds / sizeof *kinds };

/* Of this thread, so that other programs on the machine count for little. */
static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool set_fields(TIFF *tif, const struct kind *kind)
{
    uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, NX);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, NY);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, kind->bits);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, kind->nsamples);
    TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT, kind->format);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, kind->photometric);
    TIFFSetField(tif, TIFFTAG_PLANARCONFIG, kind->planar);
    TIFFSetField(tif, TIFFTAG_ORIENTATION, kind->orientation);
    bool known = TIFFSetField(tif, TIFFTAG_COMPRESSION, kind->compression) != 0;
    if (kind->predictor)
        TIFFSetField(tif, TIFFTAG_PREDICTOR, kind->predictor);
    if (kind->nsamples == 4)
        TIFFSetField(tif, TIFFTAG_EXTRASAMPLES, 1, &alpha);
    if (kind->tile) {
        TIFFSetField(tif, TIFFTAG_TILEWIDTH, kind->tile);
        TIFFSetField(tif, TIFFTAG_TILELENGTH, kind->tile);
    } else {
        TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, kind->rows);
    }
    return known;
}

/* Something smooth with noise in its lowest bits. */
static void fill(const struct kind *kind, unsigned char *chunk, size_t n_bytes, uint64_t *random)
{
    size_t sample = kind->bits < 8 ? 1 : kind->bits % 8 != 0 ? 2 : kind->bits / 8u;
    for (size_t i = 0; i + sample <= n_bytes; i += sample) {
        *random = *random * 6364136223846793005u + 1442695040888963407u;
        uint64_t value = (uint64_t)(i / 64) * 3 + (*random >> 60);
        float narrow = (float)value;
        double wide = (double)value;
        if (kind->format == 3 && sample >= 4)
            memcpy(&value, sample == 4 ? (void *)&narrow : (void *)&wide, sample);
        memcpy(chunk + i, &value, sample);
    }
}

/* The file's bytes (the caller frees), or NULL where libtiff cannot write it. */
static unsigned char *make_file(const struct kind *kind, const char *path, size_t *n_bytes)
{
    uint64_t random = 1;
    TIFF *tif = TIFFOpen(path, kind->mode);
    bool ok = tif && set_fields(tif, kind);
    tmsize_t n_chunk = ok ? kind->tile ? TIFFTileSize(tif) : TIFFStripSize(tif) : 1;
    uint32_t nchunks = !ok ? 0 : kind->tile ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
    unsigned char *chunk = malloc((size_t)n_chunk), *data = NULL;
    for (uint32_t i = 0; ok && chunk && i < nchunks; i++) {
        fill(kind, chunk, (size_t)n_chunk, &random);
        ok = (kind->tile ? TIFFWriteEncodedTile(tif, i, chunk, n_chunk)
                         : TIFFWriteEncodedStrip(tif, i, chunk, n_chunk)) == n_chunk;
    }
    if (tif)
        TIFFClose(tif);
    free(chunk);
    FILE *file = ok ? fopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *n_bytes = (size_t)ftell(file);
    rewind(file);
    if ((data = malloc(*n_bytes)) && fread(data, 1, *n_bytes, file) != *n_bytes) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

struct memory {
    unsigned char *data;
    size_t n_bytes, at;
};

static tmsize_t read_memory(thandle_t client, void *to, tmsize_t n)
{
    struct memory *memory = client;
    size_t rest = memory->n_bytes - memory->at, n_bytes = (size_t)n < rest ? (size_t)n : rest;
    memcpy(to, memory->data + memory->at, n_bytes);
    memory->at += n_bytes;
    return (tmsize_t)n_bytes;
}

static tmsize_t write_nothing(thandle_t client, void *from, tmsize_t n)
{
    (void)client, (void)from, (void)n;
    return 0;
}

static toff_t seek_memory(thandle_t client, toff_t offset, int whence)
{
    struct memory *memory = client;
    memory->at = (size_t)(whence == SEEK_END   ? memory->n_bytes + offset
                          : whence == SEEK_CUR ? memory->at + offset
                                               : offset);
    return memory->at;
}

static int close_memory(thandle_t client)
{
    (void)client;
    return 0;
}

static toff_t count_memory(thandle_t client)
{
    return ((struct memory *)client)->n_bytes;
}

static int map_memory(thandle_t client, void **base, toff_t *n_bytes)
{
    *base = ((struct memory *)client)->data;
    *n_bytes = ((struct memory *)client)->n_bytes;
    return 1;
}

static void unmap_memory(thandle_t client, void *base, toff_t n_bytes)
{
    (void)client, (void)base, (void)n_bytes;
}

static TIFF *open_memory(struct memory *memory)
{
    return TIFFClientOpen("memory", "rc", memory, read_memory, write_nothing, seek_memory, close_memory,
                          count_memory, map_memory, unmap_memory);
}

/* All chunks, one behind the other, in `samples`: of an RGBA image in planes without those of alpha. Then
 * n_voxel_bytes are written. Seconds, or 0 when libtiff fails. */
static double run_libtiff(const struct kind *kind, struct memory memory, unsigned char *samples,
                          unsigned char *voxels, size_t n_voxel_bytes)
{
    double began = processor_seconds();
    TIFF *tif = open_memory(&memory);
    bool ok = tif != NULL;
    tmsize_t n = !ok ? 0 : kind->tile ? TIFFTileSize(tif) : TIFFStripSize(tif);
    uint32_t nchunks = !ok ? 0 : kind->tile ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
    if (kind->planar == PLANARCONFIG_SEPARATE && kind->nsamples == 4)
        nchunks = nchunks / 4 * 3;
    for (uint32_t i = 0; ok && i < nchunks; i++, samples += n)
        ok = (kind->tile ? TIFFReadEncodedTile(tif, i, samples, n)
                         : TIFFReadEncodedStrip(tif, i, samples, n)) == n;
    if (tif)
        TIFFClose(tif);
    for (size_t row = 0; row < NY; row++)
        memset(voxels + n_voxel_bytes / NY * row, 1, n_voxel_bytes / NY);
    return ok ? processor_seconds() - began : 0;
}

/* 0 when libtiff cannot make colours of such samples. */
static double run_rgba(struct memory memory, unsigned char *samples)
{
    double began = processor_seconds();
    TIFF *tif = open_memory(&memory);
    bool ok =
        tif && TIFFReadRGBAImageOriented(tif, NX, NY, (uint32_t *)(void *)samples, ORIENTATION_TOPLEFT, 1);
    if (tif)
        TIFFClose(tif);
    return ok ? processor_seconds() - began : 0;
}

static double run_codec(const struct slice_header *header, unsigned char *data, unsigned char *voxels)
{
    struct error error = {0};
    double began = processor_seconds();
    if (tiff_decode(data, (size_t)header->encoded_bytes, "slice.tif", header, voxels, &error) != STATUS_OK)
        fprintf(stderr, "bench_decode: %s\n", error.message);
    return error.status == STATUS_OK ? processor_seconds() - began : 0;
}

/* Pushes what was read and written last out of the caches, so that all find them alike. */
static void cool(void)
{
    enum { COLD_BYTES = 128 << 20 };
    static unsigned char *cold, value;
    if (cold || (cold = big_alloc(COLD_BYTES)))
        memset(cold, ++value, COLD_BYTES);
}

static int by_value(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

struct runs {
    double codec[ROUNDS_MAX], libtiff[ROUNDS_MAX], ratio[ROUNDS_MAX], and_write[ROUNDS_MAX], rgba[ROUNDS_MAX];
};

static bool run_round(const struct kind *kind, const struct slice_header *header, struct memory memory,
                      unsigned char *scratch, unsigned char *voxels, struct runs *runs, unsigned i)
{
    size_t n_voxel_bytes = (size_t)NX * NY * voxel_bytes(header->type);
    cool();
    double rgba = run_rgba(memory, scratch);
    cool();
    double write = run_libtiff(kind, memory, scratch, voxels, n_voxel_bytes);
    cool();
    runs->libtiff[i] = run_libtiff(kind, memory, scratch, voxels, 0);
    cool();
    runs->codec[i] = run_codec(header, memory.data, voxels);
    runs->ratio[i] = runs->codec[i] / runs->libtiff[i];
    runs->and_write[i] = runs->codec[i] / write;
    runs->rgba[i] = rgba > 0 ? runs->codec[i] / rgba : 0;
    return runs->libtiff[i] > 0 && write > 0 && runs->codec[i] > 0;
}

static bool compare(const struct kind *kind, const char *path, unsigned nrounds, unsigned char *scratch,
                    unsigned char *voxels)
{
    const struct codec_options options = {.gray = true};
    struct input_file file;
    struct slice_header header;
    struct error error = {0};
    size_t n_bytes;
    static struct runs runs;
    unsigned char *data = make_file(kind, path, &n_bytes);
    bool ok = data && input_file_open(&file, path, &error) == STATUS_OK;
    if (ok) {
        ok = tiff_read_header(&file, &options, &header, &error) == STATUS_OK;
        input_file_close(&file);
    }
    for (unsigned i = 0; ok && i <= nrounds; i++) /* one round to warm up */
        ok = run_round(kind, &header, (struct memory){data, n_bytes, 0}, scratch, voxels, &runs,
                       i == 0 ? 0 : i - 1);
    if (ok)
        printf("%-36s %8.2f %8.2f %8.2f %12.2f %8.2f\n", kind->name, 1e3 * median(runs.codec, nrounds),
               1e3 * median(runs.libtiff, nrounds), median(runs.ratio, nrounds),
               median(runs.and_write, nrounds), median(runs.rgba, nrounds));
    else
        printf("%-36s cannot be measured: %s\n", kind->name, error.message);
    free(data);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned nrounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 9;
    const char *part = argc > 2 ? argv[2] : "";
    char path[] = "/tmp/stackthumb-decode-XXXXXX";
    unsigned char *scratch = big_alloc((size_t)NX * NY * 8), *voxels = big_alloc((size_t)NX * NY * 4);
    int failed = 0, descriptor = mkstemp(path);
    if (nrounds == 0 || nrounds > ROUNDS_MAX || !scratch || !voxels || descriptor < 0)
        return 1;
    close(descriptor);
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandler(NULL);
    printf("%-36s %8s %8s %8s %12s %8s\n%-36s %8s %8s %8s %12s %8s\n", "3072 x 3072", "ms", "ms", "ratio to",
           "ratio to it", "ratio", "", "", "libtiff", "libtiff", "and a write", "to RGBA");
    for (unsigned i = 0; i < NKINDS; i++)
        if (strstr(kinds[i].name, part))
            failed |= !compare(&kinds[i], path, nrounds, scratch, voxels);
    unlink(path);
    free(scratch);
    free(voxels);
    return failed;
}
