/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_REDACT_H
#define K8SDNS_MODEL_REDACT_H

#include <jansson.h>
#include <k8sdns/model/shape/shape.h>

/*
 * Replace the names and addresses in every text of the envelope `json`, whose data has `shape` (NULL: it has
 * none), by others that follow from them and from `word`: equal ones stay equal, also between files redacted
 * with the same word, and nobody without it can try names out. An IPv4 address becomes one of 240.0.0.0/4, an
 * IPv6 one of 2001:db8::/32, a label of a name or a word of a text x and eight digits.
 *
 * What is kept stands in tables (redact_words.h), and everything else is hidden: the words of enums, numbers,
 * times, ports, loopback and link-local addresses, the usual labels of a cluster (svc, cluster, kube-system)
 * and of example domains, terms of DNS, Kubernetes, CoreDNS and Linux in members that hold such, and in
 * sentences words that are nobody's name. A Corefile and the trees of traces are left out, as is every member
 * that the shape does not know.
 */
void json_redact(json_t *json, const struct shape *shape, const char *word);

#endif
