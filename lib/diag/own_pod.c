/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "own_pod.h"
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/shape/gap.h>

void own_pod_read(struct diagnosis *d)
{
    d->host = d->facts->host;
    resolv_facts_name_host(d->arena, d->facts->resolv, &d->host);
}

const char *own_pod_words(const struct diagnosis *d)
{
    if (!d->host.in_pod || !d->host.pod)
        return NULL;
    return arena_printf(d->arena, "%s -n %s", shell_word(d->arena, d->host.pod),
                        shell_word(d->arena, text_or(d->host.space, "NAMESPACE")));
}

const char *own_pod_program(const struct diagnosis *d)
{
    return gap_program(d->arena, &d->host);
}

/* A finding leads whose cause is in the cluster and not in the Pod. */
static bool is_of_cluster(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->findings_count; i++) {
        const struct finding *finding = &d->findings[i];

        if (!finding->consequence && finding->severity != SEVERITY_INFO && !rule_find(finding->id)->is_of_pod)
            return true;
    }
    return false;
}

struct step *own_pod_for_admin(const struct diagnosis *d)
{
    const char *pod = own_pod_words(d);
    struct step *step;

    if (!pod || d->facts->kube || !is_of_cluster(d))
        return NULL;
    step = ARENA_NEW(d->arena, struct step);
    *step = (struct step){.text = "send this to your cluster's admin, who can see what this Pod cannot",
                          .command = arena_printf(d->arena, "kubectl k8sdns %s", pod)};
    return step;
}
