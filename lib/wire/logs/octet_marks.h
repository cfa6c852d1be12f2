/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_OCTET_MARKS_H
#define K8SDNS_WIRE_OCTET_MARKS_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * Looking at many octets at once: which of them are what is looked for, as the bits of a number, the first
 * octet's the lowest. Sixteen at a time are compared by the vectors of the compiler, which has them for every
 * machine; only to make bits of them needs an instruction of x86-64, and goes through ordinary registers
 * elsewhere.
 */
typedef uint8_t octets __attribute__((vector_size(16)));

#define MARKS_BLOCK 64

static inline octets octets_at(const char *at)
{
    octets all;

    memcpy(&all, at, sizeof(all));
    return all;
}

/* Of what a comparison gave: each octet is 0 or 255. */
static inline uint32_t octet_marks(octets is)
{
#ifdef __SSE2__
    return (uint32_t)_mm_movemask_epi8((__m128i)is);
#else
    /* The multiplication brings the lowest bit of each octet into the uppermost octet. */
    static const uint64_t low = UINT64_C(0x0101010101010101), gather = UINT64_C(0x0102040810204080);
    uint64_t halves[2];

    memcpy(halves, &is, sizeof(halves));
    return (uint32_t)((le64toh(halves[0]) & low) * gather >> 56 |
                      (le64toh(halves[1]) & low) * gather >> 56 << 8);
#endif
}

/* Which of 64 octets are `c`; `*others` is no longer 0 when one of them is `other`. */
static inline uint64_t block_marks(const char *at, char c, char other, uint64_t *others)
{
    const octets wanted = (octets){0} + (uint8_t)c, told = (octets){0} + (uint8_t)other;
    octets found = {0};
    uint64_t marks = 0;

#pragma GCC unroll 4
    for (unsigned i = 0; i < MARKS_BLOCK; i += sizeof(octets)) {
        octets all = octets_at(at + i);

        marks |= (uint64_t)octet_marks((octets)(all == wanted)) << i;
        found |= (octets)(all == told);
    }
    *others |= octet_marks(found);
    return marks;
}

/*
 * The number of up to eight digits that ends before `end`; eight octets there must be readable. False when
 * they are not digits.
 */
static inline bool digits_before(const char *end, size_t len, uint32_t *ret_number)
{
    uint64_t word;

    memcpy(&word, end - 8, 8);
    /* What stands before them becomes leading zeros, in the lower octets. */
    word = (le64toh(word) ^ UINT64_C(0x3030303030303030)) & UINT64_MAX << 8 * (8 - len);
    if (((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080))
        return false;
    /* Pairs of digits, then of pairs, then of these. */
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
    *ret_number = (uint32_t)(word * 10000 + (word >> 32));
    return true;
}

#endif
