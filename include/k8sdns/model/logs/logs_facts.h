/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOGS_FACTS_H
#define K8SDNS_MODEL_LOGS_FACTS_H

#include <k8sdns/model/probe/decode_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>
#include <stdbool.h>

/* What CoreDNS logged, read by k8sdns logs. Times are those that kubectl or the kubelet put before the lines.
 */

/* Every line is one of the first six; `other` holds the rest of the members too. */
struct log_lines_facts {
    uint64_t total, query, dump, error, panic, debug, other;
    uint64_t foreign; /* of other: of another program, in a log of many */
    uint64_t notice, trace,
        unknown;            /* of other: understood, of a panic's trace (or a Corefile), and not understood */
    uint64_t blank;         /* of notice: nothing in it */
    uint64_t loop_probes;   /* of query and dump: set aside */
    uint64_t filtered, cut; /* left out by --grep, --since or --until; longer than can be read */
    uint64_t untimed;       /* without a time */
};
extern const struct shape log_lines_facts_shape;

/*
 * What a line that is no query says, as far as rules want to know it. Those without a rule say nothing of a
 * fault: reload, start, stop, debug; messages of other kinds, and lines that are not understood, which are
 * shown; and telemetry-lost, since answers do not wait for dnstap or trace.
 */
enum log_event_kind {
    /* Of the errors plugin: each is a query that got SERVFAIL, or the code in it. */
    LOG_UPSTREAM_TIMEOUT,
    LOG_UPSTREAM_REFUSED,
    LOG_UPSTREAM_UNREACHABLE,
    LOG_UPSTREAM_TLS,       /* a certificate that is not trusted, or no TLS there */
    LOG_UPSTREAM_CLOSED,    /* the upstream ended the connection */
    LOG_UPSTREAM_OVERSIZE,  /* its answer does not fit what was offered */
    LOG_UPSTREAM_MALFORMED, /* its answer cannot be read */
    LOG_UPSTREAM_ADDRESS,   /* it can never be reached under the address in the Corefile or resolv.conf */
    LOG_LOCAL_LIMIT,        /* files, ports or memory of CoreDNS's own Pod or node */
    LOG_LOCAL_FILTERED,     /* the node does not let it send */
    LOG_NO_PLUGIN,          /* no plugin is left to answer */
    LOG_RATE_LIMITED,
    LOG_ERRORS_OTHER,
    LOG_KUBERNETES_FORBIDDEN,
    LOG_KUBERNETES_UNAUTHORIZED,
    LOG_KUBERNETES_FAILED, /* to list or watch, for another reason */
    LOG_KUBERNETES_UNSYNCED,
    LOG_KUBERNETES_WAITING,
    LOG_NOT_READY,
    LOG_HEALTH_SLOW, /* health's request to itself failed or took over a second */
    LOG_LOOP,
    LOG_PANIC,
    LOG_RELOAD,
    LOG_RELOAD_FAILED,
    LOG_START,
    LOG_START_FAILED,
    LOG_STOP,
    LOG_FILE_UNREADABLE,   /* a file of hosts, file, auto or another that cannot be read */
    LOG_TRANSFER_FAILED,   /* a zone that cannot be fetched, or is too old */
    LOG_SETUP_FAILED,      /* node-cache: its rules or its interface */
    LOG_TELEMETRY_LOST,    /* dnstap, trace */
    LOG_DNSMASQ_LIMIT,     /* kube-dns: dnsmasq turns queries away */
    LOG_DNSMASQ_SILENT,    /* kube-dns: its sidecar gets no answer of dnsmasq */
    LOG_DNSMASQ_UPSTREAM,  /* kube-dns: dnsmasq, or kube-dns itself, knows no upstream */
    LOG_DNSMASQ_RECURSION, /* kube-dns: an upstream of dnsmasq does not resolve for others */
    LOG_DNSMASQ_REBIND,    /* kube-dns: dnsmasq takes private addresses out of an answer */
    LOG_DEBUG,
    LOG_MESSAGE, /* any other with a level */
    LOG_UNKNOWN, /* not understood */
    LOG_EVENT_KINDS,
};
extern const char *const log_event_kind_names[];

/* Lines that say the same, but for their numbers. */
struct log_event_facts {
    int kind; /* enum log_event_kind */
    uint64_t count;
    const char *level, *plugin, *subject; /* subject: the upstream of an error */
    const char *source;                   /* of the first */
    const char *first_time, *last_time;   /* NULL without times */
    const char *text;                     /* the first of them */
    /* Of errors lines: */
    bool by_cache;          /* of a node-local cache, which forwards to the ClusterIP by design */
    bool to_itself;         /* sent from the upstream's own address */
    const char *local;      /* the address that the first was sent from; NULL when not told */
    uint64_t probes;        /* of them, of queries of the loop plugin */
    uint64_t cluster_names; /* of them, of names under the cluster's domain */
};
extern const struct shape log_event_facts_shape;

/*
 * What holds at the end of a source's log: no later line undoes it. Of reload-failed, start-failed and
 * not-ready (with kubernetes-waiting), one each at most.
 */
struct log_state_facts {
    int kind; /* enum log_event_kind */
    const char *source;
    uint64_t count; /* lines that say so, since it holds */
    const char *first_time, *last_time;
    double lasts_s;   /* from the first to the source's last line; NAN without times */
    double quiet_s;   /* from the last to it */
    const char *text; /* the last of them */
    bool by_cache;    /* another line of the log is one that node-cache alone has */
};
extern const struct shape log_state_facts_shape;

struct log_panic_facts {
    const char *time, *source, *text;
    const char *where; /* the first function that is not the runtime's */
    const char **trace;
    size_t trace_count;
    bool recovered;
};
extern const struct shape log_panic_facts_shape;

/* One query with what is known of it. */
struct log_query_facts {
    const char *time, *source, *client;
    uint64_t port, id;
    const char *type, *name, *rcode;
    double latency_ms;
};
extern const struct shape log_query_facts_shape;

struct log_unanswered_facts {
    const char *time, *source, *client;
    uint64_t port, id;
    const char *type, *name, *protocol;
    double age_ms;
    bool at_least; /* the lines have no times: the age follows from what was answered since */
    bool ended;    /* the server ended with it */
};
extern const struct shape log_unanswered_facts_shape;

/* Queries received (dump) against queries answered (log). */
struct log_dump_facts {
    uint64_t received, answered, unanswered, ended, in_flight;
    uint64_t forgotten; /* too many waited at once */
    double threshold_ms;
};
extern const struct shape log_dump_facts_shape;

struct log_top_facts {
    const char *name;
    uint64_t count, error; /* too large by `error` at most */
    uint64_t nxdomain, failed;
};
extern const struct shape log_name_facts_shape;   /* key "name" */
extern const struct shape log_client_facts_shape; /* key "client" */
extern const struct shape log_suffix_facts_shape; /* key "suffix" */

struct log_latency_facts {
    double p50, p90, p99, max;
};
extern const struct shape log_latency_facts_shape;

struct log_rate_facts {
    const char *time;
    uint64_t queries, failed;
};
extern const struct shape log_rate_facts_shape;

/* Questions that came again from the same client after a resolver's timeout. */
struct log_retries_facts {
    uint64_t after_5s, after_2_5s; /* glibc's and Go's timeout; musl's */
    uint64_t same_id;              /* of these: with the same port and id, so surely sent again */
    uint64_t forgotten;            /* questions that made room for others before the time was up */
    struct log_query_facts *examples;
    size_t examples_count;
};
extern const struct shape log_retries_facts_shape;

struct log_loop_facts {
    uint64_t probes, names; /* queries of the loop plugin; different ones, one for each start */
    uint64_t repeated;      /* seen again, though answered or from elsewhere */
    uint64_t detected;      /* the plugin ended the server */
    const char *example;
};
extern const struct shape log_loop_facts_shape;

struct log_source_facts {
    const char *name, *version;
    uint64_t lines, queries, failed, starts, panics;
    const char *first_time, *last_time;
};
extern const struct shape log_source_facts_shape;

enum log_file_state {
    LOG_FILE_READ,
    LOG_FILE_VANISHED,
    LOG_FILE_FAILED, /* reading it failed */
};
extern const char *const log_file_state_names[];

struct log_file_facts {
    const char *path;
    int state; /* enum log_file_state */
    uint64_t bytes, rotated, truncated;
    const char *error;
    const char *head; /* its first bytes, by which input of another kind is named; not in the JSON */
    size_t head_len;
};
extern const struct shape log_file_facts_shape;

/* `data` of the logs command; logs of facts. */
struct logs_facts {
    int status;                     /* enum health; unknown until it is judged */
    bool summary;                   /* of all, not of an interval */
    bool printed;                   /* line by line, so its text is nothing more; in no JSON */
    const struct finding *findings; /* the envelope's, for the text; not in JSON, as the next */
    size_t findings_count;
    struct log_lines_facts lines;
    const char
        *format;      /* the log plugin's, as it follows from lines that are of no known form; NULL without */
    bool format_sure; /* enough lines agree; not in JSON */
    const char *first_time, *last_time;
    double span_s; /* NAN without times */
    uint64_t queries;
    double qps, peak_qps;
    uint64_t rate_interval_s;
    struct log_rate_facts *rate;
    size_t rate_count;
    struct shape_tally *rcodes, *types;
    size_t rcodes_count, types_count;
    struct shape_tally *declined; /* of rcodes: refusals of types that a server may decline; no failures */
    size_t declined_count;
    uint64_t server_made; /* failed answers that the log has under another name */
    struct log_latency_facts latency_ms;
    uint64_t timed_queries; /* with a duration */
    double slow_threshold_ms;
    uint64_t slow_total;
    struct log_query_facts *slow;
    size_t slow_count;
    struct log_top_facts *names, *clients, *suffixes, *search_waste, *upstreams;
    size_t names_count, clients_count, suffixes_count, search_waste_count, upstreams_count;
    uint64_t names_floor, clients_floor;
    double search_waste_ratio;
    uint64_t search_waste_total;
    const char *cluster_domain;
    uint64_t cluster_queries;          /* for names under it */
    struct log_retries_facts *retries; /* NULL without times */
    struct log_dump_facts *dump;       /* NULL without dump lines */
    struct log_unanswered_facts *unanswered;
    size_t unanswered_count;
    struct log_loop_facts loop;
    struct shape_tally *event_kinds; /* lines by kind; all of them, though `events` is a selection */
    size_t event_kinds_count;
    struct log_event_facts *events;
    size_t events_count;
    uint64_t events_dropped; /* lines that found no place in `events` */
    struct log_state_facts *states;
    size_t states_count;
    struct log_panic_facts *panics;
    size_t panics_count;
    struct decoded_message *messages; /* from the debug plugin's hex */
    size_t messages_count;
    uint64_t messages_total;
    struct log_source_facts *sources;
    size_t sources_count;
    struct log_file_facts *files;
    size_t files_count;
};
extern const struct shape logs_facts_shape;

/* Lines of a kind. */
uint64_t logs_facts_events(const struct logs_facts *facts, int kind);
/* Answers with that code. */
uint64_t logs_facts_rcode(const struct logs_facts *facts, const char *rcode);
/* Of these: to queries of a type that a server may decline. */
uint64_t logs_facts_declined(const struct logs_facts *facts, const char *rcode);

/* One line, as --lines --json prints it. */
struct log_line_facts {
    const char *time, *source;
    int kind; /* enum log_line_kind */
    const char *text;
    const char *client;
    uint64_t port, id;
    const char *type, *class_name, *name, *protocol, *rcode, *flags;
    uint64_t size, response_size;
    double latency_ms;
    bool server_made;
    const char *level, *plugin;
    struct shape_keyed *metadata; /* what --format names */
    size_t metadata_count;
    struct decoded_message *message; /* behind the last line of a hex block */
};
extern const struct shape log_line_facts_shape;

enum log_line_kind {
    LOG_LINE_QUERY,
    LOG_LINE_DUMP,
    LOG_LINE_ERROR,
    LOG_LINE_PANIC,
    LOG_LINE_DEBUG,
    LOG_LINE_NOTICE,
    LOG_LINE_TRACE,
    LOG_LINE_UNKNOWN,
};
extern const char *const log_line_kind_names[];

#endif
