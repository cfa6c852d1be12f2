/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf_sum.h"
#include "bpf_library.h"
#include <k8sdns/base/err.h>
#include <stdlib.h>

uint64_t bpf_sum_of_cpus(int map, uint32_t key)
{
    int cpus = libbpf_num_possible_cpus();
    uint64_t *values = calloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*values)), sum = 0;

    if (!values)
        err_out_of_memory();
    if (bpf_map_lookup_elem(map, &key, values) == 0)
        for (int i = 0; i < cpus; i++)
            sum += values[i];
    free(values);
    return sum;
}
