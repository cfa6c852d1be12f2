/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_COLLECTION_H
#define K8SDNS_CMD_COLLECTION_H

#include "command.h"
#include "resolver_choice.h"
#include <k8sdns/model/facts.h>

/* What diagnose and capture take alike. */
struct collection_options {
    struct target_options targets;
    uint64_t budget_us;
    int as;               /* enum resolver, or AS_DETECTED */
    const char *external; /* a name of the world; NULL: the usual one */
    bool no_external;
    const char *logs;            /* of CoreDNS: a file, or "-"; NULL: none */
    const char *spans;           /* a file, or "-" */
    const char *corefile;        /* a file, or "-"; NULL: what Kubernetes says */
    struct option_words metrics; /* URLs, addresses, files; none: of the replicas that are found */
    bool no_metrics;
    const char *dnstap; /* a file of frames; NULL: none */
    /* Of top, which looks at the kernel itself, and after the first time samples itself as well. */
    bool no_kernel, no_sampling;
    bool no_drops; /* likewise: to watch the kernel drop takes much memory for a moment */
};

#define COLLECTION_DEFAULTS                     \
    {                                           \
        .budget_us = 5000000, .as = AS_DETECTED \
    }

/* The rows for a struct collection_options that is the `member` of a config. */
#define COLLECTION_OPTION_ROWS(config, member)                                                      \
    {.name = "budget",                                                                              \
     .value = "DURATION",                                                                           \
     .kind = OPTION_DURATION,                                                                       \
     .min = 500000,                                                                                 \
     .max = UINT64_C(600000000),                                                                    \
     .offset = offsetof(config, member.budget_us),                                                  \
     .help = "be done in about that time (default 5s)"},                                            \
        {.name = "as",                                                                              \
         .value = "RESOLVER",                                                                       \
         .kind = OPTION_WORD,                                                                       \
         .words = resolver_words,                                                                   \
         .offset = offsetof(config, member.as),                                                     \
         .help = "expand as glibc, musl or go (default: as this Pod does)"},                        \
        {.name = "external",                                                                        \
         .value = "NAME",                                                                           \
         .kind = OPTION_TEXT,                                                                       \
         .offset = offsetof(config, member.external),                                               \
         .help = "the name of the world to ask for (default www.example.com)"},                     \
        {.name = "logs",                                                                            \
         .value = "FILE|-",                                                                         \
         .kind = OPTION_TEXT,                                                                       \
         .offset = offsetof(config, member.logs),                                                   \
         .help = "CoreDNS's log, as kubectl logs prints it"},                                       \
        {.name = "corefile",                                                                        \
         .value = "FILE",                                                                           \
         .kind = OPTION_TEXT,                                                                       \
         .offset = offsetof(config, member.corefile),                                               \
         .help = "CoreDNS's Corefile, or its ConfigMap"},                                           \
        {.name = "spans",                                                                           \
         .value = "FILE",                                                                           \
         .kind = OPTION_TEXT,                                                                       \
         .offset = offsetof(config, member.spans),                                                  \
         .help = "traces of CoreDNS: spans of Zipkin or Jaeger in JSON"},                           \
        {.name = "metrics",                                                                         \
         .value = "URL|FILE",                                                                       \
         .kind = OPTION_WORDS,                                                                      \
         .offset = offsetof(config, member.metrics),                                                \
         .help = "scrape these (default: the replicas that are found, port 9153)"},                 \
        {.name = "no-metrics",                                                                      \
         .kind = OPTION_FLAG,                                                                       \
         .offset = offsetof(config, member.no_metrics),                                             \
         .help = "scrape nobody"},                                                                  \
        {.name = "dnstap",                                                                          \
         .value = "FILE",                                                                           \
         .kind = OPTION_TEXT,                                                                       \
         .offset = offsetof(config, member.dnstap),                                                 \
         .help = "with what CoreDNS told by dnstap"},                                               \
    {                                                                                               \
        .name = "no-external", .kind = OPTION_FLAG, .offset = offsetof(config, member.no_external), \
        .help = "ask for none: this cluster resolves only its own names"                            \
    }

/*
 * Observe all that can be seen from here: resolv.conf, the servers, each name of run->args (or the usual
 * ones) at each of them, a second of the same question again and again, and what this network namespace's
 * kernel shows meanwhile. What cannot be seen is left NULL and noted in run->unobserved. Return 0, or a
 * negative errno with a message for input that the user named and that cannot be used.
 */
int collection_run(struct run *run, const struct collection_options *options,
                   struct facts *ret_facts) MUST_USE;

#endif
