/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FINDING_HEADLINE_H
#define K8SDNS_MODEL_FINDING_HEADLINE_H

#include <k8sdns/base/arena.h>

/*
 * A finding in a line, which names each thing once: "a replica does not answer: 10.244.1.22" for the subject
 * "replica 10.244.1.22", and the title alone where that names the subject. `subject` may be NULL.
 */
const char *finding_headline(struct arena *arena, const char *title, const char *subject);

#endif
