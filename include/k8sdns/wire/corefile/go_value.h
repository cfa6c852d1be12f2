/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_GO_VALUE_H
#define K8SDNS_WIRE_GO_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Texts as Go's library reads them, which takes other forms than this program does: CoreDNS reads the
 * arguments of its Corefile with it. All are read whole; each returns false for a text that Go refuses.
 */

/* "1m30s", "-5s", "0", ".5h" (time.ParseDuration), in nanoseconds. */
bool go_duration(const char *text, int64_t *ret_ns);
/* "42", "+1", "-1" (strconv.Atoi). */
bool go_int(const char *text, int64_t *ret_value);
/* "42", of so many bits (strconv.ParseUint, base 10). */
bool go_uint(const char *text, unsigned bits, uint64_t *ret_value);
/* The same with "0x2a", "0b1", "0o7" and "017" (base 0). */
bool go_uint_based(const char *text, unsigned bits, uint64_t *ret_value);
/* "0.5", "1e3" (strconv.ParseFloat); infinities and hex are passed over. */
bool go_float(const char *text, double *ret_value);
/* "true", "F", "1", ... (strconv.ParseBool). */
bool go_bool(const char *text);
/* "127.0.0.1:53", ":53", "[::1]:53", "name:http" (net.SplitHostPort). */
bool go_host_port(const char *text);
/* An address without a port and without a zone (net.ParseIP). */
bool go_ip(const char *text);
/* "10.0.0.0/8", "fd00::/64" (net.ParseCIDR). `*ret_v6` is the family, `*ret_bits` the length of the prefix.
 */
bool go_cidr(const char *text, bool *ret_v6, unsigned *ret_bits);
/* A name as CoreDNS's DNS library takes it (dns.IsDomainName): labels of 1 to 63 octets, \\046 for one. */
bool go_domain_name(const char *text, size_t len);
/* The zone of a server block or of forward, with a scheme and a port (plugin.SplitHostPort of CoreDNS). */
bool go_zone(const char *text);
/* An address, or an address and a port (parse.HostPort of CoreDNS); a zone behind "%" may stand. */
bool go_ip_maybe_port(const char *text);

#endif
