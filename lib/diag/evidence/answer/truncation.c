/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "truncation.h"
#include "../server.h"
#include <string.h>

/* Some server gives the whole of it, by whatever transport. */
static bool is_given(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if ((q->status == PROBE_ANSWER || q->status == PROBE_NODATA) && strcmp(q->type, p->type) == 0 &&
            strcmp(q->candidate, p->candidate) == 0)
            return true;
    }
    return false;
}

void truncation_weigh(struct diagnosis *d, struct finding *finding)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        int kind = name_kind_of(d->facts, p->name);

        /* Over TCP it is asked only for what was truncated. */
        if (p->transport != TRANSPORT_TCP || probe_status_is_good(p->status) || kind == NAME_MISSING ||
            kind == NAME_UNCACHED || is_given(matrix, p))
            continue;
        finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding, "%s %s is too large for UDP, and no server gives it over TCP (%s)",
                         p->candidate, p->type, probe_status_names[p->status]);
        return;
    }
}
