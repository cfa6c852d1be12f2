/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLVER_TABLE_H
#define K8SDNS_MODEL_RESOLVER_TABLE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/resolver/resolv_facts.h>

/* What is known of each enum resolver, and the names that people may give for them. */
struct resolver_entry {
    const char *about;     /* whose rules these are, with the version recorded */
    const char *left_open; /* what chance decides, in words; NULL: nothing */
    bool tool;             /* for people, not for programs */
    bool connects;         /* its UDP sockets are connected, so it hears of closed ports */
    bool hears_routes;     /* and of unreachable hosts */
    bool reads_hosts;      /* it looks into /etc/hosts first */
    bool reads_nsswitch;   /* and does so as nsswitch.conf says */
};
const struct resolver_entry *resolver_entry(int resolver);

/* Another name for one of them: a program that follows its rules. */
struct resolver_alias {
    const char *name;
    int resolver;
    const char *about; /* why: "getaddrinfo() of the C library" */
};
extern const struct resolver_alias resolver_aliases[]; /* a NULL name ends it */

/* All names that --as takes, NULL last: resolver_all_names, the aliases, "all" and "everything". */
extern const char *const resolver_as_names[];

/*
 * Fill what a program of identity->runtime may follow of them beside the C library's getaddrinfo(). `netty`:
 * a Java program has Netty's resolver open.
 */
void resolver_choices_fill(struct arena *arena, bool netty, struct resolver_identity *identity);

/*
 * Add the resolvers that `name` stands for to the list, each once. Return false when it is none. With
 * "glibc" among several the order is that of the names given.
 */
bool resolver_add_named(struct arena *arena, const char *name, int **resolvers, size_t *count);

/*
 * What a resolver makes of the file that `facts` was read from. For the first three it is the view that
 * stands there; musl counts as 1.2.4 or later unless the process looked at has an older one. Facts of a
 * capture hold no file: then what they tell of it is read.
 */
void resolver_view_of(struct arena *arena, const struct resolv_facts *facts, int resolver,
                      struct resolver_view *ret_view);

#endif
