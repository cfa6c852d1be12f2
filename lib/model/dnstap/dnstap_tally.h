/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DNSTAP_TALLY_H
#define K8SDNS_MODEL_DNSTAP_TALLY_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/dnstap/dnstap_facts.h>
#include <k8sdns/model/statistics/histogram.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dnstap/dnstap_message.h>

/* What is counted of a stream of dnstap, in memory that has an end. */
#define DNSTAP_SOURCES   64
#define DNSTAP_ZONES     128
#define DNSTAP_UPSTREAMS 64
#define DNSTAP_RCODES    16

/* One server. */
struct dnstap_source {
    struct octets identity; /* as sent; or the name of the peer */
    char *version;          /* NULL for none */
    struct dnstap_group_facts counts;
    struct histogram *latency;
    uint64_t client_queries, other_frames; /* frames: what it still does */
    bool in_order;                         /* frames come in the order of events */
};

struct dnstap_zone {
    uint8_t name[DNS_NAME_WIRE_MAX];
    size_t name_len;
    struct dnstap_group_facts counts;
    struct histogram *latency;
};

struct dnstap_upstream {
    struct address address;
    uint64_t queries, answered, failed;
    struct histogram *latency;
};

struct dnstap_tally {
    struct arena *arena;
    struct dnstap_message_counts messages;
    struct dnstap_scenario_counts scenarios;
    uint64_t other_types[DNSTAP_TYPES];
    uint64_t rcodes[DNSTAP_RCODES];
    struct histogram client, upstream;
    struct dnstap_source sources[DNSTAP_SOURCES + 1]; /* the last stands for all beyond */
    size_t sources_count, last_source;
    struct dnstap_zone zones[DNSTAP_ZONES];
    size_t zones_count;
    uint8_t zone_at[DNSTAP_ZONES * 2]; /* by hash: index + 1, or 0 */
    struct dnstap_upstream upstreams[DNSTAP_UPSTREAMS];
    size_t upstreams_count, last_upstream;
    uint64_t failed, untold;
    uint64_t first_ns, last_ns;
};

/* All that it keeps is in the arena. */
struct dnstap_tally *dnstap_tally_new(struct arena *arena);

/* The index of the frame's server in `sources`. */
size_t dnstap_tally_source(struct dnstap_tally *tally, const struct dnstap_message *message,
                           const char *peer);

/* The upstream of that address; NULL when there is none, or no room. */
struct dnstap_upstream *dnstap_tally_upstream(struct dnstap_tally *tally, const struct address *address);

/*
 * The zone that a name is counted under: the one that was sent, else what is behind a label svc or pod, else
 * the last two labels; "." for a single label, and for names of digits (the loop plugin's).
 */
struct octets dnstap_zone_of(const uint8_t *name, size_t name_len, struct octets sent);

/* A client query that was judged. */
struct dnstap_outcome {
    int scenario;
    bool failed, servfail;
    uint64_t latency_us; /* unset when not known */
};

/* Count it for a group, and into its histogram. */
void dnstap_outcome_count(const struct dnstap_outcome *outcome, struct dnstap_group_facts *group,
                          struct histogram *latency);
/* The zone's group; NULL when there is no room. */
struct dnstap_zone *dnstap_tally_zone(struct dnstap_tally *tally, struct octets zone);

void dnstap_tally_facts(const struct dnstap_tally *tally, struct arena *arena,
                        struct dnstap_facts *ret_facts);

/* In words, for the response codes that a DNS server sends. */
const char *dnstap_rcode_meaning(unsigned rcode);

#endif
