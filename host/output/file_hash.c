/* SPDX-License-Identifier: MIT */
#include "output/file_hash.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

const char *file_hash_text(char *text, const struct file_hash *hash)
{
    for (size_t i = 0; i < sizeof hash->bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", hash->bytes[i]);
    return text;
}

static int digit_value(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool file_hash_parse(const char *text, struct file_hash *hash)
{
    struct file_hash parsed;
    if (strlen(text) != 2 * sizeof parsed.bytes)
        return false;
    for (size_t i = 0; i < sizeof parsed.bytes; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        parsed.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *hash = parsed;
    return true;
}

bool file_hash_equal(const struct file_hash *a, const struct file_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* xxHash's own allocation aligns its state as it wants it. That of these calls which may fail do so for NULL
 * only. */
static XXH3_state_t *state_of(struct file_hasher *hasher)
{
    return (XXH3_state_t *)hasher;
}

struct file_hasher *file_hasher_create(void)
{
    struct file_hasher *hasher = (struct file_hasher *)XXH3_createState();
    if (hasher)
        file_hasher_reset(hasher);
    return hasher;
}

void file_hasher_free(struct file_hasher *hasher)
{
    XXH3_freeState(state_of(hasher));
}

void file_hasher_reset(struct file_hasher *hasher)
{
    XXH3_128bits_reset(state_of(hasher));
}

void file_hasher_add(struct file_hasher *hasher, const void *data, size_t n_bytes)
{
    if (n_bytes > 0)
        XXH3_128bits_update(state_of(hasher), data, n_bytes);
}

struct file_hash file_hasher_take(const struct file_hasher *hasher)
{
    struct file_hash hash;
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest((const XXH3_state_t *)hasher));
    memcpy(hash.bytes, canonical.digest, sizeof hash.bytes);
    return hash;
}
