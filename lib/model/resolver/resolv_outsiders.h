/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLVER_RESOLV_OUTSIDERS_H
#define K8SDNS_MODEL_RESOLVER_RESOLV_OUTSIDERS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/wire/resolver/resolv_conf.h>

/*
 * What a nameserver that knows no name of the cluster does to lookups, by when a resolver (enum resolver:
 * glibc, musl, Go or c-ares) asks it; NULL where the server at `at` may know them, or nobody searches the
 * cluster's domain. Private to resolv_*.c.
 */
const char *outsider_text(struct arena *arena, const struct resolv_reading *reading, size_t at, int resolver);

#endif
