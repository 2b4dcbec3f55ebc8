/* SPDX-License-Identifier: MIT
 * Volume Graphics' description of a raw volume, which Nikon's and GE's programs write too: blocks {volume1},
 * {volumeprimitive...} with sections [file1] ("Size = 500 500 400"), [representation] and [geometry]
 * ("resolution = 0.05 0.05 0.05", the size of a voxel, and "unit = mm"). Without a unit there is none:
 * DREAM3D-NX, too, takes millimetres only where they are told. Where "scale" is not 1 the volume was
 * stretched afterwards, and what the size of its voxels then is no source tells. */
#include "stack/sidecar_rows.h"

static const struct sidecar_row rows[] = {
    {"geometry", "resolution", SIDECAR_LENGTHS, NULL, NULL},
    {"geometry", "unit", SIDECAR_UNIT, NULL, NULL},
    {"geometry", "scale", SIDECAR_SCALES, NULL, NULL},
    {"file1", "Size", SIDECAR_EXTENT, NULL, NULL},
    {"file1", "Datatype", SIDECAR_FACT, "volume type", NULL},
    {"description", "text", SIDECAR_FACT, "description", NULL},
};

static const char *const sections[] = {"geometry", "representation", "file1", NULL};

/* Whether lengths are as they are told. */
static bool is_unscaled(struct sidecar *sidecar, const struct sidecar_values *values)
{
    const struct sidecar_value *scales = &values->slots[SIDECAR_SCALES];
    if (!scales->seen)
        return true;
    if (scales->spoilt)
        return false;
    for (int axis = 0; axis < 3; axis++)
        if (scales->numbers[axis] < 1 || scales->numbers[axis] > 1) {
            sidecar_set_note(sidecar, "its volume is scaled, and the size of its voxels is not told");
            return false;
        }
    return true;
}

bool sidecar_vgi_parse(const void *data, size_t n_bytes, struct sidecar *sidecar)
{
    struct sidecar_values values;
    if (!sidecar_rows_read(data, n_bytes, rows, sizeof rows / sizeof *rows, sections, sidecar, &values))
        return false;
    const struct sidecar_value *lengths = &values.slots[SIDECAR_LENGTHS], *unit = &values.slots[SIDECAR_UNIT];
    if (lengths->seen && !lengths->spoilt && !unit->spoilt && is_unscaled(sidecar, &values))
        sidecar->spacing = (struct spacing){
            .x = lengths->numbers[0],
            .y = lengths->numbers[1],
            .z = lengths->numbers[2],
            .unit = unit->seen ? values.unit : UNIT_NONE,
        };
    sidecar_fill_extent(sidecar, &values);
    return true;
}
