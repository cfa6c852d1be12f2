/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_TOP_LOOKS_H
#define K8SDNS_CMD_TOP_LOOKS_H

#include "collection.h"
#include "forked_look.h"
#include "known_replicas.h"
#include <k8sdns/model/top_facts.h>

/* The looks that top takes in processes of their own. */
enum top_look {
    LOOK_KERNEL,  /* how full the connection tracking is, its counters, the node's limits: cheap, and often */
    LOOK_ENTRIES, /* its entries, and IPVS: costs more the more entries there are */
    LOOK_SERVERS, /* who serves DNS, by the API server and all other ways, and all questions to each */
    LOOKS,
};

/* What came of one kind of look last. */
struct top_part {
    struct arena *arena;
    struct facts *facts; /* NULL: nothing yet */
    uint64_t ended_ns;   /* monotonic; 0: none has ended */
    struct err err;      /* of the last, when it failed */
    bool hurry;          /* the next is due at once */
};

/* What counters are compared with: of half a minute to a minute ago. */
struct top_base {
    struct arena *arena;
    struct facts *facts;
    uint64_t seen_ns;
};

struct top_looks {
    const struct run *run;
    const struct collection_options *collection;
    struct event_base *base;
    void (*on_look)(void *user, enum top_look which, const struct err *err);
    void *user;
    struct forked_look looks[LOOKS];
    struct top_part parts[LOOKS];
    struct top_base bases[2]; /* the older one first */
    struct known_replicas known;
    const struct target_facts *targets;
    size_t targets_count;
};

/* `run`, `collection` and what they point to must outlive it; on_look() is called when a look has ended. */
void top_looks_init(struct top_looks *looks, const struct run *run,
                    const struct collection_options *collection, struct event_base *base,
                    void (*on_look)(void *, enum top_look, const struct err *), void *user);
void top_looks_fini(struct top_looks *looks);

/* The servers whose paths the node's limits are about; they must outlive the next call. */
void top_looks_targets(struct top_looks *looks, const struct target_facts *targets, size_t count);

/* Begin what is due, give up what is stuck. */
void top_looks_tick(struct top_looks *looks, uint64_t interval_us);

/* Let the next be due at once. Return false when one runs, which then is followed by another. */
bool top_looks_hurry(struct top_looks *looks, enum top_look which);

/* Forget what runs, which is about something else by now, and begin anew. */
void top_looks_again(struct top_looks *looks, enum top_look which);

/* Put together what the looks saw; `begun` stands in for the servers' part until there is one. */
void top_looks_facts(struct top_looks *looks, const struct facts *begun, struct arena *arena,
                     struct facts *ret_facts);

/* Say what is waited for, and what cannot be seen. */
void top_looks_tell(const struct top_looks *looks, uint64_t now_ns, struct arena *arena,
                    struct top_facts *top);

#endif
