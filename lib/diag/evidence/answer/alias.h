/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_ALIAS_H
#define K8SDNS_DIAG_ALIAS_H

#include <k8sdns/diag/rule.h>

/* The name that the aliases (CNAME) of an answer end at, without its final dot; NULL without an alias. */
const char *alias_target(struct arena *arena, const struct probe_facts *probe);

/* The first answer to `name` that is of this status (enum probe_status) and an alias; NULL for none. */
const struct probe_facts *alias_find(const struct matrix_facts *matrix, const char *name, int status);

/* Say of that answer what it is an alias of. */
void alias_tell(struct diagnosis *diagnosis, struct finding *finding, const char *name, int status,
                const char *ends_how);

#endif
