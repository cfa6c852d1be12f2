/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_LIMIT_H
#define K8SDNS_DIAG_LIMIT_H

#include <k8sdns/diag/rule.h>

/* The limit of that id; NULL where it was not seen. */
const struct limit_facts *limit_at(const struct facts *facts, const char *id);

/*
 * A finding for each of the limits `ids` that is near its end, or ran out while it was watched. What ran out
 * before is past. When none of them was seen the rule is unknown, for the reason `why`.
 */
void limits_check(struct diagnosis *diagnosis, const struct rule *rule, const char *const *ids, size_t count,
                  const char *why);

#endif
