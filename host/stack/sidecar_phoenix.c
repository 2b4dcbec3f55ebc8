/* SPDX-License-Identifier: MIT
 * GE phoenix datos|x: the .pcr of a reconstruction, whose [VolumeData] has the volume's extent and
 * VoxelSizeRec, the edge of its cubic voxels (3D Slicer's GEVolImport reads it as millimetres); and the .pca
 * of an acquisition, whose [Geometry] has VoxelSizeX and VoxelSizeY: the detector's pixel / (FDD / FOD), all
 * in millimetres. Voxels are reconstructed as cubes of that size, so that z is known where x and y are the
 * same. ("Voxelsize" of old versions is not read: nothing tells its unit.) */
#include "stack/sidecar_rows.h"

static const struct sidecar_row pcr_rows[] = {
    {"VolumeData", "VoxelSizeRec", SIDECAR_LENGTH_X, NULL, NULL},
    {"VolumeData", "Volume_SizeX", SIDECAR_NX, NULL, NULL},
    {"VolumeData", "Volume_SizeY", SIDECAR_NY, NULL, NULL},
    {"VolumeData", "Volume_SizeZ", SIDECAR_NZ, NULL, NULL},
    {"Versions", "Version-datos|x", SIDECAR_FACT, "reconstruction", NULL},
};

static const struct sidecar_row pca_rows[] = {
    {"Geometry", "VoxelSizeX", SIDECAR_LENGTH_X, NULL, NULL},
    {"Geometry", "VoxelSizeY", SIDECAR_LENGTH_Y, NULL, NULL},
    {"Geometry", "VoxelSizeZ", SIDECAR_LENGTH_Z, NULL, NULL},
    {"General", "SystemName", SIDECAR_FACT, "scanner", NULL},
    {"Xray", "Voltage", SIDECAR_FACT, "voltage", " kV"},
    {"Xray", "Current", SIDECAR_FACT, "current", " uA"},
    {"Xray", "Filter", SIDECAR_FACT, "filter", NULL},
    {"CT", "NumberImages", SIDECAR_FACT, "projections", NULL},
    {"Geometry", "Magnification", SIDECAR_FACT, "magnification", NULL},
};

static const char *const pcr_sections[] = {"VolumeData", NULL};
static const char *const pca_sections[] = {"Geometry", NULL};

bool sidecar_pcr_parse(const void *data, size_t n_bytes, struct sidecar *sidecar)
{
    struct sidecar_values values;
    if (!sidecar_rows_read(data, n_bytes, pcr_rows, sizeof pcr_rows / sizeof *pcr_rows, pcr_sections, sidecar,
                           &values))
        return false;
    double size = sidecar_number(&values, SIDECAR_LENGTH_X);
    if (size > 0)
        sidecar->spacing = (struct spacing){.x = size, .y = size, .z = size, .unit = UNIT_MM};
    sidecar_fill_extent(sidecar, &values);
    return true;
}

bool sidecar_pca_parse(const void *data, size_t n_bytes, struct sidecar *sidecar)
{
    struct sidecar_values values;
    if (!sidecar_rows_read(data, n_bytes, pca_rows, sizeof pca_rows / sizeof *pca_rows, pca_sections, sidecar,
                           &values))
        return false;
    struct spacing spacing = {
        .x = sidecar_number(&values, SIDECAR_LENGTH_X),
        .y = sidecar_number(&values, SIDECAR_LENGTH_Y),
        .z = sidecar_number(&values, SIDECAR_LENGTH_Z),
        .unit = UNIT_MM,
    };
    if (!values.slots[SIDECAR_LENGTH_Z].seen && !(spacing.x < spacing.y || spacing.x > spacing.y))
        spacing.z = spacing.x;
    if (spacing_known(spacing))
        sidecar->spacing = spacing;
    return true;
}
