/* SPDX-License-Identifier: MIT
 * The text of ImageJ in a TIFF: what is read from it is sane, and is read again from what is written for it.
 */
#include "codec/imagej.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_written(const struct imagej_description *description)
{
    char text[IMAGEJ_TEXT_BYTES];
    struct imagej_description again;
    struct spacing spacing = {.z = description->spacing_z, .unit = description->unit};
    size_t n = imagej_format(text, spacing);
    FUZZ_REQUIRE(n < sizeof text);
    if (n == 0)
        return;
    FUZZ_REQUIRE(strlen(text) == n);
    FUZZ_REQUIRE(imagej_parse(text, &again));
    FUZZ_REQUIRE(again.unit == spacing.unit && again.spacing_z == spacing.z && again.nimages == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct imagej_description description = {.unit = UNIT_NONE};
    char *text = fuzz_string(data, n_bytes);
    if (imagej_parse(text, &description)) {
        fuzz_check_spacing((struct spacing){.x = 1, .z = description.spacing_z, .unit = description.unit});
        FUZZ_REQUIRE(description.nimages >= 1);
        check_written(&description);
    }
    free(text);
    return 0;
}
