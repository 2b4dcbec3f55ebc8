/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    fuzz_codec(&codec_tiff, data, n_bytes);
    return 0;
}
