/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alias.h"
#include <string.h>

/* The name that the aliases of an answer end at; NULL without an alias. */
static const char *alias_end(const struct probe_facts *probe)
{
    const char *end = NULL;

    for (size_t i = 0; i < probe->answers_count; i++)
        if (strcmp(probe->answers[i].type_name, "CNAME") == 0 && probe->answers[i].rdata.text)
            end = probe->answers[i].rdata.text;
    return end;
}

const struct probe_facts *alias_find(const struct matrix_facts *matrix, const char *name, int status)
{
    for (size_t i = 0; i < matrix->probes_count; i++)
        if (matrix->probes[i].status == status && strcmp(matrix->probes[i].name, name) == 0 &&
            alias_end(&matrix->probes[i]))
            return &matrix->probes[i];
    return NULL;
}

const char *alias_target(struct arena *arena, const struct probe_facts *probe)
{
    const char *end = alias_end(probe);

    return end ? name_without_dot(arena, end) : NULL;
}

void alias_tell(struct diagnosis *d, struct finding *finding, const char *name, int status,
                const char *ends_how)
{
    const struct probe_facts *p = alias_find(d->facts->matrix, name, status);

    if (p)
        finding_evidence(d, finding, "%s is an alias (CNAME) of %s, which %s", p->candidate,
                         alias_target(d->arena, p), ends_how);
}
