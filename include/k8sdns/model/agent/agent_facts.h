/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_AGENT_FACTS_H
#define K8SDNS_MODEL_AGENT_FACTS_H

#include <k8sdns/model/agent/agent_counts.h>
#include <k8sdns/model/top/top_facts.h>

/* What an agent does; each can be left out. The words are pinned. */
enum agent_part {
    AGENT_PROBES,    /* its own queries */
    AGENT_LOOKUPS,   /* those of all programs, seen in the kernel */
    AGENT_DROPS,     /* DNS packets that the kernel throws away */
    AGENT_CONNTRACK, /* the counters of connection tracking */
    AGENT_FLOWS,     /* DNS flows that nobody answers, by the events of connection tracking */
    AGENT_NODE,      /* the limits of the node */
    AGENT_PARTS,
};
extern const char *const agent_part_names[];

/* How a part fares. */
struct agent_part_facts {
    int part;        /* enum agent_part */
    bool up;         /* it observes */
    const char *why; /* it does not; NULL: it does, or was left out */
    const char *how; /* to get it; NULL */
};
extern const struct shape agent_part_facts_shape;

/* What a line of an agent is about. The words are pinned. */
enum agent_event {
    AGENT_LISTENS,
    AGENT_PART_UP,
    AGENT_PART_DOWN,
    AGENT_FINDING_BEGINS,
    AGENT_FINDING_ENDS,
    AGENT_RECORD_FAILS, /* an interval could not be recorded */
    AGENT_RECORDS,      /* it could again */
};
extern const char *const agent_event_names[];

/* A line. */
struct agent_event_facts {
    const char *time; /* RFC 3339, UTC */
    int event;
    const char *listens; /* where, with the port; NULL but of "listens" */
    struct agent_part_facts *part;
    struct active_finding_facts *finding;
    const char *why; /* nothing can be recorded; NULL but of "record-fails" */
};
extern const struct shape agent_event_facts_shape;

/* What came of the queries to one server. */
struct agent_server_facts {
    const char *server;
    int role;
    struct shape_tally *results;
    size_t results_count;
};
extern const struct shape agent_server_facts_shape;

/* How a recording fares. */
struct agent_recorded_facts {
    uint64_t intervals, captures; /* written */
    uint64_t dropped;             /* not written: the disk was full, or they were too large */
    uint64_t bytes;               /* of the folder now */
};
extern const struct shape agent_recorded_facts_shape;

/* `data` of the agent command when it ends. */
struct agent_facts {
    double seconds;
    uint64_t queries, query_failures;
    uint64_t lookups, lookup_failures; /* unset where none could be seen */
    uint64_t scrapes;                  /* pages of metrics that were asked for */
    struct agent_part_facts *parts;
    size_t parts_count;
    struct agent_server_facts *servers;
    size_t servers_count;
    const char **standing; /* ids of the findings that stand */
    size_t standing_count;
    struct agent_recorded_facts *recorded; /* NULL: nothing */
};
extern const struct shape agent_facts_shape;

/* What a page of metrics is made of; not in JSON. Whatever was not observed is NULL, and its families have no
 * samples then. */
struct agent_page_facts {
    const struct agent_counts *counts;
    const struct agent_part_facts *parts; /* AGENT_PARTS of them */
    const struct conntrack_facts *conntrack;
    const struct node_facts *node;
    const struct active_finding_facts *findings; /* those that stand, and those that ended lately */
    size_t findings_count;
    const struct agent_recorded_facts *recorded;
    const char *version;
    const char *node_name, *zone; /* "" when not known */
    uint64_t probes_skipped, lookups_lost, drops_lost, flows_lost,
        lines_lost;                         /* what was not counted, and should have been */
    double cpu_seconds, start_time_seconds; /* of the process; NAN when not known, as the next */
    double resident_bytes, virtual_bytes, open_files;
};

/* Fill the servers of the counts. */
void agent_facts_of(const struct agent_counts *counts, struct arena *arena, struct agent_facts *facts);

#endif
