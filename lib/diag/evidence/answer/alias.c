/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alias.h"
#include <string.h>

const char *alias_end(const struct probe_facts *probe)
{
    const char *end = NULL;

    for (size_t i = 0; i < probe->answers_count; i++)
        if (strcmp(probe->answers[i].type_name, "CNAME") == 0 && probe->answers[i].rdata.text)
            end = probe->answers[i].rdata.text;
    return end;
}

/* The length of a name without its final dot. */
static int without_dot(const char *name)
{
    size_t len = strlen(name);

    return (int)(len > 1 && name[len - 1] == '.' ? len - 1 : len);
}

void alias_tell(struct diagnosis *d, struct finding *finding, const char *name, int status,
                const char *ends_how)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        const char *end = p->status == status && strcmp(p->name, name) == 0 ? alias_end(p) : NULL;

        if (!end)
            continue;
        finding_evidence(d, finding, "%s is an alias (CNAME) of %.*s, which %s", p->candidate,
                         without_dot(end), end, ends_how);
        return;
    }
}
