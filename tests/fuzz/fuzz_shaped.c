/* SPDX-License-Identifier: MIT
 * The text of tifffile in a TIFF: dimensions are within their bounds. */
#include "codec/shaped.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    char *text = fuzz_string(data, n_bytes);
    struct shaped_description shaped;
    if (shaped_parse(text, &shaped)) {
        FUZZ_REQUIRE(shaped.ndimensions >= 1 && shaped.ndimensions <= SHAPED_DIMENSIONS_MAX);
        for (unsigned i = 0; i < shaped.ndimensions; i++) {
            FUZZ_REQUIRE(shaped.n[i] >= 1);
            FUZZ_REQUIRE(shaped.axes[i] == 0 || (shaped.axes[i] >= 'A' && shaped.axes[i] <= 'Z'));
        }
    }
    free(text);
    return 0;
}
