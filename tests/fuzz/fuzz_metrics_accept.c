/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/metrics/metrics_accept.h>
#include <stdlib.h>
#include <string.h>

/* Nobody gets OpenMetrics who does not name it, and one more range that wants the text most takes it away. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    char *header = arena_text_n(arena, (const char *)bytes, len);
    bool wanted = metrics_accept_openmetrics(header);

    if (wanted && !strcasestr(header, "application/openmetrics-text"))
        abort();
    if (metrics_accept_openmetrics(
            arena_printf(arena, "application/openmetrics-text;q=0.9,text/plain,%s", wanted ? "" : header)))
        abort();
    arena_free(arena);
    return 0;
}
