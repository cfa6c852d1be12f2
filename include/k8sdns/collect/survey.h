/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_SURVEY_H
#define K8SDNS_COLLECT_SURVEY_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/list.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/source/resolver/observed_process.h>
#include <stdbool.h>
#include <stdint.h>

struct kubelet;

/*
 * What all that collects facts works on: where the facts live, from where to look, what could not be seen.
 * It knows nothing of command lines; a command's run is one of these and more.
 */
struct survey {
    struct arena *arena;
    struct err err;
    uint64_t started_ns, began_ns;          /* realtime, monotonic */
    uint64_t pid;                           /* look from this process; 0: from this one */
    const struct observed_process *process; /* the same, opened before privileges were given up */
    const char *as_pod;                     /* NAMESPACE or NAMESPACE.svc.DOMAIN; NULL: not named */
    const char *resolv_conf;                /* NULL: the one of the process looked at */
    const char *resolv_why;                 /* why the file could not be read; NULL: it could, or was not */
    char **names;                           /* to ask for; none: the usual ones */
    size_t names_count;
    struct host_facts *host;       /* whoever learns the libc puts it here */
    const struct kubelet *kubelet; /* what this node's gives to Pods, once that was looked for; NULL */
    struct cluster_dns *dns;       /* what the cluster's DNS is called, once that was looked for; NULL */
    struct unobserved *unobserved;
    size_t unobserved_count;
    const struct facts *captured; /* to judge instead of this machine; else NULL */
    /* What is being done, for a person who waits; "" when that is over. NULL: nobody wants to know. */
    void (*progress)(const char *what);
};

/*
 * Say that something could not be seen, and why. What it is, and how to get it, is the gap's own row, or
 * where these are given (not NULL) what they say. The texts must outlive the survey.
 */
void survey_unobserved(struct survey *survey, enum gap gap, const char *why);
void survey_unobserved_as(struct survey *survey, enum gap gap, const char *what, const char *why,
                          const char *how);

/* Who serves DNS, as far as somebody has said so. */
struct target_options {
    struct address_list cluster_ip, replica, target;
    const char *endpoints;       /* a file of kubectl's JSON, or "-" */
    const char *service_account; /* a folder; NULL: the kubelet's */
    const char *dns_namespace;   /* of the cluster's DNS; NULL: by its address, then by labels */
    const char *dns_service;     /* likewise its Service */
    bool no_discovery;           /* only those named */
};

/* Servers that are known and not asked, since they are more than are asked at once; zeroed at first. */
struct left_out {
    size_t count;
    struct text names; /* of the first ones */
};

void left_out_add(struct left_out *left, const struct address *where);

/* Say that these are over the `most` that are asked, where there are any, and forget them. */
void left_out_tell(struct survey *survey, struct left_out *left, size_t most);

#endif
