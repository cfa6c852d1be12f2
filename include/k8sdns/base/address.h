/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_ADDRESS_H
#define K8SDNS_BASE_ADDRESS_H

#include <k8sdns/base/err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address with a port. Plain data: copy it, compare it with address_equal(). */
struct address {
    union {
        struct in_addr v4;
        struct in6_addr v6;
    };
    uint32_t scope; /* interface index of a link-local IPv6 address, else 0 */
    uint16_t port;  /* host order */
    uint8_t family; /* AF_INET, AF_INET6, or 0 for "not set" */
};

/* "[ffff:...:ffff%4294967295]:65535" and the NUL. */
#define ADDRESS_TEXT 80

/*
 * Read "10.96.0.10", "10.96.0.10:53", "fd00::a", "[fd00::a]:53", "fe80::1%eth0". IPv4 must be four
 * decimal numbers (no "10.1", no octal). Without a port, `default_port` is taken.
 * Return 0 or -EINVAL with a message that says what an address looks like.
 */
int address_parse(const char *text, uint16_t default_port, struct address *ret_address,
                  struct err *err) MUST_USE;

/* The address alone: "10.96.0.10", "fd00::a", "fe80::1%3". Return buf. */
const char *address_format(const struct address *address, char *buf, size_t size);
/* With its port: "10.96.0.10:53", "[fd00::a]:53". Return buf. */
const char *address_format_port(const struct address *address, char *buf, size_t size);

/* Same family, address, scope and port. */
bool address_equal(const struct address *a, const struct address *b);
/* An order for sorting: by family, address, port. Less than, equal to or greater than 0. */
int address_compare(const struct address *a, const struct address *b);
/* Same family and address, whatever the port and the scope. */
bool address_same_host(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *address);
/* 169.254.0.0/16 or fe80::/10: where node-local-dns listens. */
bool address_is_link_local(const struct address *address);
/* Of the Internet: none of the ranges for use within a site. Sources: RFC 6890, RFC 6598, RFC 4291. */
bool address_is_public(const struct address *address);

/* An IPv4-mapped IPv6 address as the IPv4 address that it leads to (RFC 4291, 2.5.5.2); others as they are.
 */
struct address address_unmapped(const struct address *address);

/* To and from the kernel's form; IPv4-mapped IPv6 becomes IPv4. Return the length used. */
socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *ret_sa);
int address_from_sockaddr(const struct sockaddr *sa, struct address *ret_address);

#endif
