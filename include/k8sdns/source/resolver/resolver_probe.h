/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_RESOLVER_PROBE_H
#define K8SDNS_SOURCE_RESOLVER_PROBE_H

#include <k8sdns/source/resolver/observed_process.h>

/* Whose resolver and whose file. */
struct resolver_probe_options {
    const struct observed_process *process;
    const char *resolv_conf; /* "-" is standard input; NULL: /etc/resolv.conf as the process sees it */
    bool in_pod;             /* this process runs in a Pod */
};

/*
 * Read resolv.conf for the process's resolver: all of struct resolv_facts. RES_OPTIONS and LOCALDOMAIN are
 * those of the process given by its pid, else of this one. The host name counts unless a file was named
 * without a process, since that file may come from elsewhere.
 * Return 0, or a negative errno with a message (kind ERR_INPUT when the file is not there or may not be read,
 * ERR_FORMAT when it is over 8 MiB).
 */
int resolver_probe_run(struct arena *arena, const struct resolver_probe_options *options,
                       struct resolv_facts *ret_facts, struct err *err) MUST_USE;

#endif
