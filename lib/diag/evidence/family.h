/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_FAMILY_H
#define K8SDNS_DIAG_FAMILY_H

#include <k8sdns/diag/rule.h>

/* How one server treats one of A and AAAA of names whose other type it answers. */
struct family_tally {
    uint64_t pairs;                    /* names of which the other type was answered */
    uint64_t failed;                   /* of these: this type was not */
    uint64_t confirmed;                /* of the failed: not by chance, as far as can be told */
    unsigned concerns;                 /* CONCERNS_CLUSTER, CONCERNS_EXTERNAL: which names failed */
    unsigned answered;                 /* likewise, those that did not fail */
    const struct probe_facts *example; /* a confirmed one; NULL for none */
};

/*
 * A tally for each server, in the order of diagnosis->servers, in the diagnosis's arena. What exists in one
 * type exists in the other, with or without records (RFC 4074, 3): so NXDOMAIN is a failure here as well.
 * Silence and errors that may be chance are confirmed by the sampling, by being asked again, or by failing
 * for every name.
 */
struct family_tally *family_tallies(const struct diagnosis *diagnosis, bool aaaa);

/*
 * Of the two queries that go out by one source port, the one that this server loses whatever its type: asked
 * in the other order (facts->small), the other type is lost.
 */
enum order_lost {
    ORDER_NONE,
    ORDER_FIRST,
    ORDER_SECOND,
};
enum order_lost order_lost(const struct diagnosis *diagnosis, const char *target);

/*
 * Of the queries that a server lost in the sampling: those of a type that is never answered where the other
 * always is. They are no loss by chance, and are told of by type.
 */
uint64_t family_lost(const struct diagnosis *diagnosis, const struct server *server);

/* The same query at the same server in the other of A and AAAA; NULL. */
const struct probe_facts *probe_of_other_type(const struct matrix_facts *matrix, const struct probe_facts *p);

/* A query of the sampling of that type; NULL. */
const struct watch_type_facts *sampled_type(const struct server *server, const char *type);

/* The sampling of the server shows that this type fails always, and the other hardly ever. */
bool sampling_confirms(const struct server *server, bool aaaa);

#endif
