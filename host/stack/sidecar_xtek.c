/* SPDX-License-Identifier: MIT
 * Nikon (X-Tek) reconstructions: the .xtekct of CT Pro and the .xtekVolume beside the volume have the same
 * section [XTekCT]. Its VoxelSizeX, VoxelSizeY and VoxelSizeZ are millimetres, as SrcToObject and the other
 * lengths are (CIL's NikonDataReader reads them so); "Units" may say it. */
#include "stack/sidecar_rows.h"

static const struct sidecar_row rows[] = {
    {"XTekCT", "VoxelSizeX", SIDECAR_LENGTH_X, NULL, NULL},
    {"XTekCT", "VoxelSizeY", SIDECAR_LENGTH_Y, NULL, NULL},
    {"XTekCT", "VoxelSizeZ", SIDECAR_LENGTH_Z, NULL, NULL},
    {"XTekCT", "Units", SIDECAR_UNIT, NULL, NULL},
    {"XTekCT", "VoxelsX", SIDECAR_NX, NULL, NULL},
    {"XTekCT", "VoxelsY", SIDECAR_NY, NULL, NULL},
    {"XTekCT", "VoxelsZ", SIDECAR_NZ, NULL, NULL},
    {"XTekCT", "Name", SIDECAR_FACT, "name", NULL},
    {"Xrays", "XraykV", SIDECAR_FACT, "voltage", " kV"},
    {"Xrays", "XrayuA", SIDECAR_FACT, "current", " uA"},
    {"CTPro", "Filter_Material", SIDECAR_FACT, "filter", NULL},
    {"CTPro", "Filter_ThicknessMM", SIDECAR_FACT, "filter thickness", " mm"},
    {"XTekCT", "Projections", SIDECAR_FACT, "projections", NULL},
};

static const char *const sections[] = {"XTekCT", NULL};

bool sidecar_xtek_parse(const void *data, size_t n_bytes, struct sidecar *sidecar)
{
    struct sidecar_values values;
    if (!sidecar_rows_read(data, n_bytes, rows, sizeof rows / sizeof *rows, sections, sidecar, &values))
        return false;
    struct spacing spacing = {
        .x = sidecar_number(&values, SIDECAR_LENGTH_X),
        .y = sidecar_number(&values, SIDECAR_LENGTH_Y),
        .z = sidecar_number(&values, SIDECAR_LENGTH_Z),
        .unit = values.slots[SIDECAR_UNIT].seen ? values.unit : UNIT_MM,
    };
    if (spacing_known(spacing) && !values.slots[SIDECAR_UNIT].spoilt)
        sidecar->spacing = spacing;
    sidecar_fill_extent(sidecar, &values);
    return true;
}
