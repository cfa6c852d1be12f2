/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_FLEET_ASK_H
#define K8SDNS_COLLECT_FLEET_ASK_H

#include <k8sdns/collect/collect_fleet.h>

/* What all questions of a look share. */
struct fleet_asking {
    struct collect_fleet *look;
    struct prometheus_answer *answer; /* too large for the stack */
    const char *node_label;           /* "node", or "instance" where no target has one */
    const char *by;                   /* "cluster, node": what nodes are told apart by */
    const char *chosen;               /* a matcher of the nodes that are asked about, "" for all */
    const char *match;                /* "" or the person's matchers with a comma behind them */
    double start_s, end_s, step_s;    /* of the points: each is the end of its window */
    uint64_t window_s;                /* all of them together */
};

/*
 * Ask one question of the whole window's end, or with `range` of each window's. Warnings are kept. Return 0,
 * or a negative errno with a message in the survey's err.
 */
int fleet_ask(struct fleet_asking *asking, bool range, const char *query, prometheus_on_row *on_row) MUST_USE;

/* The same of what scope can do without: a failure is told to the survey, as what is then not known. */
void fleet_ask_optional(struct fleet_asking *asking, bool range, const char *what, const char *query,
                        prometheus_on_row *on_row);

/* A label's value in the arena; NULL where it has none. */
const char *fleet_label(const struct fleet_asking *asking, const struct prometheus_row *row,
                        const char *name);

/* The name of the row's node, the cluster before it; NULL where it has none. */
const char *fleet_row_node(const struct fleet_asking *asking, const struct prometheus_row *row);

/* Servers, namespaces, Pods, findings and other counts of the nodes that were chosen. */
void fleet_ask_places(struct fleet_asking *asking);

#endif
