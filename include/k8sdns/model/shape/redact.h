/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_REDACT_H
#define K8SDNS_MODEL_REDACT_H

#include <jansson.h>

/*
 * Replace the names and addresses in every text of `json` by others that follow from them and from `word`:
 * equal ones stay equal, also between files redacted with the same word, and nobody without it can try names
 * out. An IPv4 address becomes one of 240.0.0.0/4, an IPv6 one of 2001:db8::/32, a label of a name x and
 * eight digits.
 *
 * Kept as they are: ports, loopback and link-local addresses, names of the usual parts of a cluster (svc,
 * cluster, local, kubernetes, default, kube-system, ...) and of example domains, versions, and this program's
 * own words.
 */
void json_redact(json_t *json, const char *word);

#endif
