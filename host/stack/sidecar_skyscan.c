/* SPDX-License-Identifier: MIT
 * Bruker/SkyScan logs: written by the scanner beside the projections (PREFIX.log), continued by NRecon or
 * InstaRecon beside the slices (PREFIX_rec.log).
 *
 * "Pixel Size (um)" of [Reconstruction] is the voxel size of the slices; it differs from [Acquisition]'s
 * "Image Pixel Size (um)", that of a projection, where slices were reconstructed smaller ("Camera Pixel Size
 * (um)" is the detector's, and no voxel's). Voxels are cubes of that size, as every public reader of these
 * logs has it, SlicerMorph's SkyscanReconImport among them. Where only every n-th section was reconstructed
 * ("Section to Section Step") slices lie n pixels apart; their names may or may not count the ones between,
 * so that z is not known then. */
#include "stack/sidecar_rows.h"

#include <math.h>

static const struct sidecar_row rows[] = {
    {"Reconstruction", "Pixel Size (um)", SIDECAR_LENGTH_X, NULL, NULL},
    {"Acquisition", "Image Pixel Size (um)", SIDECAR_LENGTH_ACQUIRED, NULL, NULL},
    {"Acquisition", "Scaled Image Pixel Size (um)", SIDECAR_LENGTH_SCALED, NULL, NULL},
    {"Reconstruction", "Section to Section Step", SIDECAR_STEP, NULL, NULL},
    {"Reconstruction", "Result Image Width (pixels)", SIDECAR_NX, NULL, NULL},
    {"Reconstruction", "Result Image Height (pixels)", SIDECAR_NY, NULL, NULL},
    {"Reconstruction", "Sections Count", SIDECAR_NZ, NULL, NULL},
    {"System", "Scanner", SIDECAR_FACT, "scanner", NULL},
    {"Reconstruction", "Reconstruction Program", SIDECAR_FACT, "reconstruction", NULL},
    {"Acquisition", "Study Date and Time", SIDECAR_FACT, "date", NULL},
    {"Acquisition", "Source Voltage (kV)", SIDECAR_FACT, "voltage", " kV"},
    {"Acquisition", "Source Current (uA)", SIDECAR_FACT, "current", " uA"},
    {"Acquisition", "Filter", SIDECAR_FACT, "filter", NULL},
    {"Acquisition", "Exposure (ms)", SIDECAR_FACT, "exposure", " ms"},
    {"Acquisition", "Rotation Step (deg)", SIDECAR_FACT, "rotation step", " deg"},
};

static const char *const sections[] = {"System", "Acquisition", "Reconstruction", NULL};

/* The size of a pixel of the slices in micrometres, or 0. */
static double pixel_size(struct sidecar *sidecar, const struct sidecar_values *values)
{
    double acquired = sidecar_number(values, SIDECAR_LENGTH_ACQUIRED),
           scaled = sidecar_number(values, SIDECAR_LENGTH_SCALED);
    if (values->slots[SIDECAR_LENGTH_X].seen)
        return sidecar_number(values, SIDECAR_LENGTH_X);
    if (values->slots[SIDECAR_LENGTH_SCALED].seen && fabs(acquired - scaled) > 0.001 * acquired) {
        sidecar_set_note(sidecar,
                         "it tells an image pixel size and a scaled one that differ, and not which of them "
                         "the slices have");
        return 0;
    }
    return acquired;
}

bool sidecar_skyscan_parse(const void *data, size_t n_bytes, struct sidecar *sidecar)
{
    struct sidecar_values values;
    if (!sidecar_rows_read(data, n_bytes, rows, sizeof rows / sizeof *rows, sections, sidecar, &values))
        return false;
    const struct sidecar_value *step = &values.slots[SIDECAR_STEP];
    double size = pixel_size(sidecar, &values);
    bool every = !step->seen || fabs(sidecar_number(&values, SIDECAR_STEP) - 1) < 0.001;
    if (size > 0)
        sidecar->spacing = (struct spacing){.x = size, .y = size, .z = every ? size : 0, .unit = UNIT_UM};
    if (!every)
        sidecar_set_note(sidecar,
                         "not every section was reconstructed, and how far apart slices lie is not known");
    sidecar_fill_extent(sidecar, &values);
    return true;
}
