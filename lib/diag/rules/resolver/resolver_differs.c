/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <string.h>

/* The same name at the same server in the other family is answered: nobody goes on. */
static bool has_other_type(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (q != p && strcmp(q->target, p->target) == 0 && strcmp(q->candidate, p->candidate) == 0 &&
            q->status == PROBE_ANSWER)
            return true;
    }
    return false;
}

/* A later candidate for the same name at the same server that is answered. */
static const struct probe_facts *answered_later(const struct matrix_facts *matrix, size_t from)
{
    const struct probe_facts *p = &matrix->probes[from];

    for (size_t i = from + 1; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (strcmp(q->target, p->target) == 0 && strcmp(q->name, p->name) == 0 &&
            strcmp(q->candidate, p->candidate) != 0 && q->status == PROBE_ANSWER)
            return q;
    }
    return NULL;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const struct resolver_view *view = resolver_followed(d->facts);
    bool musl = view && view->resolver == RESOLVER_MUSL;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i], *later;
        struct finding *finding;

        if ((p->status != PROBE_SERVFAIL && p->status != PROBE_NODATA) || strcmp(p->type, "A") != 0 ||
            (p->status == PROBE_NODATA && has_other_type(matrix, p)))
            continue;
        later = answered_later(matrix, i);
        if (!later)
            continue;
        finding = finding_new(d, rule, p->name);
        finding->severity = musl ? SEVERITY_WARNING : SEVERITY_INFO;
        finding_evidence(d, finding,
                         "%s is %s at %s, where musl stops; %s, which glibc and Go try next, is answered",
                         p->candidate, probe_status_words[p->status], p->target, later->candidate);
        return;
    }
}

static const char *const remedies[] = {
    "write the name in full, with a final dot; back: without",
    "mend what stops it: the record of another type under the search domain, or the error of the "
    "server",
    "build the image on glibc where the application needs its rules",
    NULL,
};

static const char *const checks[] = {
    "k8sdns lookup NAME --as all",
    NULL,
};

const struct rule rule_resolver_differs = {
    .id = "resolver-differs",
    .title = "glibc, musl and Go do not agree on a name here",
    .severity = SEVERITY_INFO,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "glibc, musl and Go would agree on these names",
    .cause = "In the middle of the search list musl stops where glibc and Go go on: at a name that "
             "exists without the type asked for, and at an error of the server. The same name "
             "resolves in one image and not in another.",
    .remedies = remedies,
    .checks = checks,
    .eval = eval,
};
