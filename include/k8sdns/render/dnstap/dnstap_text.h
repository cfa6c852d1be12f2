/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_DNSTAP_TEXT_H
#define K8SDNS_RENDER_DNSTAP_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/dnstap/dnstap_facts.h>
#include <k8sdns/render/page/printer.h>

/* A struct dnstap_facts: the summary. */
void dnstap_text_render(const void *data, struct printer *printer, struct arena *arena);

/* Sessions as they are told. */
struct dnstap_told {
    struct dnstap_session_facts *sessions;
    size_t count;
};
/* A struct dnstap_told: a line each; without any, the blank line that ends them. */
void dnstap_text_render_told(const void *data, struct printer *printer, struct arena *arena);

#endif
