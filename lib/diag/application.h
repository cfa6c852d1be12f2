/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_APPLICATION_H
#define K8SDNS_DIAG_APPLICATION_H

#include <k8sdns/diag/rule.h>
#include <k8sdns/model/resolver/lookup_stage.h>

/* What an application here sees of the names: diagnosis->lookups, for each that the answers suffice for. */
void application_lookups(struct diagnosis *diagnosis);

/* The lookup of a name; NULL where the answers do not suffice. */
const struct seen_lookup *application_lookup(const struct diagnosis *diagnosis, const char *name);

/*
 * What glibc, musl and Go each see of a name, in a sentence, and then programs with a resolver of their own
 * by outcome: "glibc finds it in 15.0 s; musl fails after 5.00 s (Try again); ...; c-ares finds it". NULL
 * where the answers do not suffice for any of them.
 */
const char *application_text(const struct diagnosis *diagnosis, const char *name);

/*
 * What glibc, musl, Go and programs with a resolver of their own come to in a situation that is played with
 * this Pod's resolv.conf: "glibc, go find it; musl finds it after 5.00 s; node-resolve, nginx fail". NULL
 * without a resolv.conf.
 */
const char *application_staged(const struct diagnosis *diagnosis, const char *name,
                               const struct lookup_stage *stage);

/*
 * When `target` is the first of several nameservers of resolv.conf: what programs come to where it gives
 * `status` (enum probe_status) and the others answer, as evidence of `finding`. Some never ask another.
 */
void application_tell_first(struct diagnosis *diagnosis, struct finding *finding,
                            const struct target_facts *target, int status);

/*
 * Programs with a resolver of their own that ask for a name only as it is, which does not exist, while
 * another finds it by the search list: "node-resolve, nginx, haproxy"; NULL where there are none.
 */
const char *application_without_search(const struct diagnosis *diagnosis, const char *name);

/* Whether glibc, musl and Go end alike for a name: they all find it, or none does. */
bool application_agrees(const struct diagnosis *diagnosis, const char *name);

#endif
