/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CONNTRACK_FLOW_FACTS_H
#define K8SDNS_MODEL_CONNTRACK_FLOW_FACTS_H

#include <k8sdns/model/node/conntrack_tuple_facts.h>

/* What became of a flow, or what is odd about it. */
enum flow_event {
    FLOW_NEW,
    FLOW_ANSWERED,   /* the first reply */
    FLOW_UPDATED,    /* any other change, as to assured */
    FLOW_UNANSWERED, /* no reply within the wait */
    FLOW_LATE,       /* a reply after that */
    FLOW_ENDED,
    FLOW_STALE,     /* it leads to what is no replica */
    FLOW_REWRITTEN, /* its source port was taken, and another put in its place */
    FLOW_REUSED,    /* its source port has another flow, and one of the two is translated */
    FLOW_CLASH,     /* another flow has its reply tuple */
    FLOW_EVENTS,
};
extern const char *const flow_event_names[];

/* What read the messages. */
enum conntrack_reader {
    CONNTRACK_READER_LIBRARY,
    CONNTRACK_READER_OWN,
};
extern const char *const conntrack_reader_names[]; /* "libnetfilter_conntrack", "built-in" */

/* One event. */
struct conntrack_flow_facts {
    const char *time;
    int event; /* enum flow_event */
    struct conntrack_tuple_facts flow;
    struct conntrack_tuple_facts *other; /* of FLOW_REUSED and FLOW_CLASH: the flow before; else NULL */
    double age_ms;                       /* since NEW was read; NAN for a flow that is older than the look */
    int known;                           /* its backend is a replica; -1: nobody said which are */
    const char *pod, *backend_pod;       /* "name" or "namespace/name"; NULL where nothing names them */
};
extern const struct shape conntrack_flow_facts_shape;

/* Flows of one client, or to one backend. */
struct conntrack_flow_peer_facts {
    const char *address; /* with the port when that is not the one looked at */
    const char *pod;
    uint64_t flows, answered, unanswered, late; /* `late` are among the unanswered */
    double rate;                                /* new flows a second */
    int known;
};
extern const struct shape conntrack_flow_peer_facts_shape;

/* All that was followed. */
struct conntrack_follow_facts {
    double seconds; /* how long */
    double wait_s;  /* a flow without a reply for so long is unanswered */
    uint64_t created, updates, ended;
    uint64_t answered, unanswered, late;
    uint64_t waiting; /* younger than the wait when it ended */
    uint64_t unsure;  /* their reply may be among the events that were lost */
    uint64_t older;   /* events of flows that are older than the look */
    uint64_t stale, rewritten, masqueraded, reused, clash;
    uint64_t hidden;    /* events that were counted and not shown */
    uint64_t untracked; /* flows that there was no room to follow */
    uint64_t overruns, lost, damaged;
    uint64_t buffer_bytes;
    int reader;  /* enum conntrack_reader */
    double rate; /* new flows a second */
    struct conntrack_flow_peer_facts *by_client, *by_backend;
    size_t by_client_count, by_backend_count;
    /* The first ones: FLOW_UNANSWERED, and what is odd (FLOW_STALE and after). */
    struct conntrack_flow_facts *unanswered_flows, *odd_flows;
    size_t unanswered_flows_count, odd_flows_count;
};
extern const struct shape conntrack_follow_facts_shape;

#endif
