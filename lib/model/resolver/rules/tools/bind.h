/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLVER_RULES_BIND_H
#define K8SDNS_MODEL_RESOLVER_RULES_BIND_H

#include "../rules.h"

struct bind {
    bool dig;
    int transport; /* once TCP was needed, the rest goes over TCP */
};

/* The usual list; a name of ndots dots is asked as it is and no more. */
int bind_list_of(const struct lookup_run *run);
struct lane bind_ask(struct lookup_run *run, struct bind *b, const char *name, uint16_t type);
/* The name that ends the search; a name that is none gives a lane without one. */
struct lane bind_search(struct lookup_run *run, struct bind *b, int list);
/* Look an address up by its PTR record. Return whether it is one. */
bool bind_look_up_address(struct lookup_run *run, struct bind *b);
/* Whether the name is there, with or without records of the type. */
bool bind_is_good(const struct lane *lane);
/* Give the result the words of a lane that failed, unless it has some. */
void bind_fail(struct lookup_run *run, const struct lane *lane);

#endif
