/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_FLEET_H
#define K8SDNS_COLLECT_FLEET_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/scope/fleet.h>
#include <k8sdns/model/scope/scope_facts.h>
#include <k8sdns/source/metrics/prometheus_api.h>

/* A finding, and how many nodes named it. */
struct fleet_finding {
    const char *id;
    int severity;   /* enum severity: the worst that it had */
    uint64_t nodes; /* that had it at any time */
};

/* What to ask of Prometheus. */
struct collect_fleet {
    struct survey *survey;
    struct prometheus_place place;
    uint64_t since_us;
    uint64_t until_ns; /* since 1970; 0: a minute ago, since some keep back what is newer */
    const char *match; /* of labels: "cluster=\"a\""; NULL */
    /* Filled: */
    struct fleet fleet;
    struct fleet_facts *facts;
    struct fleet_finding *findings;
    size_t findings_count;
};

/*
 * Ask what the agents count: by node and window of time, then of the worst nodes and some others by server
 * and namespace. At most 20 queries, whatever the number of nodes; Prometheus sums them up. What it does not
 * have, or gives in part, is told to the survey.
 *
 * Return 0, or a negative errno with a message in survey->err: when it cannot be asked, -ENODATA when it has
 * no series of an agent.
 */
int collect_fleet(struct collect_fleet *look) MUST_USE;

#endif
