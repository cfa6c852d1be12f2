/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TOP_TOP_SESSION_H
#define K8SDNS_TOP_TOP_SESSION_H

#include <k8sdns/collect/collection.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/top/top_facts.h>
#include <k8sdns/model/watch/watch_record.h>
#include <k8sdns/top/top_collectors.h>

/*
 * Facts that renew themselves on an event loop.
 *
 * Questions go out from the loop itself, which they never hold up. All that may block (the first asking of
 * everything with the API server in it, the kernel's tables) is looked at by processes of their own, each at
 * its pace: the more it costs the more seldom.
 */
struct top_session;

struct top_session_options {
    const struct collection_options *collection;
    const struct thresholds *thresholds;
    uint64_t interval_us;
    struct event_base *base;
    /* The first look of all ended without anything to go on: an error that the user has to mend. */
    void (*failed)(void *user, const struct err *err);
    /* Something else is known: what top_session_facts() gave before points to what is gone. */
    void (*changed)(void *user);
    void *user;
    bool follow; /* the flows of others, with top_facts.flows; the agent has its own */
    /* Of the agent; zeroed for a screen. What it has no function for it is not told. */
    struct top_pace pace;       /* LOOK_SERVERS at TOP_NEVER: nobody is asked at all */
    bool usual_names;           /* an external name and one that must not exist are watched as well */
    void (*forked)(void *user); /* in the process of a look: as in struct subprocess; NULL */
    /* The watch ends, and another begins: what is known of the interval so far goes with it. */
    void (*ends)(void *user);
    /* These servers are watched from now on; NULL: nobody wants to know. */
    void (*watched)(void *user, const struct target_facts *targets, size_t count);
    /* A query that was watched has ended; `kind`: enum name_kind. */
    void (*outcome)(void *user, const struct target_facts *target, int kind,
                    const struct watch_outcome *outcome);
};

/*
 * Begin with survey->names as names. Return it, or NULL with a message in survey->err for input that cannot
 * be used. `options` must outlive it. Ownership: top_session_free(); NULL is allowed there.
 */
struct top_session *top_session_new(struct survey *survey, const struct top_session_options *options);
void top_session_free(struct top_session *collector);

/* Once an interval: begin the looks that are due, give up those that are stuck. */
void top_session_tick(struct top_session *collector);

/* Ask for these names from now on. Return 0, or a negative errno with a message; then nothing has changed. */
int top_session_names(struct top_session *collector, char **names, size_t count, struct err *err) MUST_USE;
void top_session_interval(struct top_session *collector, uint64_t interval_us);

/* Begin no look and end those that survey, so that facts stay as they are. Questions go on. */
void top_session_hold(struct top_session *collector);

/* Look at everything as soon as it goes. */
void top_session_look(struct top_session *collector);

/* Look for the servers, and ask them everything. Return false when that is being done, and is done again. */
bool top_session_ask(struct top_session *collector);

/* Queries that were not sent when their time came, since the beginning. */
uint64_t top_session_skipped(const struct top_session *collector);

/* All that is known now, judged, in `arena`; `answers`: with the last ones decoded. */
void top_session_facts(struct top_session *collector, bool answers, struct arena *arena,
                       struct top_facts *ret_facts);

/*
 * What came of the queries since this was called last, or since the watch began, which may be later; in
 * `arena`, and good until the watch ends. Return false when nobody is watched.
 */
bool top_session_interval_facts(struct top_session *collector, struct arena *arena,
                                struct watch_facts *ret_facts) MUST_USE;

/* Everything was asked once, so that there is something to judge. */
bool top_session_knows(const struct top_session *collector);

/* Whether each kind of look has ended at least once. */
bool top_session_complete(const struct top_session *collector);

/* The same of facts that were captured. */
void top_facts_of_capture(const struct facts *facts, const struct thresholds *thresholds, struct arena *arena,
                          struct top_facts *ret_facts);

#endif
