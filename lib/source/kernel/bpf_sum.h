/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_BPF_SUM_H
#define K8SDNS_SOURCE_BPF_SUM_H

#include <stdint.h>

/* What all CPUs have counted together under `key` of a per-CPU array of 64-bit numbers; 0 if it cannot be
 * read. */
uint64_t bpf_sum_of_cpus(int map, uint32_t key);

#endif
