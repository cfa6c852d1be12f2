/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

const char *const target_role_names[] = {"cluster-ip", "replica", "node-local", "nameserver", "other", NULL};

const char *const target_origin_names[] = {
    "option", "resolv.conf", "kubelet",   "api",           "endpoints", "conntrack",
    "ipvs",   "identity",    "discovery", "service range", "socket",    NULL,
};

const char *const probe_status_names[] = {
    "answer",    "nodata",  "nxdomain",    "servfail", "refused",   "formerr", "notimp",
    "truncated", "timeout", "unreachable", "mismatch", "malformed", "error",   NULL,
};

const char *const mismatch_kind_names[] = {"source", "id", "no-answer", "question", NULL};

const char *const difference_kind_names[] = {"status", "records", "latency", NULL};

const char *const difference_fault_names[] = {"silence", "servfail", "refused", "other", NULL};

const char *const probe_transport_names[] = {"udp", "tcp", "tls", "https", NULL};

struct target_facts *target_find(struct target_facts *targets, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(targets[i].id, id) == 0)
            return &targets[i];
    return NULL;
}

bool probe_status_is_good(int status)
{
    return status == PROBE_ANSWER || status == PROBE_NODATA || status == PROBE_NXDOMAIN ||
           status == PROBE_TRUNCATED;
}

struct probe_facts probe_facts_unanswered(const char *target, const char *name, const char *candidate,
                                          const char *type, int transport)
{
    return (struct probe_facts){
        .target = target,
        .name = name,
        .candidate = candidate,
        .type = type,
        .status = PROBE_TIMEOUT,
        .unreachable = -1,
        .mismatch = -1,
        .transport = transport,
        .rtt_us = SHAPE_UNSET,
        .serial = SHAPE_UNSET,
        .size = SHAPE_UNSET,
    };
}

bool probe_is_heard(const struct probe_facts *probe)
{
    return probe->rcode || probe->status <= PROBE_TRUNCATED || probe->status == PROBE_MALFORMED;
}

bool probe_is_error(const struct probe_facts *probe)
{
    switch (probe->status) {
    case PROBE_SERVFAIL:
    case PROBE_REFUSED:
    case PROBE_FORMERR:
    case PROBE_NOTIMP:
        return true;
    case PROBE_ERROR:
        return probe->rcode != NULL;
    default:
        return false;
    }
}

bool matrix_is_heard(const struct matrix_facts *matrix, const char *target)
{
    for (size_t i = 0; i < matrix->probes_count; i++)
        if (strcmp(matrix->probes[i].target, target) == 0 && probe_is_heard(&matrix->probes[i]))
            return true;
    return false;
}

const char *matrix_found(const struct matrix_facts *matrix, const char *name)
{
    for (size_t i = 0; matrix && i < matrix->probes_count; i++)
        if (matrix->probes[i].status == PROBE_ANSWER && strcmp(matrix->probes[i].name, name) == 0)
            return matrix->probes[i].candidate;
    return NULL;
}

const char *name_without_dot(struct arena *arena, const char *name)
{
    size_t len = strlen(name);

    return len > 1 && name[len - 1] == '.' ? arena_text_n(arena, name, len - 1) : name;
}

bool matrix_is_own(const struct matrix_facts *matrix, const char *candidate)
{
    return dns_name_is_within(candidate, strlen(candidate), matrix->cluster_domain);
}

static const struct shape_field target_fields[] = {
    SHAPE_FIELD_NAME(struct target_facts, id, "id", "how probes name it"),
    SHAPE_FIELD_NAME(struct target_facts, address, "address", "IP address"),
    SHAPE_FIELD_COUNT(struct target_facts, port, "port", "port"),
    SHAPE_FIELD_CHOICE(struct target_facts, role, "role", target_role_names, "what it is to the cluster"),
    SHAPE_FIELD_CHOICE(struct target_facts, found_by, "found_by", target_origin_names, "how it was found"),
    SHAPE_FIELD_TEXT(struct target_facts, interface, "interface",
                     "interface of this network namespace that has the address; null when none has"),
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
    SHAPE_FIELD_CHOICE(struct probe_facts, status, "status", probe_status_names, "what came of it"),
    SHAPE_FIELD_TEXT(struct probe_facts, rcode, "rcode", "mnemonic; null when no valid answer came"),
    SHAPE_FIELD_COUNT(struct probe_facts, rtt_us, "rtt_us",
                      "from just before the send (over TCP: the connect) to the answer's arrival"),
    SHAPE_FIELD_COUNT(struct probe_facts, source_port, "source_port", "port it was sent from"),
    SHAPE_FIELD_CHOICE(struct probe_facts, transport, "transport", probe_transport_names, "of this row"),
    SHAPE_FIELD_OBJECTS(struct probe_facts, answers, "answers", &rr_facts_shape, "the answer section"),
    SHAPE_FIELD_COUNT(struct probe_facts, answers_left_out, "answers_left_out",
                      "records of the answer section over the most that are kept"),
    SHAPE_FIELD_TEXT(struct probe_facts, nsid, "nsid",
                     "identity the server gave (RFC 5001); an echo is null"),
    SHAPE_FIELD_COUNT(struct probe_facts, id, "id", "message id of the last try"),
    SHAPE_FIELD_COUNT(struct probe_facts, tries, "tries", "queries sent"),
    SHAPE_FIELD_COUNT(struct probe_facts, size, "size", "bytes of the answer"),
    SHAPE_FIELD_BOOL(struct probe_facts, authoritative, "authoritative", "AA bit of the answer"),
    SHAPE_FIELD_COUNT(struct probe_facts, late, "late", "answers that came after their try had timed out"),
    SHAPE_FIELD_COUNT(struct probe_facts, duplicates, "duplicates", "answers that came again"),
    SHAPE_FIELD_COUNT(struct probe_facts, mismatches, "mismatches",
                      "answers with a wrong id, question or source address"),
    SHAPE_FIELD_WORD(struct probe_facts, mismatch, "mismatch", mismatch_kind_names,
                     "what was wrong with the first of these; null where there is none"),
    SHAPE_FIELD_COUNT(
        struct probe_facts, serial, "serial",
        "of the SOA record of a negative answer for a Service: when CoreDNS last saw a change (Unix time)"),
    SHAPE_FIELD_TEXT(struct probe_facts, detail, "detail", "words for the status where it needs some"),
    SHAPE_FIELD_WORD(struct probe_facts, unreachable, "unreachable", unreachable_names,
                     "why it did not get there, by the ICMP error or the kernel; null without one"),
    SHAPE_FIELD_TEXT(struct probe_facts, reported_by, "reported_by",
                     "address that the ICMP error came from; null without one"),
    SHAPE_FIELD_BOOL(
        struct probe_facts, own_kernel, "own_kernel",
        "the error is this machine's own: it could not be sent, or no neighbour answered for it"),
    SHAPE_FIELD_BOOL(struct probe_facts, outlier, "odd", "it differs from what the peers of its target gave"),
    SHAPE_FIELD_BOOL(struct probe_facts, inferred, "inferred",
                     "the status was concluded from others of its target"),
};
const struct shape probe_facts_shape = SHAPE(struct probe_facts, probe_fields, "probe");

static const struct shape_field difference_fields[] = {
    SHAPE_FIELD_TEXT(struct difference_facts, target, "target",
                     "id of the one that differs; null when neither of two can be blamed"),
    SHAPE_FIELD_COUNT(struct difference_facts, questions, "questions", "in how many queries"),
    SHAPE_FIELD_CHOICE(struct difference_facts, kind, "kind", difference_kind_names, "in what it differs"),
    SHAPE_FIELD_WORD(struct difference_facts, fault, "fault", difference_fault_names,
                     "what it gives where the others answer; null when that is an answer too"),
    SHAPE_FIELD_NAME(struct difference_facts, text, "text", "in a sentence"),
};
const struct shape difference_facts_shape = SHAPE(struct difference_facts, difference_fields, "difference");

static const struct shape_field matrix_fields[] = {
    SHAPE_FIELD_WORD(struct matrix_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_OBJECTS(struct matrix_facts, targets, "targets", &target_facts_shape, "the servers asked"),
    SHAPE_FIELD_OBJECTS(struct matrix_facts, probes, "probes", &probe_facts_shape,
                        "one row a query and target; a retry over TCP is a row of its own"),
    SHAPE_FIELD_OBJECTS(struct matrix_facts, differences, "differences", &difference_facts_shape,
                        "where a target differs from its peers"),
    SHAPE_FIELD_TEXT(struct matrix_facts, cluster_domain, "cluster_domain",
                     "names under it are answered by CoreDNS itself"),
    SHAPE_FIELD_TEXT(struct matrix_facts, resolver, "resolver",
                     "whose search order was followed; null without search"),
    SHAPE_FIELD_TEXT(struct matrix_facts, as_pod, "as_pod",
                     "namespace of the Pod as which names were completed; null when as resolv.conf says"),
    SHAPE_FIELD_POINTER(struct matrix_facts, names_as, "names_as", &name_view_shape,
                        "the same with the cluster's domain and how it is known"),
    SHAPE_FIELD_COUNT(struct matrix_facts, sent, "sent", "queries sent, with tries and TCP retries"),
    SHAPE_FIELD_COUNT(struct matrix_facts, stray, "stray", "datagrams that belonged to no query"),
    SHAPE_FIELD_REAL(struct matrix_facts, elapsed_ms, "elapsed_ms",
                     "from the first send to the last outcome"),
};
const struct shape matrix_facts_shape = SHAPE(struct matrix_facts, matrix_fields, "matrix");

/* Some server says that this candidate does not exist, and none has it. */
static bool is_candidate_absent(const struct matrix_facts *matrix, const struct probe_facts *of)
{
    bool absent = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *probe = &matrix->probes[i];

        if (strcmp(probe->candidate, of->candidate) != 0 || strcmp(probe->name, of->name) != 0)
            continue;
        if (probe->status == PROBE_NXDOMAIN)
            absent = true;
        else if (probe_status_is_good(probe->status))
            return false;
    }
    return absent;
}

/* No candidate of the name exists. */
static bool is_name_absent(const struct matrix_facts *matrix, const char *name)
{
    bool any = false;

    /* The first target has every candidate. */
    for (size_t i = 0;
         i < matrix->probes_count && strcmp(matrix->probes[i].target, matrix->probes[0].target) == 0; i++) {
        if (strcmp(matrix->probes[i].name, name) != 0)
            continue;
        if (!is_candidate_absent(matrix, &matrix->probes[i]))
            return false;
        any = true;
    }
    return any;
}

bool matrix_is_meant_absent(const struct matrix_facts *matrix, const char *name)
{
    for (size_t i = 0; i < matrix->absent_names_count; i++)
        if (strcmp(matrix->absent_names[i], name) == 0)
            return true;
    return false;
}

bool matrix_is_absent(const struct matrix_facts *matrix, const char *name)
{
    return !matrix_is_meant_absent(matrix, name) && is_name_absent(matrix, name);
}

/*
 * Some server has a record of a candidate of this name, or says that there is none of the type. What was cut
 * off is neither: the answer over TCP is a probe of its own.
 */
static bool is_name_served(const struct matrix_facts *matrix, const char *name)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *probe = &matrix->probes[i];

        if (strcmp(probe->name, name) == 0 &&
            (probe->status == PROBE_ANSWER || probe->status == PROBE_NODATA))
            return true;
    }
    return false;
}

int matrix_health(const struct matrix_facts *matrix)
{
    bool served = false, failed = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *probe = &matrix->probes[i];
        bool first = i == 0 || strcmp(probe->name, matrix->probes[i - 1].name) != 0;

        served =
            served || (first && (is_name_absent(matrix, probe->name) || is_name_served(matrix, probe->name)));
        failed = failed || !probe_status_is_good(probe->status) ||
                 (first && matrix_is_absent(matrix, probe->name));
    }
    /* One that is slow answers all the same. */
    for (size_t i = 0; i < matrix->differences_count; i++)
        failed = failed || matrix->differences[i].kind != DIFFERS_LATENCY;
    return !matrix->probes_count ? HEALTH_UNKNOWN
           : !served             ? HEALTH_FAILING
           : failed              ? HEALTH_DEGRADED
                                 : HEALTH_OK;
}
