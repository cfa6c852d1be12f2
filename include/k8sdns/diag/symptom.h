/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_SYMPTOM_H
#define K8SDNS_DIAG_SYMPTOM_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/diagnosis/explain_facts.h>
#include <stddef.h>

/* What a message can mean: the index of its words in symptoms[]. */
enum symptom_id {
    SYMPTOM_NX,
    SYMPTOM_NX_GO,
    SYMPTOM_NX_OR_NODATA,
    SYMPTOM_NODATA,
    SYMPTOM_NODATA_FAMILY,
    SYMPTOM_NODATA_ZONE,
    SYMPTOM_TIMEOUT,
    SYMPTOM_TIMEOUT_GO,
    SYMPTOM_TIMEOUT_CURL,
    SYMPTOM_TIMEOUT_DIG,
    SYMPTOM_TIMEOUT_CARES,
    SYMPTOM_AGAIN,
    SYMPTOM_AGAIN_HTTP,
    SYMPTOM_SERVFAIL,
    SYMPTOM_MISBEHAVING,
    SYMPTOM_REFUSED,
    SYMPTOM_REFUSED_RECURSION,
    SYMPTOM_UNREACHABLE_PORT,
    SYMPTOM_UNREACHABLE_ROUTE,
    SYMPTOM_LOCAL_FILES,
    SYMPTOM_LOCAL_FILTER,
    SYMPTOM_LOCAL_BIND,
    SYMPTOM_LOCAL_BIND_PERMISSION,
    SYMPTOM_LOCAL_ADDRESS,
    SYMPTOM_LOCAL_RESOURCES,
    SYMPTOM_LOCAL_SYSTEM,
    SYMPTOM_LOCAL_INTERFACE,
    SYMPTOM_LOCAL_XTABLES,
    SYMPTOM_MALFORMED,
    SYMPTOM_FAIL,
    SYMPTOM_MISMATCH,
    SYMPTOM_MARTIAN,
    SYMPTOM_TRUNCATED,
    SYMPTOM_TCP_SILENT,
    SYMPTOM_TCP_REFUSED,
    SYMPTOM_CONFIG_NO_SERVER,
    SYMPTOM_CONFIG_RESOLV,
    SYMPTOM_CONFIG_LIMITS,
    SYMPTOM_CONFIG_KUBELET,
    SYMPTOM_CONFIG_COREFILE,
    SYMPTOM_CONFIG_NO_PLUGIN,
    SYMPTOM_CONFIG_VOLUME,
    SYMPTOM_CONFIG_PROXY,
    SYMPTOM_LIMIT_QUERIES,
    SYMPTOM_LIMIT_CONNTRACK,
    SYMPTOM_LIMIT_NEIGHBOUR,
    SYMPTOM_LIMIT_MEMORY,
    SYMPTOM_LIMIT_SYN,
    SYMPTOM_UPSTREAM,
    SYMPTOM_LOOP,
    SYMPTOM_API,
    SYMPTOM_API_FORBIDDEN,
    SYMPTOM_DNSSEC,
    SYMPTOM_FILTERED,
    SYMPTOM_REBIND,
    SYMPTOM_CHECKSUM,
    SYMPTOM_IPVS,
    SYMPTOM_BADNAME,
    SYMPTOM_FAILED,
    SYMPTOM_FAILED_SENTINEL,
    SYMPTOM_NOTDNS_CONNECT,
    SYMPTOM_NOTDNS_TIMEOUT,
    SYMPTOM_NOTDNS_PROXY,
    SYMPTOM_NOTDNS_RECORD,
    SYMPTOM_VAGUE,
    SYMPTOM_NOISE,
    SYMPTOM_NOISE_FOUND,
    SYMPTOMS_COUNT,
};

/*
 * How a program writes a message. `form` is the fixed part, whatever the case, with "*" for what differs; "^"
 * at its begin and "$" at its end tie it to those of the line. A letter or digit at either end of the form
 * must not go on there, unless a "*" stands there.
 */
struct message_pattern {
    const char *form;
    enum symptom_id symptom;
    const char *program; /* who says it */
};

/* All tables of forms, in the order in which they are tried; NULL ends them. */
extern const struct message_pattern *const message_tables[];

/* A meaning in words. */
struct symptom {
    enum symptom_class class;
    const char *title;
    const char *meaning;
    const char *const *likely; /* ids of findings, the likeliest first; NULL-terminated */
    const char *const *checks; /* what to run; NULL-terminated */
};
extern const struct symptom symptoms[SYMPTOMS_COUNT];

/* Whether a form fits a line of `len` bytes in lower case. */
bool message_pattern_fits(const char *form, const char *line, size_t len);

/* The form that one line fits, or NULL. */
const struct message_pattern *message_pattern_find(const char *line, size_t len);

/* How much a form says of DNS: 0 for one that names a fault, and more for less. */
unsigned message_rank(const struct message_pattern *form);

/* The known form that shares the most words with a line, or NULL when none shares enough. */
const struct message_pattern *message_pattern_nearest(const char *line, size_t len);

/* A message in a text. */
struct known_message {
    const struct message_pattern *form;
    size_t line;      /* from 1 */
    const char *text; /* the line, without blanks around it */
    size_t count;     /* lines with the same meaning */
};

/*
 * The messages in a text of one or more lines, a meaning once, the first cause first: what names a fault
 * comes before what only says that something failed; in a chain of exceptions the innermost comes first; else
 * the lines' order holds. Lines beyond 100,000 are not looked at.
 */
void messages_find(struct arena *arena, const char *text, struct known_message **ret_messages,
                   size_t *ret_count);

#endif
