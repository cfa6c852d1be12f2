/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/source/host.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

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
    ret_host->in_pod = getenv("KUBERNETES_SERVICE_HOST") != NULL ||
                       access("/var/run/secrets/kubernetes.io/serviceaccount", F_OK) == 0;
    /* By the downward API; a process outside of Pods is on the node itself. */
    node = getenv("NODE_NAME");
    ret_host->node = node && *node ? arena_text(arena, node) : ret_host->in_pod ? NULL : ret_host->hostname;
    if (stat("/proc/self/ns/net", &st) == 0)
        ret_host->netns = arena_printf(arena, "%" PRIuMAX, (uintmax_t)st.st_ino);
}
