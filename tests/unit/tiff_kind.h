/* SPDX-License-Identifier: MIT
 * TIFFs of any kind of sample for tests: libtiff writes them, from samples that are packed here. */
#ifndef STACKTHUMB_TESTS_TIFF_KIND_H
#define STACKTHUMB_TESTS_TIFF_KIND_H

#include <stdbool.h>
#include <stdint.h>
#include <tiffio.h>

struct tiff_kind {
    unsigned bits, nsamples;
    uint16_t format, photometric, orientation, planar, fill_order, compression, predictor;
    uint16_t alpha; /* EXTRASAMPLE_* of the samples behind the colours */
    uint32_t nx, ny, chunk_nx, chunk_ny;
    bool tiled;
    const char *mode;
    uint16_t palette[3][256];
    uint64_t *samples; /* bits of sample s of pixel x, y: at (y * nx + x) * nsamples + s */
};

/* The bits of a sample. */
uint64_t tiff_kind_sample(const struct tiff_kind *kind, uint32_t x, uint32_t y, unsigned s);

/* At random: nx, ny, and strips or tiles; byte and bit order, compression and predictor; the samples (the
 * caller frees), after all else. */
void tiff_kind_choose_chunks(uint64_t *random, struct tiff_kind *kind);
void tiff_kind_choose_encoding(uint64_t *random, struct tiff_kind *kind);
void tiff_kind_choose_samples(uint64_t *random, struct tiff_kind *kind);

/* All of it, but no palette. */
void tiff_kind_choose(uint64_t *random, struct tiff_kind *kind);

/* Sets the tags of a file that is being written, or writes all of fixture_path(). */
void tiff_kind_set_fields(TIFF *tif, const struct tiff_kind *kind);
void tiff_kind_write(const struct tiff_kind *kind);

#endif
