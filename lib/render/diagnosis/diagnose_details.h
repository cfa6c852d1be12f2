/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_DIAGNOSE_DETAILS_H
#define K8SDNS_RENDER_DIAGNOSE_DETAILS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/render/page/printer.h>

/* A cause at warning or above, and not the consequence of another. */
bool finding_leads(const struct finding *finding);

/* "title: subject". */
const char *finding_line(struct arena *arena, const struct finding *finding);

/* What to send to the cluster's admin, when there is that. */
void diagnose_for_admin(const struct diagnose_facts *facts, struct printer *printer);

/* Each finding in full, all checks, and what was not checked. */
void diagnose_details(const struct diagnose_facts *facts, struct printer *printer, struct arena *arena);

#endif
