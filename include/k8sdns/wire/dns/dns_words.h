/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_WORDS_H
#define K8SDNS_WIRE_DNS_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* Numbers of the IANA "Domain Name System (DNS) Parameters" registry and their mnemonics. */

enum {
    DNS_TYPE_A = 1,
    DNS_TYPE_NS = 2,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
    DNS_TYPE_PTR = 12,
    DNS_TYPE_HINFO = 13,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_SRV = 33,
    DNS_TYPE_OPT = 41,
    DNS_TYPE_HTTPS = 65,
    DNS_TYPE_ANY = 255,
    DNS_CLASS_IN = 1,
    DNS_CLASS_CH = 3,
};

enum {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
};

/* "A", "AAAA", or "TYPE65280" (RFC 3597) for one without a mnemonic. Return buf or a constant. */
#define DNS_WORD 16
const char *dns_type_word(uint16_t type, char buf[DNS_WORD]);
const char *dns_class_word(uint16_t class, char buf[DNS_WORD]);
/* "NOERROR", "NXDOMAIN", or "RCODE23". */
const char *dns_rcode_word(uint16_t rcode, char buf[DNS_WORD]);
const char *dns_opcode_word(uint8_t opcode, char buf[DNS_WORD]);

/* A mnemonic in any case, or TYPEnnn. Return 0 or -EINVAL. */
int dns_type_parse(const char *word, uint16_t *ret_type);

#endif
