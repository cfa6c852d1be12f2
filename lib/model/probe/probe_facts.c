/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe_facts.h>
#include <k8sdns/wire/dns_words.h>

const char *const target_role_words[] = {"cluster-ip", "replica", "node-local", "nameserver", "other", NULL};

const char *const probe_status_words[] = {
    "answer",    "nodata",  "nxdomain",    "servfail", "refused",   "formerr", "notimp",
    "truncated", "timeout", "unreachable", "mismatch", "malformed", "error",   NULL,
};

const char *const difference_kind_words[] = {"status", "records", "latency", NULL};

const char *const probe_transport_words[] = {"udp", "tcp", NULL};

bool probe_status_is_good(int status)
{
    return status == PROBE_ANSWER || status == PROBE_NODATA || status == PROBE_NXDOMAIN ||
           status == PROBE_TRUNCATED;
}

bool probe_is_heard(const struct probe_facts *probe)
{
    return probe->rcode || probe->status <= PROBE_TRUNCATED || probe->status == PROBE_MALFORMED;
}

int probe_status_of_message(const struct dns_message *m, uint16_t type)
{
    switch (m->rcode) {
    case DNS_NOERROR:
        return m->tc ? PROBE_TRUNCATED : dns_message_is_nodata(m, type) ? PROBE_NODATA : PROBE_ANSWER;
    case DNS_FORMERR:
        return PROBE_FORMERR;
    case DNS_SERVFAIL:
        return PROBE_SERVFAIL;
    case DNS_NXDOMAIN:
        return m->tc ? PROBE_TRUNCATED : PROBE_NXDOMAIN;
    case DNS_NOTIMP:
        return PROBE_NOTIMP;
    case DNS_REFUSED:
        return PROBE_REFUSED;
    default:
        return PROBE_ERROR;
    }
}

static const struct shape_field target_fields[] = {
    SHAPE_FIELD_NAME(struct target_facts, id, "id", "how probes name it"),
    SHAPE_FIELD_NAME(struct target_facts, address, "address", "IP address"),
    SHAPE_FIELD_COUNT(struct target_facts, port, "port", "port"),
    SHAPE_FIELD_CHOICE(struct target_facts, role, "role", target_role_words, "what it is to the cluster"),
    SHAPE_FIELD_NAME(struct target_facts, found_by, "found_by", "how it was found"),
    SHAPE_FIELD_COUNT(struct target_facts, again_us, "again_us",
                      "fastest answer when it was asked again because it stood out as slow"),
};
const struct shape target_facts_shape = SHAPE(struct target_facts, target_fields, "target");

static const struct shape_field probe_fields[] = {
    SHAPE_FIELD_NAME(struct probe_facts, target, "target", "id of the target"),
    SHAPE_FIELD_NAME(struct probe_facts, name, "name", "the name as given"),
    SHAPE_FIELD_NAME(struct probe_facts, candidate, "candidate",
                     "the full name asked for, without the final dot"),
    SHAPE_FIELD_NAME(struct probe_facts, type, "type", "record type asked for"),
    SHAPE_FIELD_CHOICE(struct probe_facts, status, "status", probe_status_words, "what came of it"),
    SHAPE_FIELD_TEXT(struct probe_facts, rcode, "rcode", "mnemonic; null when no valid answer came"),
    SHAPE_FIELD_COUNT(struct probe_facts, rtt_us, "rtt_us",
                      "from just before the send (over TCP: the connect) to the answer's arrival"),
    SHAPE_FIELD_COUNT(struct probe_facts, source_port, "source_port", "port it was sent from"),
    SHAPE_FIELD_CHOICE(struct probe_facts, transport, "transport", probe_transport_words, "of this row"),
    SHAPE_FIELD_OBJECTS(struct probe_facts, answers, "answers", &rr_facts_shape, "the answer section"),
    SHAPE_FIELD_TEXT(struct probe_facts, nsid, "nsid",
                     "identity the server gave (RFC 5001); an echo is null"),
    SHAPE_FIELD_COUNT(struct probe_facts, id, "id", "message id of the last try"),
    SHAPE_FIELD_COUNT(struct probe_facts, tries, "tries", "questions sent"),
    SHAPE_FIELD_COUNT(struct probe_facts, size, "size", "bytes of the answer"),
    SHAPE_FIELD_BOOL(struct probe_facts, authoritative, "authoritative", "AA bit of the answer"),
    SHAPE_FIELD_COUNT(struct probe_facts, late, "late", "answers that came after their try had timed out"),
    SHAPE_FIELD_COUNT(struct probe_facts, duplicates, "duplicates", "answers that came again"),
    SHAPE_FIELD_COUNT(struct probe_facts, mismatches, "mismatches",
                      "answers with a wrong id, question or source address"),
    SHAPE_FIELD_TEXT(struct probe_facts, detail, "detail", "words for the status where it needs some"),
    SHAPE_FIELD_BOOL(struct probe_facts, odd, "odd", "it differs from what the peers of its target gave"),
    SHAPE_FIELD_BOOL(struct probe_facts, inferred, "inferred",
                     "the status was concluded from others of its target"),
};
const struct shape probe_facts_shape = SHAPE(struct probe_facts, probe_fields, "probe");

static const struct shape_field difference_fields[] = {
    SHAPE_FIELD_TEXT(struct difference_facts, target, "target",
                     "id of the one that differs; null when neither of two can be blamed"),
    SHAPE_FIELD_COUNT(struct difference_facts, questions, "questions", "in how many questions"),
    SHAPE_FIELD_CHOICE(struct difference_facts, kind, "kind", difference_kind_words, "in what it differs"),
    SHAPE_FIELD_NAME(struct difference_facts, text, "text", "in a sentence"),
};
const struct shape difference_facts_shape = SHAPE(struct difference_facts, difference_fields, "difference");

static const struct shape_field matrix_fields[] = {
    SHAPE_FIELD_OBJECTS(struct matrix_facts, targets, "targets", &target_facts_shape, "the servers asked"),
    SHAPE_FIELD_OBJECTS(struct matrix_facts, probes, "probes", &probe_facts_shape,
                        "one row a question and target; a retry over TCP is a row of its own"),
    SHAPE_FIELD_OBJECTS(struct matrix_facts, differences, "differences", &difference_facts_shape,
                        "where a target differs from its peers"),
    SHAPE_FIELD_TEXT(struct matrix_facts, cluster_domain, "cluster_domain",
                     "names under it are answered by CoreDNS itself"),
    SHAPE_FIELD_TEXT(struct matrix_facts, resolver, "resolver",
                     "whose search order was followed; null without search"),
    SHAPE_FIELD_COUNT(struct matrix_facts, sent, "sent", "questions sent, with tries and TCP retries"),
    SHAPE_FIELD_COUNT(struct matrix_facts, stray, "stray", "datagrams that belonged to no question"),
    SHAPE_FIELD_REAL(struct matrix_facts, elapsed_ms, "elapsed_ms",
                     "from the first send to the last outcome"),
};
const struct shape matrix_facts_shape = SHAPE(struct matrix_facts, matrix_fields, "matrix");
