/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PROBE_SERVER_PLACE_H
#define K8SDNS_MODEL_PROBE_SERVER_PLACE_H

#include <k8sdns/base/address.h>

/* Where a nameserver's address leads, as far as the address alone tells. */
enum server_place {
    PLACE_NETWORK, /* somewhere else: a ClusterIP, a Pod, any server */
    PLACE_SELF,    /* whoever asks: loopback, or the unspecified address, which Linux takes for it */
    PLACE_STUB,    /* likewise, an address that systemd-resolved listens at on a node and nobody in a Pod */
    PLACE_NODE_CACHE, /* link-local IPv4 of the node: a cache such as NodeLocal DNSCache */
    PLACE_CLOUD,      /* the resolver of a cloud, at the fixed address that it has there */
    PLACE_LINK,       /* link-local IPv6: a neighbour on one link of one machine */
};

/*
 * Sources: systemd-resolved.service(8) for 127.0.0.53 and .54; RFC 3927 and RFC 4291 2.5.6 for link-local;
 * the clouds' documentation for their resolvers (169.254.169.254 GCE, OpenStack, OCI; 169.254.169.253 and
 * fd00:ec2::253 AWS; 168.63.129.16 Azure; 100.100.2.136 and .138 Alibaba).
 */
enum server_place server_place(const struct address *address);

/* Whose resolver is at this address: "AWS", ...; NULL for an address that is PLACE_CLOUD nowhere. */
const char *server_place_cloud(const struct address *address);

/*
 * Whose public resolver is at this address: "Google", ...; NULL for any other address. Source: what each says
 * of its own service; the list is not complete.
 */
const char *server_place_public(const struct address *address);

#endif
