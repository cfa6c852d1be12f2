/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_QUESTION_SET_H
#define K8SDNS_CMD_QUESTION_SET_H

#include "command.h"
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/source/probe/prober.h>

/* What is asked, of whom: the part of the command line that every asking command shares. */
struct question_options {
    struct text_list types;
    int as; /* enum resolver, or AS_DETECTED */
    bool no_search;
    uint64_t timeout_us;
    uint64_t bufsize; /* 0: no EDNS */
    bool nsid;
};

/*
 * The default timeout is above CoreDNS's two seconds of patience with an upstream (forward plugin, read
 * timeout), so that such an answer is seen.
 */
#define QUESTION_DEFAULTS                        \
    {                                            \
        .as = AS_DETECTED, .timeout_us = 3000000 \
    }

/* The rows for a struct question_options that is the `member` of a config. */
#define QUESTION_OPTION_ROWS(config, member)                                 \
    {.name = "type",                                                         \
     .letter = 't',                                                          \
     .value = "TYPE,...",                                                    \
     OPTION_AT(WORDS, config, member.types),                                 \
     .help = "what to ask for (default A,AAAA)"},                            \
        {.name = "as",                                                       \
         .value = "RESOLVER",                                                \
         .words = resolver_names,                                            \
         OPTION_AT(WORD, config, member.as),                                 \
         .help = "expand as glibc, musl or go (default: as this Pod does)"}, \
        {.name = "no-search",                                                \
         OPTION_AT(FLAG, config, member.no_search),                          \
         .help = "ask for the names as they are"},                           \
        {.name = "timeout",                                                  \
         .value = "DURATION",                                                \
         .min = 1000,                                                        \
         .max = 60000000,                                                    \
         OPTION_AT(DURATION, config, member.timeout_us),                     \
         .help = "how long an answer is waited for (default 3s)"},           \
        {.name = "bufsize",                                                  \
         .value = "N",                                                       \
         .min = 512,                                                         \
         .max = 65535,                                                       \
         OPTION_AT(NUMBER, config, member.bufsize),                          \
         .help = "EDNS buffer size (default: no EDNS)"},                     \
    {                                                                        \
        .name = "nsid", OPTION_AT(FLAG, config, member.nsid),                \
        .help = "ask the servers who they are (RFC 5001)"                    \
    }

#define QUESTION_TYPES_MAX 16

struct question_set {
    uint16_t types[QUESTION_TYPES_MAX];
    size_t types_count;
    struct probe_candidate *candidates;
    size_t candidates_count;
    struct target_facts *targets;
    size_t targets_count;
    struct resolv_facts resolv;
    const struct resolver_view *view; /* whose search order is followed */
};

/*
 * The types, the candidates of run->args in the order in which the resolver would try them, and the targets.
 * On a node names are completed as in a Pod (pod_view.h).
 * Return 0, or a negative errno with a message in run->err.
 */
int question_set_collect(struct run *run, const struct question_options *questions,
                         const struct target_options *targets, struct question_set *ret_set) MUST_USE;

#endif
