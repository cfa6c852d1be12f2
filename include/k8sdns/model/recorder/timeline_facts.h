/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_TIMELINE_FACTS_H
#define K8SDNS_MODEL_TIMELINE_FACTS_H

#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>

/* What an episode of a recording is about. The words are pinned. */
enum timeline_kind {
    TIMELINE_FINDING,   /* a rule's, from when it stood until it did not */
    TIMELINE_SERVER,    /* queries to a server failed */
    TIMELINE_LATENCY,   /* a server answered more slowly than it usually does */
    TIMELINE_LOOKUPS,   /* lookups of a Pod's programs failed, or were slow */
    TIMELINE_DROPS,     /* the kernel dropped DNS packets */
    TIMELINE_CONNTRACK, /* the connection tracking table was full, or could not take an entry */
    TIMELINE_GAP,       /* nothing was recorded */
    TIMELINE_CLOCK,     /* the wall clock was set */
    TIMELINE_KINDS,
};
extern const char *const timeline_kind_names[];

/* Something that began and ended. */
struct timeline_episode {
    int kind;
    const char *subject; /* the server, the Pod, whom a finding is about; NULL: nothing in particular */
    const char *reason;  /* "timeout", "slow", a finding's id, a drop's reason */
    const char *text;    /* the same for people */
    int severity;        /* enum severity */
    const char *began;   /* RFC 3339, UTC */
    const char *ended;   /* NULL: it still stood at the end of what was recorded, or looked at */
    double lasted_s;     /* until then */
    uint64_t intervals;  /* in which it was seen */
    uint64_t bad, asked; /* queries, lookups; unset where nothing of it is counted. Of drops `bad` alone */
};
extern const struct shape timeline_episode_shape;

/* A stretch of time of one server. */
struct timeline_tick {
    uint64_t asked, bad; /* asked 0: nothing was recorded */
    uint64_t p90_us;     /* the slowest interval's; unset without answers */
};
extern const struct shape timeline_tick_shape;

struct timeline_server {
    const char *server;
    int role; /* enum target_role */
    uint64_t asked, bad;
    double bad_ratio;        /* NAN when nothing was asked */
    uint64_t p50_us, p90_us; /* of an interval, as it usually is (the medians) */
    uint64_t max_us, worst_p90_us;
    struct timeline_tick *ticks; /* of facts->tick_s each */
    size_t ticks_count;
};
extern const struct shape timeline_server_shape;

/* Lookups of one Pod's programs, or of one program that is in none. */
struct timeline_pod {
    const char *pod;
    uint64_t lookups, failed, slow;
};
extern const struct shape timeline_pod_shape;

/* The same by what was wrong. */
struct timeline_reason {
    int kind;
    const char *reason;
    uint64_t episodes;
    double lasted_s; /* all together */
    uint64_t bad;    /* unset where nothing of it is counted */
};
extern const struct shape timeline_reason_shape;

/* A full capture: k8sdns diagnose --from DIR --at TIME judges it. */
struct timeline_capture {
    const char *time, *why;
    const char **findings; /* ids of what it shows, of warning or above */
    size_t findings_count;
};
extern const struct shape timeline_capture_shape;

/* A file that is not good to its end. */
struct timeline_damage {
    const char *file, *why;
    uint64_t at_byte, lost_bytes;
};
extern const struct shape timeline_damage_shape;

/* `data` of the history command. */
struct timeline_facts {
    int status;            /* enum health: of the worst episode */
    const char *from, *to; /* of what was looked at */
    double span_s;
    const char *folder;
    const char *hostname, *node, *pod; /* where it was recorded, as far as known */
    uint64_t intervals;
    double tick_s;
    struct timeline_episode *episodes; /* by their beginning */
    size_t episodes_count;
    uint64_t episodes_forgotten; /* over what is kept in mind */
    struct timeline_server *servers;
    size_t servers_count;
    struct timeline_pod *pods; /* those that failed most first */
    size_t pods_count;
    struct timeline_reason *reasons; /* those that lasted longest first */
    size_t reasons_count;
    struct timeline_capture *captures;
    size_t captures_count;
    struct timeline_damage *damage;
    size_t damage_count;
    uint64_t unread; /* intervals that are not of their format */
};
extern const struct shape timeline_facts_shape;

#endif
