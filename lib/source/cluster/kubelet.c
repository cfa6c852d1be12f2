/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <dirent.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/cluster/kubelet.h>
#include <k8sdns/source/resolver/process_root.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMM_MAX    64
#define CMDLINE_MAX (64 * 1024)

/* kubeadm and most others; EKS (two); GKE; kubespray; Talos; OpenShift; k3s; RKE2. */
static const char *const files[] = {
    "/var/lib/kubelet/config.yaml",
    "/etc/kubernetes/kubelet/config.json",
    "/etc/kubernetes/kubelet/kubelet-config.json",
    "/home/kubernetes/kubelet-config.yaml",
    "/etc/kubernetes/kubelet-config.yaml",
    "/etc/kubernetes/kubelet.yaml",
    "/etc/kubernetes/kubelet.conf",
    "/etc/rancher/k3s/config.yaml",
    "/etc/rancher/rke2/config.yaml",
};

bool kubelet_is_here(void)
{
    return access("/var/lib/kubelet", F_OK) == 0;
}

/* The kubelet, or a program that has it inside (k3s, RKE2, MicroK8s). */
static bool is_kubelet(const char *comm)
{
    return strcmp(comm, "kubelet\n") == 0 || strcmp(comm, "kubelite\n") == 0 ||
           strncmp(comm, "k3s-", 4) == 0 || strcmp(comm, "k3s\n") == 0 || strncmp(comm, "rke2", 4) == 0;
}

static uint64_t find_process(struct arena *arena)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    char path[PROC_PATH_ROOM];
    uint64_t found = 0;

    while (folder && !found && (entry = readdir(folder))) {
        uint64_t pid = strtoull(entry->d_name, NULL, 10);

        if (isdigit((unsigned char)*entry->d_name) && pid &&
            is_kubelet(file_text(arena, proc_path(path, pid, "comm"), COMM_MAX)))
            found = pid;
    }
    if (folder)
        closedir(folder);
    return found;
}

/* Take what is not said yet. */
static void add(struct kubelet *kubelet, const struct kubelet_config *config, const char *where)
{
    if (!kubelet->config.domain && config->domain) {
        kubelet->config.domain = config->domain;
        kubelet->domain_where = where;
    }
    if (!kubelet->config.servers_count && config->servers_count) {
        kubelet->config.servers = config->servers;
        kubelet->config.servers_count = config->servers_count;
        kubelet->servers_where = where;
    }
}

/* As the process sees the path, where that may be looked at. */
static void read_file(struct arena *arena, uint64_t pid, const char *path, struct kubelet *kubelet)
{
    struct kubelet_config config = {0};
    char root[PROC_PATH_ROOM], *bytes;
    size_t len;
    int r = -1;

    if (pid)
        r = file_read(arena, arena_printf(arena, "%s%s", proc_path(root, pid, "root"), path),
                      KUBELET_CONFIG_MAX, &bytes, &len, NULL);
    if (r < 0)
        r = file_read(arena, path, KUBELET_CONFIG_MAX, &bytes, &len, NULL);
    if (r == 0 && kubelet_config_read(arena, bytes, len, &config, NULL) == 0)
        add(kubelet, &config, path);
}

void kubelet_observe(struct arena *arena, struct kubelet *ret)
{
    uint64_t pid = find_process(arena);
    struct kubelet_config flags = {0};
    char path[PROC_PATH_ROOM], *bytes;
    size_t len;

    *ret = (struct kubelet){0};
    if (pid && file_read(arena, proc_path(path, pid, "cmdline"), CMDLINE_MAX, &bytes, &len, NULL) == 0) {
        kubelet_arguments_read(arena, bytes, len, &flags);
        add(ret, &flags, "the kubelet's command line");
        if (flags.file)
            read_file(arena, pid, flags.file, ret);
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (!ret->config.domain || !ret->config.servers_count)
            read_file(arena, pid, files[i], ret);
}
