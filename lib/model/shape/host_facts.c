/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/shape/host_facts.h>

static const struct shape_field fields[] = {
    SHAPE_FIELD_TEXT(struct host_facts, hostname, "hostname", "as uname gives it"),
    SHAPE_FIELD_TEXT(struct host_facts, kernel, "kernel", "release of the running kernel"),
    SHAPE_FIELD_TEXT(struct host_facts, machine, "machine", "architecture"),
    SHAPE_FIELD_BOOL(struct host_facts, in_pod, "in_pod",
                     "whether the environment is that of a Kubernetes Pod"),
    SHAPE_FIELD_TEXT(struct host_facts, node, "node", "of the cluster, as NODE_NAME says or by being on it"),
    SHAPE_FIELD_TEXT(struct host_facts, pod, "pod",
                     "name of this Pod, as POD_NAME or the host name say; null when not known"),
    SHAPE_FIELD_TEXT(
        struct host_facts, space, "namespace",
        "of this Pod, as POD_NAMESPACE or the service account's folder say; null when not known"),
    SHAPE_FIELD_BOOL(struct host_facts, host_network, "host_network",
                     "whether this Pod is in its node's network, as the kubelet writes into /etc/hosts"),
    SHAPE_FIELD_TEXT(struct host_facts, netns, "netns", "inode of the network namespace asked from"),
    SHAPE_FIELD_TEXT(struct host_facts, libc, "libc",
                     "resolver kind of the process looked at; null when the command did not need it"),
};
const struct shape host_facts_shape = SHAPE(struct host_facts, fields, "host");
