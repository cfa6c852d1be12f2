/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/cluster/kubelet_config.h>
#include <stdlib.h>
#include <string.h>

static void check(const struct kubelet_config *config)
{
    if (config->domain && (!*config->domain || config->domain[strlen(config->domain) - 1] == '.'))
        abort();
    for (size_t i = 0; i < config->servers_count; i++)
        if (!config->servers[i].family || !config->servers[i].port)
            abort();
}

/* The same bytes as a file and as a command line: what is taken is a domain, and addresses with a port. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct kubelet_config file = {0}, arguments = {0};
    struct err err = {0};
    int r = kubelet_config_read(arena, (const char *)bytes, len, &file, &err);

    if ((r < 0) != (err.kind != ERR_NONE))
        abort();
    kubelet_arguments_read(arena, (const char *)bytes, len, &arguments);
    check(&file);
    check(&arguments);
    arena_free(arena);
    return 0;
}
