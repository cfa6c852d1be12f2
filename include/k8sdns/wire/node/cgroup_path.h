/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_CGROUP_PATH_H
#define K8SDNS_WIRE_CGROUP_PATH_H

#include <k8sdns/base/arena.h>
#include <stddef.h>

/* What the control groups of a process say of its container. */
struct cgroup_identity {
    const char *pod_uid;   /* "0f5c3c9e-...", as the API writes it; NULL: no Pod's, or it does not say */
    const char *container; /* the id, 64 hexadecimal digits; NULL: none */
};

/*
 * Read /proc/PID/cgroup: lines of "hierarchy:controllers:path", where the kubelet and container runtimes put
 * a Pod's UID and a container's id into the names of folders, in the manner of cgroupfs
 * (/kubepods/burstable/podUID/ID) or of systemd (.../kubepods-burstable-podUID.slice/cri-containerd-ID.scope,
 * with the dashes of UID as underscores). The first line that names a container counts. Never fails: what is
 * not there is NULL. Source: cgroups(7), Kubernetes pkg/kubelet/cm.
 */
struct cgroup_identity cgroup_path_read(struct arena *arena, const char *bytes, size_t len);

#endif
