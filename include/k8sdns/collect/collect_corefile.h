/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_COREFILE_LOOK_H
#define K8SDNS_COLLECT_COREFILE_LOOK_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/wire/corefile/config_map.h>

struct facts;

/* The text of a Corefile, and where it is from. */
struct corefile_text {
    const char *source;      /* for people: "corefile", "ConfigMap kube-system/coredns" */
    const char *space, *map; /* of its ConfigMap; "kube-system", "coredns" for a bare file */
    const char *text;
    size_t len;
    struct corefile_file *files; /* that an import may name */
    size_t files_count;
    const char *misnamed;              /* its key in the ConfigMap where that is not Corefile; NULL */
    bool partial;                      /* it is only what a Corefile imports, which was not given */
    bool fragment;                     /* likewise: a plugin that was copied without its server block */
    bool template;                     /* it had placeholders of Helm or Jinja, which are left out */
    const struct config_map *kube_dns; /* it is kube-dns's configuration, and no Corefile; NULL */
    struct corefile corefile;
};

/*
 * Read a Corefile, or the ConfigMap that holds it (wire/corefile/config_map.h says in which forms), from
 * files or "-". Of several ConfigMaps the one named `map` is taken; without a name CoreDNS's own, or the only
 * one. What it imports is looked for in the other keys and files. Return 0, or a negative errno with a
 * message: -EBADMSG (ERR_FORMAT) where there is no Corefile.
 */
int corefile_text_read(struct survey *survey, const char *const *paths, size_t paths_count, const char *map,
                       struct corefile_text *ret_text) MUST_USE;

/*
 * Fill facts->corefile from the file that was named, else from what Kubernetes said, judged by the servers
 * and versions in `facts`. Where there is neither it stays NULL. Return 0, or a negative errno with a message
 * for a file that was named.
 */
int collect_corefile(struct survey *survey, const char *path, struct facts *facts) MUST_USE;

#endif
