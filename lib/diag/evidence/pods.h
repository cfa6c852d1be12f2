/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_PODS_H
#define K8SDNS_DIAG_PODS_H

#include <k8sdns/diag/rule.h>

/*
 * The finding that tells why no Pod of the cluster's DNS is ready: they end again and again, or have not
 * started. NULL when some is ready, or nothing is known of them. Its rules run before those of what follows
 * from it.
 */
const struct finding *pods_down_finding(const struct diagnosis *d);

/*
 * What the latest event of this kind says, of those within `recent_minutes`: of now, or of the newest one
 * where only files are judged. NULL without one.
 */
const struct kube_event_facts *pods_event(const struct diagnosis *d, enum kube_event_kind kind);

/* The same of one object alone; NULL without one. */
const struct kube_event_facts *pods_event_of(const struct diagnosis *d, enum kube_event_kind kind,
                                             const char *object);

/* "FailedScheduling of coredns-x2x7k: 0/3 nodes are available (12 times, last at 2026-11-29T10:10:00Z)" */
const char *pods_event_text(struct diagnosis *d, const struct kube_event_facts *event);

/* A Pod gets so long for its first probes. Of our choice; kubeadm's readiness probe asks every 10 s. */
#define POD_SETTLED_S 120

/* How long ago a Pod was started; NAN when that is not said. */
double pods_age_s(const struct kube_facts *kube, const struct kube_pod_facts *pod);

/* Give a finding a step of its own in place of its rule's. `command` and `undo` may be NULL; braces as in
 * step.h. */
void finding_step(struct diagnosis *d, struct finding *finding, const char *text, const char *command,
                  const char *undo);

#endif
