/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_RING_WAKE_H
#define K8SDNS_BPF_RING_WAKE_H

#include <linux/bpf.h>
#include <linux/types.h>
/* After these. */
#include <bpf/bpf_helpers.h>

/*
 * The flags for a record. Its reader comes by itself several times a second; to be woken for each would cost
 * the node more than the record does. It is woken where a storm would fill the ring before.
 */
static __always_inline __u64 ring_wake(void *ring)
{
    return bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) >= bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 4
               ? BPF_RB_FORCE_WAKEUP
               : BPF_RB_NO_WAKEUP;
}

#endif
