/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_EVENT_KIND_H
#define K8SDNS_MODEL_LOG_EVENT_KIND_H

#include <k8sdns/wire/logs/coredns_log.h>
#include <stdbool.h>

/*
 * What a line that is no query says: its enum log_event_kind, by the plugin and the words in it. A line of no
 * known words is LOG_ERRORS_OTHER, LOG_MESSAGE, LOG_DEBUG or LOG_UNKNOWN. Source: every log call of CoreDNS's
 * plugins at tags from 1.0.1 to 1.14.7; coredns/caddy; kubernetes/dns's cmd/node-cache; dnsmasq's forward.c;
 * client-go's reflector.
 */
int log_event_kind(const struct coredns_line *line);

/* Whether it says that a server has started: CoreDNS's banner with its version; dnsmasq's and kube-dns's
 * words. */
bool log_event_starts(const struct coredns_line *line);

/* Whether it says that the configuration is in force: caddy's line after a reload, or a start. */
bool log_event_accepts(const struct coredns_line *line);

/* Whether only node-cache says so, the program of node-local-dns; CoreDNS's own lines are the same in both.
 */
bool log_event_is_of_cache(const struct coredns_line *line);

/* Whether lines without any form follow that are a Corefile: node-cache prints what it made of its template.
 */
bool log_event_prints_corefile(const struct coredns_line *line);

/* Whether it tells of an end whose reason the line before it has: the nanny of kube-dns, of dnsmasq. */
bool log_event_follows(const struct coredns_line *line);

/* Whether a line is about a probe of the loop plugin: HINFO of "4407329981067586630.488849418457690360." */
bool log_is_probe(const struct coredns_line *line);

/* From where to where an errors line says that its query went; words are empty where it does not say. */
struct log_route {
    struct log_word from, to; /* ADDRESS:PORT */
    bool to_itself;           /* both are one address */
};

/* "read udp A->B: i/o timeout", "dial tcp B: connect: connection refused". */
void log_event_route(const struct coredns_line *line, struct log_route *ret_route);

#endif
