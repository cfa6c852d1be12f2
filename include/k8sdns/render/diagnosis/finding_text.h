/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_FINDING_TEXT_H
#define K8SDNS_RENDER_FINDING_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/render/page/printer.h>

/* Findings of a command that judges one kind of evidence: each with its evidence, and where more about it
 * stands. */
void finding_text_list(const struct finding *findings, size_t count, struct printer *printer,
                       struct arena *arena);

/* What for, after `mark`, and the command on a line of its own, so that it can be pasted. */
void step_print(const struct step *step, const char *mark, struct printer *printer);

#endif
