/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_LOOKUP_TRACE_H
#define K8SDNS_SOURCE_LOOKUP_TRACE_H

#include <k8sdns/base/err.h>
#include <k8sdns/model/tracing/traced_lookups_facts.h>

/*
 * Lookups of all processes of this kernel, as they end: by probes in every C library that is mapped anywhere
 * (getaddrinfo, gethostbyname, gethostbyname2 and their _r forms), and by the DNS packets of threads that are
 * in no such call. A C library that appears later is found when a process starts with it, at the latest at
 * the next look at all processes.
 */
struct lookup_trace;

struct lookup_trace_options {
    uint64_t pid;        /* only this process; 0: all */
    uint16_t dns_port;   /* of questions by packets */
    uint64_t give_up_us; /* a question without an answer is told after it */
    uint32_t ring_bytes; /* for lookups that wait: a power of two, and pages; 0: the usual 4 MiB */
    /* Called for each lookup; its texts live as long as the arena of the call to lookup_trace_poll(). */
    void (*seen)(void *user, const struct lookups_call_facts *call);
    void *user;
};

/*
 * Put the programs into the kernel. Return 0, or a negative errno with a message (kind ERR_UNOBSERVED) that
 * says what is missing. The trace ends with lookup_trace_free(), which accepts NULL, or with the process.
 */
int lookup_trace_new(struct arena *arena, const struct lookup_trace_options *options,
                     struct lookup_trace **ret_trace, struct err *err) MUST_USE;
void lookup_trace_free(struct lookup_trace *trace);

/* Wait up to `timeout_ms` for lookups and hand them over. Return 0, or a negative errno with a message. */
int lookup_trace_poll(struct lookup_trace *trace, int timeout_ms, struct arena *arena,
                      struct err *err) MUST_USE;

/* How many were seen in the kernel, but not handed over. */
uint64_t lookup_trace_lost(const struct lookup_trace *trace);

/* Fill what is in flight, the libraries, and the counts of what was not seen. */
void lookup_trace_facts(struct lookup_trace *trace, struct arena *arena, struct traced_lookups_facts *facts);

#endif
