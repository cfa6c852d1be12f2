/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PATH_TRACE_H
#define K8SDNS_SOURCE_PATH_TRACE_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/list.h>
#include <k8sdns/model/tracing/path_facts.h>

/*
 * The way of DNS questions and answers through this kernel, in all its network namespaces: by
 * tracepoints of devices, sockets and drops, and where the kernel lets functions have probes (kprobes) by
 * netfilter's hooks and the functions on the way.
 */
struct path_trace;

struct path_trace_options {
    uint16_t dns_port;
    uint64_t rate;                /* questions a second; 0: all */
    uint32_t netns;               /* only questions first seen in this namespace; 0: any */
    const char *name;             /* only this name, and those that it is the begin or end of; NULL: any */
    struct address client;        /* family 0: any */
    struct address server;        /* asked or answering at any step; family 0: any */
    struct address_list backends; /* these as well, where sockets lead to them in place of `server` */
    uint64_t give_up_us;          /* a question without an answer is told after it */
    /* Called for each question that has ended. The facts live during the call. */
    void (*ended)(void *user, struct arena *arena, struct path_packet_facts *packet);
    void *user;
};

/*
 * Put the programs into the kernel. Return 0, or a negative errno with a message: kind ERR_UNOBSERVED when
 * privileges or kernel features are missing, ERR_USAGE for a name that is none. End it with
 * path_trace_free(), which accepts NULL; so does the end of the process.
 */
int path_trace_new(struct arena *arena, const struct path_trace_options *options,
                   struct path_trace **ret_trace, struct err *err) MUST_USE;
void path_trace_free(struct path_trace *trace);

/* Wait up to `timeout_ms` for steps. Return 0, or a negative errno with a message. */
int path_trace_poll(struct path_trace *trace, int timeout_ms, struct err *err) MUST_USE;

/* End all questions, whether or not they are over. */
void path_trace_end(struct path_trace *trace);

/* Fill the probes and the counts of what was not followed. */
void path_trace_facts(const struct path_trace *trace, struct arena *arena, struct path_facts *facts);

#endif
