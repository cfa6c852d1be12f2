/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_OWN_ADDRESS_H
#define K8SDNS_SOURCE_OWN_ADDRESS_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>

/*
 * The name of the interface of this network namespace that has the address, whatever its port and scope: what
 * is sent there does not leave this machine. NULL: none has it, or the kernel does not tell.
 */
const char *own_address_interface(struct arena *arena, const struct address *address);

/*
 * Whether an interface of this network namespace has an address of the same /16 (IPv4) or /48 (IPv6), as a
 * cluster's other machines have.
 */
bool own_address_is_near(const struct address *address);

/*
 * The address that this network namespace sends from to `target`, by the kernel's routes; nothing is sent.
 * false: it has no way there.
 */
bool own_address_towards(const struct address *target, struct address *ret_address);

#endif
