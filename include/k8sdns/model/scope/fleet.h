/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SCOPE_FLEET_H
#define K8SDNS_MODEL_SCOPE_FLEET_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Windows of time that a fleet's counts are cut into, at the most. */
#define FLEET_WINDOWS_MAX 24
/* More nodes than that are left out, and counted. */
#define FLEET_NODES_MAX 20000

/* What the agents count. The words are pinned. */
enum fleet_signal {
    FLEET_QUERIES, /* their own, a few a second */
    FLEET_LOOKUPS, /* of the node's programs */
    FLEET_SIGNALS,
};
extern const char *const fleet_signal_names[]; /* "queries", "lookups" */

/* What a node counted of one signal: how many, and how many of them failed. */
struct fleet_cells {
    float asked[FLEET_WINDOWS_MAX], failed[FLEET_WINDOWS_MAX];
    float before_asked, before_failed; /* in the same hours a day before; NAN: not known */
};

struct fleet_node {
    const char *name;
    const char *zone; /* NULL: not known */
    struct fleet_cells cells[FLEET_SIGNALS];
};

/* Counts by node and window of time: some 400 bytes a node. Begin with fleet_init(). */
struct fleet {
    struct arena *arena;
    struct fleet_node *nodes;
    size_t count;
    size_t *places; /* of nodes by the hash of their names; SIZE_MAX: none */
    size_t places_count;
    uint64_t nodes_left_out;
    size_t windows;
    double start_s, step_s; /* since 1970; a window's width */
    /* Of the whole cluster, by window, per second; NAN where it is not known. */
    double lookups_rate[FLEET_WINDOWS_MAX], coredns_rate[FLEET_WINDOWS_MAX];
};

void fleet_init(struct fleet *fleet, struct arena *arena, size_t windows, double start_s, double step_s);

/* The node of that name, which is made when it is new; NULL when there are too many. */
struct fleet_node *fleet_node_at(struct fleet *fleet, const char *name, size_t len);

/* The same without making one; NULL when there is none of that name. */
struct fleet_node *fleet_node_find(const struct fleet *fleet, const char *name, size_t len);

/* The sums of a node over the windows that are chosen (NULL: all). */
void fleet_node_sum(const struct fleet *fleet, const struct fleet_node *node, enum fleet_signal signal,
                    const bool *windows, double *ret_asked, double *ret_failed);

#endif
