/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_KUBELET_CONFIG_H
#define K8SDNS_WIRE_KUBELET_CONFIG_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>

/*
 * What a node's kubelet writes into the resolv.conf of Pods with dnsPolicy ClusterFirst.
 * Sources: KubeletConfiguration (kubelet.config.k8s.io/v1beta1: clusterDomain, clusterDNS), kubelet's command
 * line (--cluster-domain, --cluster-dns, --config), the configuration file of k3s and RKE2 (cluster-domain,
 * cluster-dns).
 */
struct kubelet_config {
    const char *domain;      /* without a final dot: "cluster.local"; NULL when not said */
    struct address *servers; /* with the port of DNS */
    size_t servers_count;
    const char *file; /* of its command line: the configuration file; NULL */
};

/* Nobody writes more into one. */
#define KUBELET_CONFIG_MAX (1 << 20)

/*
 * Read a configuration file, YAML or JSON, and put what it says into `*config`, which the caller zeroes;
 * values that are no domain or no address are left out. Return 0, or -EBADMSG with a message.
 */
int kubelet_config_read(struct arena *arena, const char *bytes, size_t len, struct kubelet_config *config,
                        struct err *err) MUST_USE;

/* The same from a command line, whose words end with a NUL each, as /proc/PID/cmdline has it. */
void kubelet_arguments_read(struct arena *arena, const char *bytes, size_t len,
                            struct kubelet_config *config);

#endif
