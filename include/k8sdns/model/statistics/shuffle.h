/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SHUFFLE_H
#define K8SDNS_MODEL_SHUFFLE_H

#include <stdint.h>

/* The shuffles of all tests begin here, so that the same reports give the same answer. */
#define SHUFFLE_SEED UINT64_C(0x2545F4914F6CDD1D)

/* The next number of a sequence that looks like chance and is the same in every run; `*state` is never 0. */
uint64_t shuffle_next(uint64_t *state);

#endif
