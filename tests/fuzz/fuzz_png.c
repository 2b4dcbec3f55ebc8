/* SPDX-License-Identifier: MIT
 * Any file as a PNG, as it is and with the checksums that its chunks ought to have: without these nearly all
 * that a fuzzer makes up ends at the first chunk. */
#include "fuzz.h"
#include "fuzz_codec.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

static uint32_t get_u32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

/* A chunk is its length, a kind of four bytes, that many bytes, and the checksum of kind and bytes. */
static void mend_checksums(uint8_t *data, size_t n_bytes)
{
    for (size_t at = 8; at + 12 <= n_bytes;) {
        size_t length = get_u32(data + at);
        if (length > n_bytes - at - 12)
            return;
        uint32_t checksum = libdeflate_crc32(0, data + at + 4, length + 4);
        for (unsigned i = 0; i < 4; i++)
            data[at + 8 + length + i] = (uint8_t)(checksum >> (24 - 8 * i));
        at += length + 12;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    uint8_t *mended = calloc(n_bytes + !n_bytes, 1);
    FUZZ_REQUIRE(mended);
    if (n_bytes > 0)
        memcpy(mended, data, n_bytes);
    mend_checksums(mended, n_bytes);
    fuzz_codec(&codec_png, mended, n_bytes);
    if (n_bytes > 0 && memcmp(data, mended, n_bytes) != 0)
        fuzz_codec(&codec_png, data, n_bytes);
    free(mended);
    return 0;
}
