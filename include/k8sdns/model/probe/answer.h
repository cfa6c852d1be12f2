/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_ANSWER_H
#define K8SDNS_MODEL_ANSWER_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/probe/probe_facts.h>

/*
 * What a message is to a query, and what it says: the one judgement of whoever asks servers, be it once,
 * again and again, or as a resolver would. Pure.
 */
enum answer_fit {
    ANSWER_FITS, /* whole or damaged; one that comes late or twice fits as well */
    ANSWER_FROM_ELSEWHERE,
    ANSWER_OF_OTHER_ID,
    ANSWER_IS_NONE, /* its QR bit is not set */
    ANSWER_TO_OTHER,
};

struct answer_wanted {
    const struct address *server; /* NULL: it came over a connection to it */
    bool is_id_known;             /* the id is that of the query; without, nothing below is looked at */
    const char *name;
    uint16_t type;
};

/*
 * `from` is where it came from, or NULL when that is not known, which is elsewhere. Of a message that is cut
 * off within its head only the id counts.
 */
enum answer_fit answer_classify(const struct dns_message *message, const struct address *from,
                                const struct answer_wanted *wanted);

/* The enum probe_status of a message that fits a query of `type`. One that is truncated may end anywhere:
 * what counts is that it says so. */
int answer_status(const struct dns_message *message, uint16_t type);

/*
 * The serial of the SOA record in an answer that a name of the cluster's Services does not exist or has no
 * address: CoreDNS puts there when it last saw a Service or an endpoint change (Unix time). 0 for any other
 * answer. Source: CoreDNS, plugin/kubernetes, Serial().
 */
uint32_t answer_service_serial(const struct dns_message *message);

/* Seconds that the serial of a replica may be behind: longer than a negative answer stays in its cache. */
#define SERIAL_BEHIND_S 60

/* Whether a serial (0: none) is behind the newest of its peers for longer than caching explains; only for
 * times. */
bool serial_is_behind(uint64_t serial, uint64_t newest);

/* Words for that status, where it needs some: what is damaged, what the server explains (RFC 8914); else
 * NULL. */
const char *answer_detail(struct arena *arena, const struct dns_message *message, uint16_t type);

/*
 * What a message of `len` bytes that fits a query of `type` says, as facts of its probe: status, rcode,
 * records, identity, serial, size. The message need not outlive them.
 */
void answer_to_probe(struct arena *arena, const struct dns_message *message, size_t len, uint16_t type,
                     struct probe_facts *facts);

#endif
