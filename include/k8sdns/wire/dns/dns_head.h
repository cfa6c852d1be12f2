/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_HEAD_H
#define K8SDNS_WIRE_DNS_HEAD_H

#include <k8sdns/base/err.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The header and the question of a DNS message, in place and without memory: for streams of a million
 * messages a second, of which dns_message_parse() would read more than is wanted.
 */
struct dns_head {
    uint16_t id;
    uint8_t rcode; /* its lower four bits; the rest is in an OPT record, which is not read */
    const uint8_t
        *name; /* in wire form with the final zero; NULL when there is no question that can be read */
    size_t name_len;
    uint16_t type, class;
};

/* Return 0, or -EBADMSG for fewer octets than a header has. */
int dns_head_read(const uint8_t *bytes, size_t len, struct dns_head *ret_head) MUST_USE;

#endif
