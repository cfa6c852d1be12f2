/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_NAMESERVER_H
#define K8SDNS_DIAG_NAMESERVER_H

#include <k8sdns/diag/rule.h>

/* Its place in resolv.conf as the resolver reads it, from 1; 0: it is not there, or there is no file. */
size_t nameserver_place(const struct diagnosis *diagnosis, const struct server *server);

/*
 * Whether it fails as one nameserver of several, of which another one answers: programs have that one then.
 * Not a cache on the node or an address of this Pod, which have findings of their own; nor a ClusterIP whose
 * replicas are known and answer.
 */
bool nameserver_has_other(const struct diagnosis *diagnosis, const struct server *server);

/* Whether another nameserver of resolv.conf has the name that every cluster has. */
bool nameserver_other_knows_cluster(const struct diagnosis *diagnosis, const struct server *server);

#endif
