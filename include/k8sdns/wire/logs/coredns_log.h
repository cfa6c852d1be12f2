/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_COREDNS_LOG_H
#define K8SDNS_WIRE_COREDNS_LOG_H

#include <k8sdns/wire/logs/log_template.h>

/*
 * One line of CoreDNS's log, of any version.
 *
 *     query    [INFO] 10.244.1.5:5056 - 2120 "A IN a.example. udp 77 false 1232" NOERROR qr,aa,rd 106 0.0005s
 *     dump     10.244.1.5 - 2120 A IN a.example. udp 5056
 *     errors   [ERROR] plugin/errors: 2 a.example. A: read udp 10.244.0.2:5181->100.100.2.138:53: i/o timeout
 *              before 1.2.6 [ERROR] 2 a.example. A: ...; before 1.1.3 [ERROR 2 a.example. A] ...
 *     panic    [ERROR] Recovered from panic in server: "dns://:53" index out of range; or the runtime's
 * "panic: "; client-go's "Observed a panic: " hex      debug: 000000 c0 fb 81 80 message  [LEVEL] anything
 * else; klog's E0322 21:22:59.665365       1 reflector.go:138] ...; dnsmasq[9]: ... start    .:53
 * on 10.244.0.2; CoreDNS-1.14.7; linux/amd64, go1.26.10, 427fc80ed trace    goroutine 90 [running]:
 *
 * What a query line looked like, by version of CoreDNS:
 *
 *     1.0.4 and before   REMOTE - [02/Jan/2006:15:04:05 -0700] "..." RCODE FLAGS SIZE 1.2ms
 *     1.0.5, 1.1.0       with the id; with the port
 *     1.1.4              durations in seconds alone
 *     1.2.6 to 1.6.2     a time of its own in front, "[INFO] ", no time inside
 *     since 1.6.3        no time
 *
 * How the log shows that CoreDNS answered by itself since the plugins failed ("server made"):
 *
 *     1.8.4 and before   NOERROR - 0      which no answer that was written can have
 *     1.8.5 to 1.14.4    - - 0
 *     since 1.14.5       SERVFAIL qr,rd 28
 *
 * The parser keeps no state: which lines belong to a panic's trace its caller knows.
 */
enum coredns_line_kind {
    COREDNS_QUERY,
    COREDNS_DUMP,
    COREDNS_ERRORS,       /* of the errors plugin: one query that failed */
    COREDNS_CONSOLIDATED, /* of the errors plugin: "12 errors like '...' occurred in last 5s" */
    COREDNS_PANIC,        /* recovered, or the last word of a process */
    COREDNS_HEX,          /* of the debug plugin */
    COREDNS_MESSAGE,      /* "[LEVEL] ..." or klog's */
    COREDNS_START,        /* of the banner */
    COREDNS_FATAL,        /* a start that failed */
    COREDNS_TRACE,        /* of Go: "goroutine 90 [running]:" and the like, which can be nothing else */
    COREDNS_BLANK,
    COREDNS_UNKNOWN,
};

enum coredns_level {
    COREDNS_LEVEL_NONE,
    COREDNS_LEVEL_DEBUG,
    COREDNS_LEVEL_INFO,
    COREDNS_LEVEL_WARNING,
    COREDNS_LEVEL_ERROR,
    COREDNS_LEVEL_FATAL,
};

#define COREDNS_UNSET UINT64_MAX

struct coredns_line {
    int kind;  /* enum coredns_line_kind */
    int level; /* enum coredns_level */
    /* query, dump; errors lines have type and name */
    struct log_word client; /* without brackets; empty where the format has it not */
    struct log_word type, class, name, protocol;
    uint32_t port, id; /* UINT32_MAX: unknown */
    /* query */
    struct log_word rcode; /* as written; empty where the format has it not */
    struct log_word flags; /* "qr,aa,rd" */
    struct log_word bufsize, dnssec_ok, opcode, local, size, response_size;
    uint64_t duration_ns;  /* COREDNS_UNSET: unknown */
    bool by_template;      /* the template fits, and its values are set */
    bool observed;         /* panic: client-go tells of it, with its trace, before the process ends of it */
    bool server_made;      /* a failed answer that an older version logs as NOERROR or "-" */
    struct log_word extra; /* what follows a query line of the usual format */
    /* errors, messages */
    uint64_t count; /* errors: rcode; consolidated: how many; start: 1 for the line with the version */
    struct log_word plugin; /* "kubernetes"; empty without */
    struct log_word text;   /* behind the level and the plugin; the version of a banner */
    uint64_t time_ns;       /* of its own; 0 without */
};

/* A word that is a number up to 2^32 - 1; else COREDNS_UNSET. */
uint64_t coredns_number(struct log_word word);

/*
 * Read `line`. With a template, lines that match it are queries, and others are looked at as without;
 * `values` (may be NULL without a template) get what stood for each of its parts. Never fails: what is of no
 * known form is COREDNS_UNKNOWN. The words point into `line`. Source: plugin/log, plugin/errors,
 * plugin/debug, plugin/pkg/log, plugin/pkg/replacer and core/dnsserver of CoreDNS, at tags from 1.0.1
 * to 1.14.7; github.com/miekg/dump.
 */
void coredns_log_read(const struct log_template *log_template, struct log_word line, struct log_word *values,
                      struct coredns_line *ret_line);

#endif
