/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_EXPLANATION_H
#define K8SDNS_DIAG_EXPLANATION_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/diagnosis/explain_facts.h>

/*
 * Put a finding id, or an application's message, into words; everything that can be explained when `text` is
 * NULL. For a message the findings are those that may be behind it. Return 0, or -ENOENT with a message that
 * names the nearest id.
 */
int explanation_write(struct arena *arena, const char *text, struct explain_facts *ret_facts,
                      struct err *err) MUST_USE;

#endif
