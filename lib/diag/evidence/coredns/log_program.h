/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_LOG_PROGRAM_H
#define K8SDNS_DIAG_LOG_PROGRAM_H

#include <k8sdns/diag/rule.h>

extern const char log_kube_dns[], log_cache[]; /* two of the names of log_program() */

/* "CoreDNS", "node-local-dns", "kube-dns", "dnsmasq of kube-dns": which program wrote a line in the log of
 * `source` (or NULL). */
const char *log_program(const char *source, const char *text);
/* The same of what holds at the end of a log, of which other lines may have told. */
const char *log_state_program(const struct log_state_facts *state);
/*
 * Whether a configuration that is refused is the ConfigMap of kube-dns, and no Corefile: kube-dns has none,
 * and node-cache reads that map too. Source: kubernetes/dns, pkg/dns/config/sync.go and pkg/dnsmasq/nanny.go.
 */
bool log_is_of_config_map(const char *source, const char *text);
/* Fewer lines that a server waits and is not ready are those of any start. */
uint64_t log_waits_usual(const char *text);
/* The source, or "kube-dns's log" of that program without one. */
const char *log_subject(struct diagnosis *diagnosis, const char *source, const char *program);
/* Whether it is a program of kube-dns's Pod. */
bool log_is_of_kube_dns(const char *source, const char *text);

/* Where a line says which right an account lacks (User "system:serviceaccount:dns:coredns" cannot list
 * resource "services" in API group "" at the cluster scope), `step` asks for that one; else it stays as it
 * is. */
void log_ask_for_right(struct diagnosis *diagnosis, struct step *step, const char *text);

#endif
