/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_LIB_MODEL_DNS_POLICY_H
#define K8SDNS_LIB_MODEL_DNS_POLICY_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/resolver/resolv_facts.h>

/*
 * Infer the dnsPolicy that made the kubelet write this file, from its outline (nameservers, search, options
 * of `facts`), and fill dns_policy and dns_policy_reason. The file is all there is to go by, so that some
 * policies look alike; the reason then says so.
 *
 * Source: kubelet's pkg/kubelet/network/dns, "DNS for Services and Pods" of the Kubernetes documentation.
 */
void dns_policy_infer(struct arena *arena, struct resolv_facts *facts);

#endif
