/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusal.h"
#include "../server.h"
#include <string.h>

static bool is_form(const struct probe_facts *p)
{
    return p->status == PROBE_FORMERR || p->status == PROBE_NOTIMP;
}

static void add(struct refusals *r, const struct probe_facts *p)
{
    r->asked++;
    r->heard += probe_is_heard(p);
    if (is_form(p)) {
        r->form++;
        r->rcode = r->rcode ? r->rcode : p->status == PROBE_FORMERR ? "FORMERR" : "NOTIMP";
    }
    if (p->status == PROBE_REFUSED) {
        r->refused++;
        r->types |= concern_of_type(p->type);
    }
}

/* What is asked again goes out without EDNS. */
static bool answers_without(const struct diagnosis *d, const struct server *server, bool *ret_form)
{
    const struct matrix_facts *without = d->facts->small;
    bool answers = false;

    *ret_form = false;
    for (size_t i = 0; without && i < without->probes_count; i++) {
        const struct probe_facts *p = &without->probes[i];

        if (p->transport != TRANSPORT_UDP || strcmp(p->target, server->target->id) != 0)
            continue;
        answers = answers || (probe_is_heard(p) && probe_status_is_good(p->status));
        *ret_form = *ret_form || is_form(p);
    }
    return answers && !*ret_form;
}

struct refusals refusals_of(const struct diagnosis *d, const struct server *server)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct refusals r = {0};

    for (size_t i = 0; i < matrix->probes_count; i++)
        if (matrix->probes[i].transport == TRANSPORT_UDP &&
            strcmp(matrix->probes[i].target, server->target->id) == 0 &&
            is_cluster_query(d, &matrix->probes[i]))
            add(&r, &matrix->probes[i]);
    if (server->silent && server->unreachable[UNREACHABLE_PORT] > 0 && !server_rejected_by(d, server))
        r.kind = REFUSAL_CLOSED;
    else if (r.refused * 2 > r.heard)
        r.kind = REFUSAL_SAID;
    else if (r.form && r.form == r.heard)
        r.kind = answers_without(d, server, &r.form_without) ? REFUSAL_EDNS : REFUSAL_FORM;
    return r;
}
