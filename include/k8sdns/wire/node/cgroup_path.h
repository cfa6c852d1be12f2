/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_CGROUP_PATH_H
#define K8SDNS_WIRE_CGROUP_PATH_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/list.h>
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

/*
 * The folders in which a process's control group of version 2 may be seen, one for each place where that
 * hierarchy is mounted: from its /proc/PID/cgroup ("0::path") and /proc/self/mountinfo. None where it is
 * outside of what is mounted. Source: cgroups(7), proc(5).
 */
struct text_list cgroup_unified_folders(struct arena *arena, const char *groups, size_t groups_len,
                                        const char *mounts, size_t mounts_len);

#endif
