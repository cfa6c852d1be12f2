/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_HISTORY_FROM_FACTS_H
#define K8SDNS_MODEL_HISTORY_FROM_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/facts.h>

/*
 * A history out of what was asked once and sampled, for captures that have none of their own: the numbers are
 * those of the sampling, else of the questions that were asked once, of which each makes a tick. Pure. NULL
 * when no server was asked.
 */
struct history_facts *history_from_facts(struct arena *arena, const struct facts *facts);

#endif
