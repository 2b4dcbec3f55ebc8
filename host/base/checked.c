/* SPDX-License-Identifier: MIT */
#include "base/checked.h"

bool checked_mul(uint64_t a, uint64_t b, uint64_t *result)
{
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *result = product;
    return true;
}

bool checked_add(uint64_t a, uint64_t b, uint64_t *result)
{
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *result = sum;
    return true;
}

uint64_t saturated_mul3(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t product;
    if (!checked_mul(a, b, &product) || !checked_mul(product, c, &product))
        return UINT64_MAX;
    return product;
}

uint64_t saturated_add(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return checked_add(a, b, &sum) ? sum : UINT64_MAX;
}
