/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_COLLECTION_H
#define K8SDNS_COLLECT_COLLECTION_H

#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/collect/survey.h>
#include <k8sdns/model/facts.h>

/* What diagnose and capture take alike. */
struct collection_options {
    struct target_options targets;
    uint64_t budget_us;
    int as;               /* enum resolver, or AS_DETECTED */
    const char *external; /* a name of the world; NULL: the usual one */
    bool no_external;
    const char *logs;         /* of CoreDNS: a file, or "-"; NULL: none */
    const char *spans;        /* a file, or "-" */
    const char *corefile;     /* a file, or "-"; NULL: what Kubernetes says */
    struct text_list metrics; /* URLs, addresses, files; none: of the replicas that are found */
    bool no_metrics;
    const char *dnstap; /* a file of frames; NULL: none */
    /* Of top, which looks at the kernel itself, and after the first time samples itself as well. */
    bool no_kernel, no_sampling;
    bool no_drops; /* likewise: to watch the kernel drop takes much memory for a moment */
    /* Put those servers first that are to be asked, and return how many; NULL: all. */
    size_t (*choose)(void *user, struct target_facts *targets, size_t count);
    void *choose_user;
};

#define COLLECTION_DEFAULTS                     \
    {                                           \
        .budget_us = 5000000, .as = AS_DETECTED \
    }

/*
 * Observe all that can be seen from here: resolv.conf, the servers, each name of survey->names (or the usual
 * ones) at each of them, a second of the same question again and again, and what this network namespace's
 * kernel shows meanwhile. What cannot be seen is left NULL and noted in survey->unobserved. Return 0, or a
 * negative errno with a message for input that the user named and that cannot be used.
 */
int collection_run(struct survey *survey, const struct collection_options *options,
                   struct facts *ret_facts) MUST_USE;

#endif
