/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_ASKED_PROBES_H
#define K8SDNS_DIAG_ASKED_PROBES_H

#include <k8sdns/diag/rule.h>

/* Fill diagnosis->asked. */
void asked_probes_read(struct diagnosis *diagnosis);

/*
 * What of the matrix was asked over any transport at the target of that id, or for NULL at all; nothing for
 * an id that is none. Rules that look at each server go through these, or their time would grow with the
 * square of the servers.
 */
const struct asked_probes *probes_at(const struct diagnosis *diagnosis, const char *id);

#endif
