/* SPDX-License-Identifier: MIT
 * What the text files tell that scanners leave beside their slices: the voxel size above all, and a few facts
 * for people. Each format's parser is a pure function over bounded bytes, which may be anything.
 *
 * Formats, as public example files and readers have them (no maker documents its own in full):
 *   .log         Bruker/SkyScan, NRecon: [System], [Acquisition], [Reconstruction]; micrometres
 * (sidecar_skyscan.c) .xtekct, .xtekVolume   Nikon/X-Tek: [XTekCT]; millimetres (sidecar_xtek.c) .vgi Volume
 * Graphics, Nikon and GE too: [geometry] with a unit (sidecar_vgi.c) .pcr, .pca   GE phoenix datos|x,
 * reconstruction and acquisition; millimetres (sidecar_phoenix.c)
 *
 * Numbers have a decimal point or they are not used: "0,025" may be much or little. A key that is there twice
 * with two values is not used either. Both are told in `note`. */
#ifndef STACKTHUMB_STACK_SIDECAR_H
#define STACKTHUMB_STACK_SIDECAR_H

#include "volume/spacing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIDECAR_BYTES_MAX = 1 << 20, /* of a file that is looked into: real ones have some kilobytes */
    SIDECAR_FACTS_MAX = 10,
    SIDECAR_TEXT_BYTES = 80,
    SIDECAR_NOTE_BYTES = 240,
};

struct sidecar_fact {
    const char *name;              /* "scanner", "voltage", ...: a constant */
    char text[SIDECAR_TEXT_BYTES]; /* as printable() shows it */
};

struct sidecar {
    struct spacing spacing;      /* all 0 when it is not told, or not to be used */
    uint32_t slice_nx, slice_ny; /* of the slices, or 0 */
    uint32_t nslices;            /* or 0 */
    struct sidecar_fact facts[SIDECAR_FACTS_MAX];
    unsigned nfacts;
    char note[SIDECAR_NOTE_BYTES]; /* why the voxel size is not used although it is told; "" for none.
                                      Printable */
};

struct sidecar_format {
    const char *extension; /* without the dot; any case */
    /* Fills `sidecar` from the file's bytes. False, with `sidecar` all 0, when they are of something else. */
    bool (*parse)(const void *data, size_t n_bytes, struct sidecar *sidecar);
};

/* The more trusted first; SIDECAR_FORMATS of them. */
enum { SIDECAR_FORMATS = 6 };
extern const struct sidecar_format sidecar_formats[SIDECAR_FORMATS];

bool sidecar_skyscan_parse(const void *data, size_t n_bytes, struct sidecar *sidecar);
bool sidecar_xtek_parse(const void *data, size_t n_bytes, struct sidecar *sidecar);
bool sidecar_vgi_parse(const void *data, size_t n_bytes, struct sidecar *sidecar);
bool sidecar_pcr_parse(const void *data, size_t n_bytes, struct sidecar *sidecar);
bool sidecar_pca_parse(const void *data, size_t n_bytes, struct sidecar *sidecar);

#endif
