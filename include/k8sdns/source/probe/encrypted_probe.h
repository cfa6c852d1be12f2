/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_ENCRYPTED_PROBE_H
#define K8SDNS_SOURCE_ENCRYPTED_PROBE_H

#include <k8sdns/source/probe/prober.h>

#define DNS_OVER_TLS_PORT   853 /* RFC 7858 section 3.1 */
#define DNS_OVER_HTTPS_PORT 443

struct encrypted_options {
    int transport; /* TRANSPORT_TLS or TRANSPORT_HTTPS */
    const uint16_t *types;
    size_t types_count;
    uint16_t class;
    uint64_t timeout_us; /* of a query; for the connection as long again */
    uint16_t udp_size;   /* EDNS buffer size; 0: no EDNS */
    bool nsid;
    const char *name; /* what the certificate must be for; NULL: the address */
    const char *ca;   /* PEM; NULL: the system's authorities */
    size_t ca_len;
    bool insecure;    /* the certificate is not checked */
    const char *path; /* of HTTPS */
};

/*
 * As prober_run(), over TLS (RFC 7858: one connection to each target, on which its queries follow each other
 * at once) or over HTTPS (RFC 8484: POST, HTTP/1.1; the time of a query is with its connection). A target
 * after the other. What a server does or does not do is no error: one whose certificate is not believed has
 * probes of status PROBE_ERROR that say so.
 */
int encrypted_probe_run(struct arena *arena, const struct encrypted_options *options,
                        struct matrix_facts *matrix, const struct probe_candidate *candidates,
                        size_t candidates_count, struct err *err) MUST_USE;

#endif
