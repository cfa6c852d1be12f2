/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TOP_TOP_COLLECTORS_H
#define K8SDNS_TOP_TOP_COLLECTORS_H

#include <k8sdns/collect/collection.h>
#include <k8sdns/collect/known_replicas.h>
#include <k8sdns/model/top/top_facts.h>
#include <k8sdns/top/subprocess.h>

/* The looks that top takes in processes of their own. */
enum top_collector_kind {
    LOOK_KERNEL,  /* how full the connection tracking is, its counters, the node's limits: cheap, and often */
    LOOK_ENTRIES, /* its entries, and IPVS: costs more the more entries there are */
    LOOK_SERVERS, /* who serves DNS, by the API server and all other ways, and all questions to each */
    LOOKS,
};

/* How often; zeroed it is what a screen wants. */
struct top_pace {
    uint64_t least_ns[LOOKS]; /* between two of a kind; 0: as the interval has it; TOP_NEVER: none at all */
    uint64_t cost_share;      /* a look may take this share of the time, as 1/cost_share; 0: a fiftieth */
};
#define TOP_NEVER UINT64_MAX

/* What came of one kind of look last. */
struct top_part {
    struct arena *arena;
    struct facts *facts; /* NULL: nothing yet */
    uint64_t ended_ns;   /* monotonic; 0: none has ended */
    struct err err;      /* of the last, when it failed */
    bool due_now;        /* the next is due at once */
};

/* What counters are compared with: of half a minute to a minute ago. */
struct top_base {
    struct arena *arena;
    struct facts *facts;
    uint64_t seen_ns;
};

struct top_collectors {
    const struct survey *survey;
    const struct collection_options *collection;
    struct top_pace pace;
    struct event_base *base;
    void (*on_look)(void *user, enum top_collector_kind which, const struct err *err);
    void *user;
    struct subprocess looks[LOOKS];
    struct top_part parts[LOOKS];
    struct top_base bases[2]; /* the older one first */
    struct known_replicas known;
    const struct target_facts *targets;
    size_t targets_count;
};

/* `survey`, `collection` and what they point to must outlive it; on_look() is called when a look has ended.
 */
void top_collectors_init(struct top_collectors *looks, const struct survey *survey,
                         const struct collection_options *collection, struct event_base *base,
                         void (*on_look)(void *, enum top_collector_kind, const struct err *), void *user);
void top_collectors_fini(struct top_collectors *looks);

/* The servers whose paths the node's limits are about; they must outlive the next call. */
void top_collectors_targets(struct top_collectors *looks, const struct target_facts *targets, size_t count);

/* Begin what is due, give up what is stuck. */
void top_collectors_tick(struct top_collectors *looks, uint64_t interval_us);

/* Let the next be due at once. Return false when one runs, which then is followed by another. */
bool top_collectors_due_now(struct top_collectors *looks, enum top_collector_kind which);

/* Forget what runs, which is about something else by now, and begin anew. */
void top_collectors_again(struct top_collectors *looks, enum top_collector_kind which);

/* Put together what the looks saw; `begun` stands in for the servers' part until there is one. */
void top_collectors_facts(struct top_collectors *looks, const struct facts *begun, struct arena *arena,
                          struct facts *ret_facts);

/* Say what is waited for, and what cannot be seen. */
void top_collectors_tell(const struct top_collectors *looks, uint64_t now_ns, struct arena *arena,
                         struct top_facts *top);

#endif
