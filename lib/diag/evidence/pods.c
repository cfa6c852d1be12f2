/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pods.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <string.h>

const struct finding *pods_down_finding(const struct diagnosis *d)
{
    static const char *const ids[] = {"coredns-panic", "coredns-not-started"};
    const struct kube_facts *kube = d->facts->kube;

    for (size_t i = 0; kube && i < kube->pods_count; i++)
        if (kube->pods[i].ready != KUBE_NO && !kube->pods[i].unscheduled)
            return NULL;
    /* Without a Pod the workload says how many it has. */
    for (size_t i = 0; kube && (kube->pods_count || kube->available == 0) && i < sizeof(ids) / sizeof(ids[0]);
         i++)
        for (size_t k = 0; k < d->findings_count; k++)
            if (strcmp(d->findings[k].id, ids[i]) == 0 && d->findings[k].severity == SEVERITY_CRITICAL)
                return &d->findings[k];
    return NULL;
}

const struct kube_event_facts *pods_event_of(const struct diagnosis *d, enum kube_event_kind kind,
                                             const char *object)
{
    const struct kube_facts *kube = d->facts->kube;
    const struct kube_event_facts *found = NULL;
    double newest = d->servers_count ? 0 : (double)INFINITY;

    for (size_t i = 0; kube && !d->servers_count && i < kube->events_count; i++)
        newest = fmin(newest, kube->events[i].age_s);
    for (size_t i = 0; kube && i < kube->events_count; i++) {
        const struct kube_event_facts *event = &kube->events[i];

        if (object && strcmp(event->object, object) != 0)
            continue;
        if (kube_event_kind(event) == kind && event->age_s - newest <= d->thresholds->recent_minutes * 60 &&
            (!found || event->age_s < found->age_s))
            found = event;
    }
    return found;
}

const struct kube_event_facts *pods_event(const struct diagnosis *d, enum kube_event_kind kind)
{
    return pods_event_of(d, kind, NULL);
}

double pods_age_s(const struct kube_facts *kube, const struct kube_pod_facts *pod)
{
    for (size_t i = 0; i < kube->changes_count; i++)
        if (kube->changes[i].kind == KUBE_POD && kube->changes[i].how == CHANGE_STARTED &&
            strcmp(kube->changes[i].name, pod->name) == 0)
            return kube->changes[i].age_s;
    return (double)NAN;
}

const char *pods_event_text(struct diagnosis *d, const struct kube_event_facts *event)
{
    const char *last = d->servers_count || !event->time
                           ? arena_printf(d->arena, "%.0f minutes ago", event->age_s / 60)
                           : arena_printf(d->arena, "at %s", event->time);

    return arena_printf(d->arena, "%s of %s: %s (%s, last %s)", event->reason, event->object,
                        event->message ? event->message : "no message",
                        times_format((char[TIMES_TEXT]){0}, event->count == SHAPE_UNSET ? 1 : event->count),
                        last);
}

void finding_step(struct diagnosis *d, struct finding *finding, const char *text, const char *command,
                  const char *undo)
{
    *ARENA_PUSH(d->arena, finding->steps, finding->steps_count) =
        (struct step){.text = text, .command = command, .undo = undo};
}
