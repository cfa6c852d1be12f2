/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_COREFILE_LOOK_H
#define K8SDNS_CMD_COREFILE_LOOK_H

#include "command.h"
#include <k8sdns/model/corefile_facts.h>

struct facts;

/* The text of a Corefile, and where it is from. */
struct corefile_text {
    const char *source;      /* for people: "corefile", "ConfigMap kube-system/coredns" */
    const char *space, *map; /* of its ConfigMap; "kube-system", "coredns" for a bare file */
    const char *text;
    size_t len;
    struct corefile corefile;
};

/*
 * Read a Corefile, or the ConfigMap that holds it (kubectl's YAML or JSON), from a file or "-". Of several
 * ConfigMaps the one named `map` is taken; without a name CoreDNS's own, or the only one.
 * Return 0, or a negative errno with a message: -EBADMSG (ERR_FORMAT) where there is no Corefile.
 */
int corefile_text_read(struct run *run, const char *path, const char *map,
                       struct corefile_text *ret_text) MUST_USE;

/*
 * Fill facts->corefile from the file that was named, else from what Kubernetes said, judged by the servers
 * and versions in `facts`. Where there is neither it stays NULL. Return 0, or a negative errno with a message
 * for a file that was named.
 */
int corefile_look(struct run *run, const char *path, struct facts *facts) MUST_USE;

#endif
