/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/host.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    HOSTS_MAX = 1 << 20,
    NAMESPACE_MAX = 4096,
};

#define HOST_NETWORK "# Kubernetes-managed hosts file (host network)."

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

/* What a Pod's author hands over by the downward API, under the usual names; NULL. */
static const char *first_variable(struct arena *arena, const char *const *names)
{
    for (; *names; names++) {
        const char *value = getenv(*names);

        if (value && *value)
            return arena_text(arena, value);
    }
    return NULL;
}

/* The Pod's name, namespace and node. Sources: the Pod's environment, the service account's files, uname(2).
 */
static void observe_pod(struct arena *arena, struct host_facts *host)
{
    static const char *const pods[] = {"POD_NAME", "MY_POD_NAME", NULL};
    static const char *const spaces[] = {"POD_NAMESPACE", "MY_POD_NAMESPACE", NULL};
    /* The kubelet writes "# Kubernetes-managed hosts file (host network)." as the first line. */
    const char *hosts = file_text(arena, "/etc/hosts", HOSTS_MAX);
    char *space = arena_text(arena, file_text(arena, SERVICE_ACCOUNT "/namespace", NAMESPACE_MAX));

    host->host_network = strncmp(hosts, HOST_NETWORK, sizeof(HOST_NETWORK) - 1) == 0;
    host->pod = first_variable(arena, pods);
    /* The host name is the Pod's, but of a Pod with hostNetwork it is the node's. */
    if (!host->pod && !host->host_network)
        host->pod = host->hostname;
    if (!host->node && host->host_network)
        host->node = host->hostname;
    host->space = first_variable(arena, spaces);
    space[strcspn(space, " \t\r\n")] = '\0';
    if (!host->space && *space)
        host->space = space;
}

void host_observe(struct arena *arena, struct host_facts *ret_host)
{
    struct utsname name;
    const char *node;
    struct stat st;

    *ret_host = (struct host_facts){0};
    if (uname(&name) == 0) {
        ret_host->hostname = arena_text(arena, name.nodename);
        ret_host->kernel = arena_text(arena, name.release);
        ret_host->machine = arena_text(arena, name.machine);
    }
    /* The kubelet sets the variable in every container; the folder is there unless tokens are turned off. */
    ret_host->in_pod = getenv("KUBERNETES_SERVICE_HOST") != NULL || access(SERVICE_ACCOUNT, F_OK) == 0;
    /* By the downward API; a process outside of Pods is on the node itself. */
    node = getenv("NODE_NAME");
    ret_host->node = node && *node ? arena_text(arena, node) : ret_host->in_pod ? NULL : ret_host->hostname;
    if (ret_host->in_pod)
        observe_pod(arena, ret_host);
    if (stat("/proc/self/ns/net", &st) == 0)
        ret_host->netns = arena_printf(arena, "%" PRIuMAX, (uintmax_t)st.st_ino);
}
