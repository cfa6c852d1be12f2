/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PATH_FACTS_H
#define K8SDNS_MODEL_PATH_FACTS_H

#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/shape/shape.h>

/* What happens to a packet at a step. */
enum path_step_kind {
    STEP_QUEUE,
    STEP_SEND,
    STEP_ARRIVE,
    STEP_RECEIVE,
    STEP_FUNCTION,
    STEP_HOOK,
    STEP_SOCKET,
    STEP_READ,
    STEP_DROP,
};
extern const char *const path_step_names[]; /* "queue", "send", ... */

enum path_leg {
    LEG_QUERY,
    LEG_ANSWER,
    LEGS,
};
extern const char *const path_leg_names[]; /* "query", "answer" */

/* What a packet is, beside a datagram's. */
enum path_segment {
    SEGMENT_DATA, /* a datagram, or octets of a message over TCP */
    SEGMENT_SYN,
    SEGMENT_SYN_ACK,
    SEGMENT_RST,
};
extern const char *const path_segment_names[]; /* "data", "SYN", ... */

/* How it ended. */
enum path_outcome {
    PATH_ANSWERED,       /* the answer reached its socket */
    PATH_QUERY_DROPPED,  /* the kernel threw the query away */
    PATH_ANSWER_DROPPED, /* or the answer */
    PATH_REFUSED,        /* the TCP connection was reset */
    PATH_UNANSWERED,     /* the query reached a program, and nothing came back */
    PATH_QUERY_GONE,     /* the query was last seen on its way */
    PATH_ANSWER_GONE,    /* the answer was */
    PATH_OUTCOMES,
};
extern const char *const path_outcome_names[];

struct path_step_facts {
    double at_us;    /* since the first step */
    double after_us; /* since the step before */
    int leg, kind, segment;
    uint64_t fragment;    /* of a later piece of a fragmented packet: its place there, in octets */
    const char *function; /* the kernel's function or tracepoint */
    const char *hook;     /* of a netfilter hook: "PREROUTING", with its family where it is not IP */
    const char *device;
    uint64_t netns;    /* inode */
    const char *place; /* the name of that namespace or of its Pod; NULL: not known */
    const char *src, *dst;
    uint64_t src_port, dst_port; /* unset where the step knows no packet */
    bool rewritten;              /* addresses or ports are not those of the step before */
    const char *reason;          /* of a drop */
    const char *process;         /* who ran then; of sends and reads that is the program itself */
    uint64_t pid;
};
extern const struct shape path_step_facts_shape;

/* One question and its answer. */
struct path_packet_facts {
    const char *time;
    const char *name, *type;
    int transport;    /* enum probe_transport */
    uint64_t id;      /* of the message, SHAPE_UNSET: not seen */
    uint64_t attempt; /* from 1: the same question, or SYN, again, from the same port */
    int outcome;
    const char *rcode;           /* of the answer; NULL: not seen */
    const char *client, *server; /* as first seen, with ports */
    const char *replica;         /* who answered, or was asked last, after NAT; NULL: the same */
    /* NAN where one end was not seen; the first, until the query is sent, is of TCP. */
    double handshake_us, query_us, server_us, answer_us, total_us;
    struct path_step_facts *steps;
    size_t steps_count;
    uint64_t steps_left_out;
};
extern const struct shape path_packet_facts_shape;

/* A place in the kernel that is looked at. */
struct path_probe_facts {
    const char *name;
    const char *kind; /* "tracepoint", "function" */
    bool attached;
    const char *why; /* why it is not */
};
extern const struct shape path_probe_facts_shape;

struct path_facts {
    bool summary;
    double span_ms;
    struct path_packet_facts *packets; /* the one that has just ended; none in the summary */
    size_t packets_count;
    struct shape_tally *outcomes;
    size_t outcomes_count;
    uint64_t followed;     /* questions whose way was told */
    uint64_t skipped;      /* over --rate */
    uint64_t unnamed;      /* over TCP, whose name was not seen: a filter by name leaves them out */
    uint64_t lost;         /* steps for which there was no room, in the kernel or here */
    const char **backends; /* that sockets lead to in place of --server; in the summary */
    size_t backends_count;
    struct path_probe_facts *probes;
    size_t probes_count;
    bool names_streams; /* the questions of programs that send over TCP can be read; not told */
};
extern const struct shape path_facts_shape;

#endif
