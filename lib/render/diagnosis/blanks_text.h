/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_BLANKS_TEXT_H
#define K8SDNS_RENDER_BLANKS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>

/* Words in capitals that stand in commands for names that are not known: POD, NODE, ...; a set of bits. */
unsigned blanks_of(const struct step *step);

/* What to put in, and where it is shown: "POD, NODE: kubectl get pods -A -o wide"; NULL for none. */
const char *blanks_text(struct arena *arena, unsigned blanks);

#endif
