/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/metrics/web_config.h>
#include <stdlib.h>
#include <string.h>

/* What is taken is whole: a key with its certificate, an authority with what it is for, hashes as passwords.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct web_config config;
    struct err err = {0};

    if (web_config_read(arena, (const char *)bytes, len, &config, &err) == 0) {
        if (!config.cert_file != !config.key_file || config.users_count > WEB_CONFIG_USERS_MAX ||
            !config.client_ca_file != (config.client_auth == WEB_CLIENT_NONE))
            abort();
        for (size_t i = 0; i < config.users_count; i++)
            if (!config.users[i].name || strncmp(config.users[i].hash, "$2", 2) != 0)
                abort();
    } else if (err.kind != ERR_FORMAT) {
        abort();
    }
    arena_free(arena);
    return 0;
}
