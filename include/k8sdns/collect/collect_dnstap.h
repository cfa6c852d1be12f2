/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_DNSTAP_LOOK_H
#define K8SDNS_COLLECT_DNSTAP_LOOK_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/dnstap/dnstap_facts.h>

/* Read a file of dnstap frames into facts, without telling of single queries. Return 0, or a negative errno
 * with a message. */
int collect_dnstap(struct survey *survey, const char *path, struct dnstap_facts *ret_facts) MUST_USE;

#endif
