/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DNSTAP_FACTS_H
#define K8SDNS_MODEL_DNSTAP_FACTS_H

#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>

/* What became of a client's query, as the frames about it show. */
enum dnstap_scenario {
    DNSTAP_LOCAL,           /* answered, and nothing was forwarded: from the cluster's records or the cache */
    DNSTAP_FORWARDED,       /* forwarded, and the upstream answered */
    DNSTAP_UPSTREAM_SILENT, /* forwarded, and no upstream answered */
    DNSTAP_SERVER_MADE, /* no answer is shown: the server made one by itself, which dnstap does not show */
    DNSTAP_STUCK,       /* no answer is shown, and there was none */
    DNSTAP_UNFINISHED,  /* the stream ended too soon to tell */
    DNSTAP_SCENARIOS,
};
extern const char *const dnstap_scenario_names[];

/* Frames by their type. */
struct dnstap_message_counts {
    uint64_t client_query, client_response, forwarder_query, forwarder_response;
    uint64_t other;     /* of other types, which CoreDNS does not send */
    uint64_t malformed; /* no Dnstap */
};
extern const struct shape dnstap_message_counts_shape;

/* Client queries by what became of them. */
struct dnstap_scenario_counts {
    uint64_t by[DNSTAP_SCENARIOS];
};
extern const struct shape dnstap_scenario_counts_shape;

/* Unset without any. */
struct dnstap_latency_facts {
    uint64_t count;
    uint64_t p50_us, p90_us, p99_us, max_us;
};
extern const struct shape dnstap_latency_facts_shape;

struct dnstap_rcode_facts {
    const char *rcode;
    uint64_t count;
    const char *meaning;
};
extern const struct shape dnstap_rcode_facts_shape;

/* One client query and what belongs to it: `data` of the dnstap command while it runs. */
struct dnstap_session_facts {
    const char *time; /* of the query */
    int scenario;
    const char *identity; /* of the server, or where its frames came from */
    const char *client;   /* address and port; NULL when not given */
    const char *protocol;
    const char *name, *type;     /* NULL without the message */
    const char *rcode, *meaning; /* of the answer; NULL without one */
    uint64_t client_us;          /* from query to answer; unset without */
    const char *upstream;        /* the last one asked; NULL for none */
    uint64_t upstream_us;        /* the last answer's; unset without */
    uint64_t tries, replies;     /* FORWARDER_QUERY, FORWARDER_RESPONSE */
    const char *remark;          /* what the scenario follows from where it takes words; NULL for none */
};
extern const struct shape dnstap_session_facts_shape;

/* Queries of one server, or for one zone. */
struct dnstap_group_facts {
    const char *name;
    const char *version; /* of a server; NULL when it says none */
    uint64_t queries;
    struct dnstap_scenario_counts scenarios;
    uint64_t failed;   /* no answer is shown, or SERVFAIL */
    uint64_t servfail; /* answers with it that are shown */
    struct dnstap_latency_facts latency;
};
extern const struct shape dnstap_replica_facts_shape;
extern const struct shape dnstap_zone_facts_shape;

struct dnstap_upstream_facts {
    const char *address;
    uint64_t queries, answered, silent;
    uint64_t failed; /* of those answered: SERVFAIL, REFUSED and the like */
    struct dnstap_latency_facts latency;
};
extern const struct shape dnstap_upstream_facts_shape;

/* The connections or files that the frames came by. */
struct dnstap_stream_facts {
    uint64_t accepted, most_at_once;
    uint64_t refused;    /* over the limit, another content type, no handshake in time, no frame stream */
    uint64_t broken;     /* ended in the middle of a frame, or with a damaged one */
    uint64_t ended;      /* by the sender's own STOP */
    uint64_t reconnects; /* of --connect */
    uint64_t octets;
    uint64_t damages; /* places where frames stand within each other, behind which frames were found again */
    uint64_t skipped; /* octets of these places */
    const char **remarks; /* the first of what went wrong, in words */
    size_t remarks_count;
};
extern const struct shape dnstap_stream_facts_shape;

/* `data` of the dnstap command, at its end. */
struct dnstap_facts {
    int status;     /* enum health; -1: not judged */
    double span_ms; /* from the first frame's time to the last one's */
    struct dnstap_message_counts messages;
    struct dnstap_scenario_counts scenarios;
    struct shape_tally *rcodes, *other_types;
    size_t rcodes_count, other_types_count;
    struct dnstap_rcode_facts *codes;
    size_t codes_count;
    uint64_t failed;  /* queries without an answer shown, or with SERVFAIL */
    uint64_t dropped; /* queries pushed out of a full table before it was known what became of them */
    uint64_t expired; /* queries without an answer when their time was up */
    uint64_t unsure;  /* of those server-made: nothing tells them from stuck */
    uint64_t guessed; /* forwarder frames given to a query by their time alone, with others open */
    uint64_t lone_responses, lone_forwards; /* whose query was not seen */
    uint64_t nameless;                      /* frames without a message: CoreDNS's `full` is off */
    uint64_t damaged;                       /* frames whose message cannot be read */
    uint64_t slow;                          /* answers slower than --slow */
    uint64_t untold; /* servers, zones or upstreams beyond what is kept: counted in all */
    struct dnstap_latency_facts client, upstream;
    struct dnstap_group_facts *replicas, *zones;
    size_t replicas_count, zones_count;
    struct dnstap_upstream_facts *upstreams;
    size_t upstreams_count;
    struct dnstap_session_facts *sessions; /* the first exceptions of each kind */
    size_t sessions_count;
    struct dnstap_stream_facts streams;
};
extern const struct shape dnstap_facts_shape;

/* Client queries about which is known what became of them. */
uint64_t dnstap_scenarios_judged(const struct dnstap_scenario_counts *counts);

#endif
