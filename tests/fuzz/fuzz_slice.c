/* SPDX-License-Identifier: MIT
 * Any file as a slice of the format FUZZ_CODEC. */
#include "fuzz.h"
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    fuzz_codec(&FUZZ_CODEC, data, n_bytes);
    return 0;
}
