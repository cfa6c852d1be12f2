/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_RESOLVER_CHOICE_H
#define K8SDNS_COLLECT_RESOLVER_CHOICE_H

#include <k8sdns/base/list.h>
#include <k8sdns/collect/survey.h>
#include <k8sdns/model/resolver/resolv_facts.h>

/*
 * Read resolv.conf from where the globals say, or take that of the capture, and choose the resolver to
 * follow: `as` (enum resolver), or with -1 the one of the process looked at. A kind whose rules are not known
 * counts as glibc, and the survey says so. Fills the envelope's libc. Return 0 or a negative errno with a
 * message in survey->err.
 */
int resolver_choose(struct survey *survey, int as, struct resolv_facts *ret_resolv,
                    const struct resolver_view **ret_view) MUST_USE;

/*
 * The same where the file may be missing, as images may have none: then `*ret_view` is NULL. A file that
 * --resolv-conf names must be there.
 */
int resolver_choose_if_any(struct survey *survey, int as, struct resolv_facts *ret_resolv,
                           const struct resolver_view **ret_view) MUST_USE;

/* The names to look at: those given, or with --from and none given those of the capture. */
void names_choose(const struct survey *survey, const char ***ret_names, size_t *ret_count);

/* For options that follow one resolver: the one of the process looked at. */
enum {
    AS_DETECTED = -1,
};

/*
 * The same for commands that follow several: `as` holds names of resolver_as_names; an empty list stands for
 * the one detected. Give what each makes of the file, in that order. On a node names are completed as in a
 * Pod (pod_view.h); `asks`: the nameservers are asked, so they must be those that Pods ask.
 */
int resolvers_choose(struct survey *survey, const struct text_list *as, bool asks,
                     struct resolv_facts *ret_resolv, struct resolver_view **ret_views,
                     size_t *ret_count) MUST_USE;

#endif
