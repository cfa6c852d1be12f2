/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_SCOPE_FLEET_H
#define K8SDNS_CMD_SCOPE_FLEET_H

#include "command.h"
#include <k8sdns/model/scope/scope_facts.h>

struct scope_config {
    const char *prometheus, *until, *match, *token, *basic_auth, *ca;
    struct text_list headers;
    uint64_t since_us, timeout_us;
};

/* scope from what Prometheus has of the agents. An exit status, or a negative errno with run->err filled. */
int scope_fleet_run(struct run *run, const struct scope_config *config, struct scope_facts *facts);

#endif
