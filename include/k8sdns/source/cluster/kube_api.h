/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_KUBE_API_H
#define K8SDNS_SOURCE_KUBE_API_H

#include <k8sdns/wire/cluster/kube_objects.h>

/* Where the kubelet puts a Pod's token and the cluster's authority. */
#define KUBE_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

struct observed_process;
struct kube_api_options {
    const struct observed_process *process; /* whose account */
    const char *account;                    /* the folder; NULL: KUBE_ACCOUNT_FOLDER */
    const char *host, *port;                /* KUBERNETES_SERVICE_HOST and _PORT; NULL: not in a Pod */
    bool
        state; /* how it fares as well: Deployment, ConfigMap, Events; what is refused of these is left out */
    uint64_t timeout_us; /* of each request */
    uint64_t budget_us;  /* of all of them, page after page; 0: as many as there are */
};

/* How it went. */
enum kube_api_outcome {
    KUBE_API_READ,
    KUBE_API_PARTLY,  /* the endpoints were read, something else was not */
    KUBE_API_ABSENT,  /* no API server or no token is given here */
    KUBE_API_REFUSED, /* 401 or 403 */
    KUBE_API_FAILED,
};

/*
 * Read the Services, EndpointSlices (Endpoints where there are none of these) and Pods of the cluster's DNS,
 * page by page, each over TLS with the server verified. Where DNS is, is found by objects->wanted, where the
 * Services of all namespaces may be listed; else it is looked for in kube-system, and where there is nothing,
 * in openshift-dns. What could be read is appended to
 * `*objects`; `*ret_detail` says in a line why the rest was not (NULL when all was).
 * Source: kubernetes.io/docs/tasks/run-application/access-api-from-pod, and docs/reference/using-api.
 */
enum kube_api_outcome kube_api_read(struct arena *arena, const struct kube_api_options *options,
                                    struct kube_objects *objects, const char **ret_detail);

/*
 * Read the names of all Services of the cluster into objects->names, page by page, as long as `budget_us`
 * allows. The usual account of a Pod may not. The outcome is KUBE_API_PARTLY when the time ended it.
 */
enum kube_api_outcome kube_api_read_names(struct arena *arena, const struct kube_api_options *options,
                                          uint64_t budget_us, struct kube_objects *objects);

#endif
