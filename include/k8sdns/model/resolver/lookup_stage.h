/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOOKUP_STAGE_H
#define K8SDNS_MODEL_LOOKUP_STAGE_H

#include <k8sdns/model/resolver/lookup.h>

/*
 * A lookup on a clock of its own against servers that are played: what a resolver comes to in a situation,
 * such as one in which TCP does not work.
 */
struct lookup_stage {
    /* What a server says to a query: enum probe_status, PROBE_TIMEOUT for silence. */
    int (*answer)(void *user, size_t server, const char *name, uint16_t type, int transport);
    void *user;
};

/* Run it; `ret_plan` is what the resolver would ask if all were NXDOMAIN. */
void lookup_staged(struct arena *arena, const struct resolver_view *view, const char *name,
                   const struct lookup_stage *stage, struct plan *ret_plan, struct lookup_result *ret_result);

#endif
