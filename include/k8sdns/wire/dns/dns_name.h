/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_NAME_H
#define K8SDNS_WIRE_DNS_NAME_H

#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_WIRE_MAX 255
/* Every octet of a name as \DDD, the dots, the NUL. */
#define DNS_NAME_TEXT 1024

/*
 * Text to wire form, uncompressed. Accepts \DDD and \X. A name without a final dot is taken as absolute.
 * Return the octets written (1 for the root, "."), or -EINVAL with a message: an empty label, a label over
 * 63 octets, a name over 255 octets, a bad escape. Source: RFC 1035 sections 2.3.4 and 5.1.
 */
int dns_name_from_text(const char *text, uint8_t out[DNS_NAME_WIRE_MAX], struct err *err) MUST_USE;

/*
 * Read a name at `offset` of a message, following compression pointers (backwards only), into text.
 * Return the octets it takes at `offset` (not counting what pointers lead to), or -EBADMSG; then `*ret_why`
 * is a constant phrase and `*ret_where` the offset of the damage.
 */
int dns_name_read(const uint8_t *message, size_t len, size_t offset, char out[DNS_NAME_TEXT],
                  const char **ret_why, size_t *ret_where) MUST_USE;

/* Equal but for ASCII case and a final dot: labels of bytes are compared, however the texts escape them. */
bool dns_name_equal(const char *a, const char *b);

/*
 * Whether a name, the first `len` bytes of `name`, is `zone` or below it; final dots and ASCII case do not
 * count. The root, "." or "", has every name in it; a zone that is NULL has none.
 */
bool dns_name_is_within(const char *name, size_t len, const char *zone);

/* The dots that a resolver counts against ndots: all of them, escaped or not, as glibc does. */
unsigned dns_name_dots(const char *name);

/*
 * The name whose PTR record tells what an address (AF_INET or AF_INET6, its bytes in network order) is
 * called, without a final dot. Return `out`. Source: RFC 1035 section 3.5, RFC 3596 section 2.5.
 */
#define DNS_REVERSE_TEXT (4 * 16 + sizeof("ip6.arpa"))
const char *dns_name_reverse(int family, const void *bytes, char out[DNS_REVERSE_TEXT]);

/* The same of an address in text, without a port; NULL for what is none. */
const char *dns_name_reverse_of(const char *address, char out[DNS_REVERSE_TEXT]);

#endif
