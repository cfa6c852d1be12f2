/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_TOP_COLLECTOR_H
#define K8SDNS_CMD_TOP_COLLECTOR_H

#include "collection.h"
#include "forked_look.h"
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/top_facts.h>

/*
 * Facts that renew themselves on an event loop.
 *
 * Questions go out from the loop itself, which they never hold up. All that may block (the first asking of
 * everything with the API server in it, the kernel's tables) is looked at by processes of their own, each at
 * its pace: the more it costs the more seldom.
 */
struct top_collector;

struct top_collector_options {
    const struct collection_options *collection;
    const struct thresholds *thresholds;
    uint64_t interval_us;
    struct event_base *base;
    /* The first look of all ended without anything to go on: an error that the user has to mend. */
    void (*failed)(void *user, const struct err *err);
    /* Something else is known: what top_collector_facts() gave before points to what is gone. */
    void (*changed)(void *user);
    void *user;
};

/*
 * Begin with run->args as names. Return it, or NULL with a message in run->err for input that cannot be used.
 * `options` must outlive it. Ownership: top_collector_free(); NULL is allowed there.
 */
struct top_collector *top_collector_new(struct run *run, const struct top_collector_options *options);
void top_collector_free(struct top_collector *collector);

/* Once an interval: begin the looks that are due, give up those that are stuck. */
void top_collector_tick(struct top_collector *collector);

/* Ask for these names from now on. Return 0, or a negative errno with a message; then nothing has changed. */
int top_collector_names(struct top_collector *collector, char **names, size_t count,
                        struct err *err) MUST_USE;
void top_collector_interval(struct top_collector *collector, uint64_t interval_us);

/* Begin no look and end those that run, so that facts stay as they are. Questions go on. */
void top_collector_hold(struct top_collector *collector);

/* Look at everything as soon as it goes. */
void top_collector_look(struct top_collector *collector);

/* All that is known now, judged, in `arena`; `answers`: with the last ones decoded. */
void top_collector_facts(struct top_collector *collector, bool answers, struct arena *arena,
                         struct top_facts *ret_facts);

/* Everything was asked once, so that there is something to judge. */
bool top_collector_knows(const struct top_collector *collector);

/* Whether each kind of look has ended at least once. */
bool top_collector_complete(const struct top_collector *collector);

/* The same of facts that were captured. */
void top_facts_of_capture(const struct facts *facts, const struct thresholds *thresholds, struct arena *arena,
                          struct top_facts *ret_facts);

#endif
