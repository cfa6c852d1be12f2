/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PROC_ADDRESS_H
#define K8SDNS_WIRE_PROC_ADDRESS_H

#include <k8sdns/base/address.h>
#include <stdbool.h>

/*
 * The addresses of a network namespace, out of the kernel's text files. Each reader goes on at `*text`, moves
 * it behind what it read, and returns false at the end. Loopback and link-local addresses are left out, as
 * they name nobody. Ports are 0.
 */

/*
 * /proc/net/fib_trie: below an address what it is.
 *
 *     |-- 10.244.0.10
 *        /32 host LOCAL
 *
 * Source: Linux net/ipv4/fib_trie.c, fib_trie_seq_show.
 */
bool proc_fib_trie_next(const char **text, struct address *ret_address);

/*
 * /proc/net/if_inet6: "fd0000000000000000000000000000aa 02 40 00 80 eth0", the address, index, prefix, scope
 * (00: global), flags and name. Source: Linux net/ipv6/addrconf.c, if6_seq_show.
 */
bool proc_if_inet6_next(const char **text, struct address *ret_address);

#endif
