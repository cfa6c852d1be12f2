/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_NODE_FACTS_H
#define K8SDNS_MODEL_NODE_FACTS_H

#include <k8sdns/model/shape/shape.h>

/* One thing of which a node has only so much, or which it counts when it runs out. */
struct limit_facts {
    const char *id;           /* "neighbour-ipv4"; stable, for runbooks */
    const char *label;        /* for people */
    double use, limit;        /* in `unit`; NAN when there is none, or it cannot be seen */
    double ratio;             /* use of limit, 0 to 1 and above; NAN without both */
    uint64_t events;          /* how often it ran out, since the start; unset when nobody counts it */
    double events_per_second; /* over the interval; NAN without one */
    const char *unit;
    const char *affects; /* what it does to DNS */
    const char *detail;  /* where the numbers are from, or what is special; NULL */
};
extern const struct shape limit_facts_shape;

/* `data` of the node command. */
struct node_facts {
    struct limit_facts *limits;
    size_t limits_count;
    const char **unseen; /* labels of those that this kernel does not have, or does not show here */
    size_t unseen_count;
};
extern const struct shape node_facts_shape;

/* Fill events_per_second by what was seen `seconds` before. Pure. */
void node_facts_compare(const struct node_facts *before, struct node_facts *now, double seconds);

#endif
