/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_DOMAIN_PROBE_H
#define K8SDNS_SOURCE_DOMAIN_PROBE_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>

/*
 * The cluster's domain by what its DNS calls a Service: the PTR record of its ClusterIP is
 * NAME.NAMESPACE.svc.DOMAIN, whatever the domain is. Source: the Kubernetes DNS-Based Service Discovery
 * specification, 2.4.1.
 *
 * Ask the first few `servers` at once what they are called themselves, and the API server where the
 * environment tells its ClusterIP (a replica has no such name, but knows those of others). Give the domain
 * that most answers have, and the server that said so; both NULL when none does within `timeout_us`. Return
 * 0, or a negative errno when nothing could be asked.
 */
int domain_probe_run(struct arena *arena, const struct address *servers, size_t servers_count,
                     uint64_t timeout_us, const char **ret_domain, const char **ret_server,
                     struct err *err) MUST_USE;

#endif
