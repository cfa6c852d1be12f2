/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_AGENT_RUN_H
#define K8SDNS_AGENT_RUN_H

#include <k8sdns/collect/collection.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/agent/agent_facts.h>
#include <k8sdns/source/recorder/recorder.h>

/*
 * The process that stays on a node: it asks, watches, judges and lets itself be scraped. What it may not
 * observe narrows it and is told; nothing but a wrong command line ends it.
 */
struct agent_options {
    const struct collection_options *collection;
    const struct thresholds *thresholds;
    uint64_t interval_us; /* each name at each server once; the rules judge as often */
    uint64_t check_us;    /* everything as diagnose has it, so often */
    uint64_t duration_us; /* 0: no end */
    uint64_t replicas;    /* so many of them are asked */
    bool without[AGENT_PARTS];
    struct recorder_options record; /* folder NULL: nothing is recorded */
    struct address listen;          /* family 0: no metrics */
    const char *web_config;         /* TLS and users of these; NULL: none */
    const char *zone;               /* of the node; NULL: not known */
    const char *version;
    /* A line is due; a negative errno ends the run with it, but for -ENOSPC: then it is lost, and counted. */
    int (*tell)(void *user, const struct agent_event_facts *event);
    void *user;
};

/*
 * Run until SIGINT, SIGTERM or the end of the duration. Return 0 with the facts of the whole run, in the
 * survey's arena, or a negative errno with a message in survey->err.
 */
int agent_run(struct survey *survey, const struct agent_options *options,
              struct agent_facts *ret_facts) MUST_USE;

#endif
