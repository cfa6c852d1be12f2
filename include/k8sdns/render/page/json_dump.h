/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_JSON_DUMP_H
#define K8SDNS_RENDER_JSON_DUMP_H

#include <k8sdns/base/text.h>

/*
 * Add what json_dumps() made, of which a terminal obeys nothing: it escapes the controls below the space, and
 * here DEL and those from U+0080 to U+009F become \u00XX, too. They can only stand in texts.
 */
void json_dump_add(struct text *out, const char *dump);

#endif
