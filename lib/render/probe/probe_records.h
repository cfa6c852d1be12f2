/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_PROBE_RECORDS_H
#define K8SDNS_RENDER_PROBE_RECORDS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/render/page/printer.h>

/* The records that came, each distinct set once with the targets that gave it. */
void probe_records_print(const struct matrix_facts *matrix, struct printer *printer, struct arena *arena);

/* The records of the answer, or the error in a word: of the first server that gave it, each once. */
void probe_records_brief(const struct matrix_facts *matrix, struct printer *printer);

#endif
