/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_HOST_ADDRESS_H
#define K8SDNS_SOURCE_HOST_ADDRESS_H

#include <k8sdns/base/address.h>

/*
 * The first address of a host's name, by /etc/hosts and the servers of /etc/resolv.conf (c-ares). For servers
 * that a person names, never for those that are being diagnosed. Return 0, or a negative errno with a message
 * (kind ERR_UNOBSERVED).
 */
int host_address_find(const char *host, uint64_t timeout_us, struct address *ret_address,
                      struct err *err) MUST_USE;

#endif
