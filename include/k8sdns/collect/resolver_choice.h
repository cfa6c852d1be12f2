/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_RESOLVER_CHOICE_H
#define K8SDNS_CMD_RESOLVER_CHOICE_H

#include "command.h"
#include <k8sdns/model/resolv_facts.h>

/*
 * Read resolv.conf from where the globals say, or take that of the capture, and choose the resolver to
 * follow: `as` (enum resolver), or with -1 the one of the process looked at. A kind whose rules are not known
 * counts as glibc, and the run says so. Fills the envelope's libc. Return 0 or a negative errno with a
 * message in run->err.
 */
int resolver_choose(struct run *run, int as, struct resolv_facts *ret_resolv,
                    const struct resolver_view **ret_view) MUST_USE;

/*
 * The same where the file may be missing, as images may have none: then `*ret_view` is NULL. A file that
 * --resolv-conf names must be there.
 */
int resolver_choose_if_any(struct run *run, int as, struct resolv_facts *ret_resolv,
                           const struct resolver_view **ret_view) MUST_USE;

/* The names to look at: those given, or with --from and none given those of the capture. */
void names_choose(const struct run *run, const char ***ret_names, size_t *ret_count);

/* The choices of --as for commands that follow several resolvers, and what they stand for. */
extern const char *const as_words[]; /* "glibc", "musl", "go", "all" */
enum {
    AS_ALL = RESOLVERS,
    AS_DETECTED = -1,
};

/*
 * The same, for `as` of those: the resolvers from `*ret_first` to `*ret_last` of ret_resolv->views are to be
 * followed.
 */
int resolvers_choose(struct run *run, int as, struct resolv_facts *ret_resolv, int *ret_first,
                     int *ret_last) MUST_USE;

/* The cluster's domain by the search list ("svc.cluster.local cluster.local"), or NULL. */
const char *resolver_cluster_domain(const struct resolver_view *view);

#endif
