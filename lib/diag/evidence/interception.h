/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_INTERCEPTION_H
#define K8SDNS_DIAG_INTERCEPTION_H

#include <k8sdns/diag/rule.h>

/*
 * Whether queries to this address are answered by something else, in this Pod or on its node. For a ClusterIP
 * it takes NAT in this Pod's own namespace as well, since a bridge that translates looks the same.
 */
bool is_intercepted(const struct facts *facts, const char *address, int role);

/* Whether it is so for any of the servers, or for an address that is nobody's. */
bool any_intercepted(const struct facts *facts);

#endif
