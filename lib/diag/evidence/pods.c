/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pods.h"
#include <string.h>

const struct finding *pods_down_finding(const struct diagnosis *d)
{
    static const char *const ids[] = {"coredns-panic", "coredns-not-started"};
    const struct kube_facts *kube = d->facts->kube;

    for (size_t i = 0; kube && i < kube->pods_count; i++)
        if (kube->pods[i].ready != KUBE_NO && !kube->pods[i].unscheduled)
            return NULL;
    for (size_t i = 0; kube && kube->pods_count && i < sizeof(ids) / sizeof(ids[0]); i++)
        for (size_t k = 0; k < d->findings_count; k++)
            if (strcmp(d->findings[k].id, ids[i]) == 0 && d->findings[k].severity == SEVERITY_CRITICAL)
                return &d->findings[k];
    return NULL;
}

void finding_step(struct diagnosis *d, struct finding *finding, const char *text, const char *command,
                  const char *undo)
{
    *ARENA_PUSH(d->arena, finding->steps, finding->steps_count) =
        (struct step){.text = text, .command = command, .undo = undo};
}
