/* SPDX-License-Identifier: MIT
 * What surrounds a pipeline in its tests: a downsampler that adds up by brute force and an output that keeps
 * what it gets in memory. Both notice what a real one would stumble over, and fail or dawdle when told to. */
#ifndef STACKTHUMB_TESTS_PIPELINE_STUBS_H
#define STACKTHUMB_TESTS_PIPELINE_STUBS_H

#include "downsample/downsampler.h"
#include "output/output.h"

#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_NONE,
    FAULT_SUBMIT,    /* the downsampler's submit of batch `fault_at` */
    FAULT_COLLECT,   /* its collect */
    FAULT_DISORDER,  /* a collect delivers rows that do not come next */
    FAULT_SHORTFALL, /* the rows of the last slices are not delivered */
    FAULT_WRITE,     /* the output's `fault_at`th write */
    FAULT_SETTLE,    /* its settle */
    FAULT_FLUSH,     /* its flush */
    FAULT_FINISH,    /* its finish */
    /* From here on `fault_at` is a slice that is not missing. */
    FAULT_DECODE,    /* the codec's decode of slice `fault_at` */
    FAULT_TRUNCATED, /* slice `fault_at` is shorter than its header says */
    FAULT_TOUCHED,   /* its modification time is another one */
    FAULT_VANISHED,  /* its file is gone */
    FAULT_MEANWHILE, /* its modification time changes when batch 0 is submitted */
    FAULTS
};

/* A volume in memory. */
struct cube {
    struct extent extent;
    enum voxel_type type;
    unsigned char *voxels; /* owned */
    bool *present;         /* owned; one for each slice */
};

/* What all stubs of one run are told. */
struct knobs {
    uint64_t seed;
    unsigned delay_us;            /* the longest of the random delays in every stage; 0: none */
    unsigned decode_us, write_us; /* what each decode or write takes longer */
    enum fault fault;
    uint32_t fault_at;
    struct output_encoders encoders; /* what the output tells of them */
    const char *fault_path;          /* of slice `fault_at`; set by the rig */
};

/* A well-mixed number from any two. */
uint64_t mix(uint64_t a, uint64_t b);

/* Sleeps now and then, if told to; any thread. */
void dawdle(const struct knobs *knobs);

/* Entries of /proc/self/fd: one per open file of the program, and a few. */
unsigned count_open_files(void);

void *need(void *memory); /* aborts on NULL */

void cube_init(struct cube *cube, struct extent extent, enum voxel_type type); /* zeroed, nothing present */
void cube_end(struct cube *cube);

/* A row of the cube. */
unsigned char *cube_row(const struct cube *cube, uint32_t y, uint32_t z);

/* Writes voxel x, y, z of `level` to `to`: the mean, rounded down, of the present voxels in its box, taken as
 * unsigned numbers whatever their type is; 0 without any. */
void cube_reduce(const struct cube *cube, unsigned level, uint32_t x, uint32_t y, uint32_t z, void *to);

struct stub_downsampler {
    struct downsampler base;
    const struct knobs *knobs;
    const struct cube *input; /* what has to come */
    unsigned nlevels;
    struct cube seen; /* what has come */
    unsigned char **buffers;
    unsigned char *spare_buffer;
    unsigned char *wanted_row;
    unsigned char *
        *rows; /* for each buffer, room for all that its batch finishes, spoiled by its next submit */
    size_t rows_bytes;
    struct in_flight {
        unsigned index;
        struct batch batch;
        bool worked; /* copied to `seen`: in submit or in collect, by chance */
    } * in_flight;
    unsigned first, count;
    uint32_t nsubmitted, ncollected;
    unsigned most_open_files; /* of the program, as submit saw it */
    bool wrong;               /* something came that should not */
};

void stub_downsampler_init(struct stub_downsampler *stub, const struct pyramid *pyramid,
                           const struct downsample_plan *plan, const struct cube *input,
                           const struct knobs *knobs);
void stub_downsampler_end(struct stub_downsampler *stub);

/* What the stub says that it writes. */
enum { STUB_BYTES_PER_ROW = 3 };

struct stub_output {
    struct output base;
    const struct knobs *knobs;
    unsigned nlevels;
    struct cube levels[LEVELS_MAX + 1]; /* present: written whole */
    uint32_t *nrows[LEVELS_MAX + 1];    /* of each slice, that have been written */
    uint32_t nwrites;
    uint64_t held_bytes; /* that flush is to write */
    uint32_t nsettled;   /* the reader thread's */
    bool flushed;
    bool finished;
    bool wrong;
};

void stub_output_init(struct stub_output *stub, const struct pyramid *pyramid, const struct knobs *knobs);
void stub_output_end(struct stub_output *stub);

#endif
