/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/statistics/shuffle.h>

/* xorshift64. Source: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003. */
uint64_t shuffle_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}
