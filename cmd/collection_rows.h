/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_COLLECTION_ROWS_H
#define K8SDNS_CMD_COLLECTION_ROWS_H

#include "command.h"
#include <k8sdns/collect/collection.h>

/* The rows for a struct collection_options that is the `member` of a config. */
#define COLLECTION_OPTION_ROWS(config, member)                                                           \
    {.name = "budget",                                                                                   \
     .value = "DURATION",                                                                                \
     .min = 500000,                                                                                      \
     .max = UINT64_C(600000000),                                                                         \
     OPTION_AT(DURATION, config, member.budget_us),                                                      \
     .help = "be done in about that time (default 5s)"},                                                 \
        {.name = "as",                                                                                   \
         .value = "RESOLVER",                                                                            \
         .words = resolver_names,                                                                        \
         OPTION_AT(WORD, config, member.as),                                                             \
         .help = "expand as glibc, musl or go (default: as this Pod does)"},                             \
        {.name = "external",                                                                             \
         .value = "NAME",                                                                                \
         OPTION_AT(TEXT, config, member.external),                                                       \
         .help = "the external name to ask for (default www.example.com)"},                              \
        {.name = "logs",                                                                                 \
         .value = "FILE|-",                                                                              \
         OPTION_AT(TEXT, config, member.logs),                                                           \
         .help = "CoreDNS's log, as kubectl logs prints it"},                                            \
        {.name = "corefile",                                                                             \
         .value = "FILE",                                                                                \
         OPTION_AT(TEXT, config, member.corefile),                                                       \
         .help = "CoreDNS's Corefile, or its ConfigMap"},                                                \
        {.name = "spans",                                                                                \
         .value = "FILE",                                                                                \
         OPTION_AT(TEXT, config, member.spans),                                                          \
         .help = "traces of CoreDNS: spans of Zipkin, Jaeger or OTLP in JSON"},                          \
        {.name = "metrics",                                                                              \
         .value = "URL|FILE",                                                                            \
         OPTION_AT(WORDS, config, member.metrics),                                                       \
         .help = "scrape these (default: the replicas that are found, port 9153)"},                      \
        {.name = "no-metrics", OPTION_AT(FLAG, config, member.no_metrics), .help = "scrape no metrics"}, \
        {.name = "dnstap",                                                                               \
         .value = "FILE",                                                                                \
         OPTION_AT(TEXT, config, member.dnstap),                                                         \
         .help = "with what CoreDNS told by dnstap"},                                                    \
    {                                                                                                    \
        .name = "no-external", OPTION_AT(FLAG, config, member.no_external),                              \
        .help = "ask for none: this cluster resolves only its own names"                                 \
    }

#endif
