/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_BLANKS_TEXT_H
#define K8SDNS_RENDER_BLANKS_TEXT_H

#include <k8sdns/base/arena.h>

/* Words in capitals that stand in a command for names that are not known: POD, NODE, ...; a set of bits. NULL
 * has none. */
unsigned blanks_of(const char *command);

/* What to put in, and where it is shown: "POD, NODE: kubectl get pods -A -o wide"; NULL for none. */
const char *blanks_text(struct arena *arena, unsigned blanks);

#endif
