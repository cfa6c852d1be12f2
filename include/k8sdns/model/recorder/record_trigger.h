/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RECORD_TRIGGER_H
#define K8SDNS_MODEL_RECORD_TRIGGER_H

#include <k8sdns/model/recorder/interval_facts.h>

/*
 * When a full capture is worth its size: something has begun. Of each interval,
 *
 *   a finding of warning or above, which is no other's consequence, and did not stand before;
 *   a server whose queries fail: three or more, and one in ten, and less than that before;
 *   a server that is slow: 90 % of its answers take five times as long as they usually do, and 20 ms more;
 *   programs whose lookups fail, or are slow, likewise: three or more, and one in ten.
 *
 * At most one a minute and twelve an hour for lookups, and as many for the others, since lookups fail for
 * reasons of a program's own. What begins within the minute has its capture when that is over, if it still
 * stands. That a server's failing or slowness is over is worth one as well, so that it is known what was
 * right again; of these, too, there are twelve an hour at most. Constant memory, no clock.
 */
#define TRIGGER_SERVERS    64
#define TRIGGER_FINDINGS   64
#define TRIGGER_AN_HOUR    12
#define TRIGGER_LEAST_BAD  3
#define TRIGGER_BAD_RATIO  0.1
#define TRIGGER_SLOW_TIMES 5
#define TRIGGER_SLOW_US    20000

struct trigger_server {
    uint64_t id; /* a hash of its id */
    bool fails, slow, seen;
    uint64_t usual_us; /* a slow mean of its 90 %; 0: none yet */
};

struct record_trigger {
    uint64_t findings[TRIGGER_FINDINGS]; /* hashes of id and subject of those that stand */
    size_t findings_count;
    struct trigger_server servers[TRIGGER_SERVERS];
    size_t servers_count;
    bool lookups_fail, lookups_slow;
    bool owed, lookups_owed; /* it began, and was no capture's turn */
    /* Monotonic, the oldest first; 0: none. */
    uint64_t begun_ns[TRIGGER_AN_HOUR], lookups_ns[TRIGGER_AN_HOUR], ended_ns[TRIGGER_AN_HOUR];
};

/*
 * Look at the next interval, at `now_ns` (monotonic). Return why a capture should be taken now, in `arena`:
 * "10.244.1.22 fails: 12 of 30 queries", "10.244.1.22 answers again"; NULL: there is no need, or there have
 * been enough.
 */
const char *record_trigger_look(struct record_trigger *trigger, const struct interval_facts *interval,
                                uint64_t now_ns, struct arena *arena);

/* Whether a server's queries fail by the numbers above. */
bool record_trigger_fails(uint64_t bad, uint64_t decided);

#endif
