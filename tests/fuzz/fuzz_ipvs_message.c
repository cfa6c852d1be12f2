/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/node/ipvs_message.h>
#include <stdlib.h>
#include <string.h>

/* Read as a message and as lines: what is taken has a family that is known, and names that end. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    const char *text = arena_text_n(arena, (const char *)bytes, len);
    struct ipvs_destination destination;
    struct ipvs_connection connection;
    struct ipvs_timeouts timeouts;
    struct ipvs_service service;

    if (ipvs_service_read(bytes, len, &service) == 0 && !service.fwmark && !service.where.family)
        abort();
    if (ipvs_destination_read(bytes, len, AF_INET, &destination) == 0 &&
        (!destination.where.family || !ipvs_method_names[destination.method]))
        abort();
    (void)ipvs_timeouts_read(bytes, len, &timeouts);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (ipvs_line_read(line, &service, &destination) == IPVS_LINE_SERVICE &&
            strlen(service.scheduler) >= sizeof(service.scheduler))
            abort();
        if (ipvs_connection_read(line, &connection) == 0 && !connection.destination.family)
            abort();
    }
    arena_free(arena);
    return 0;
}
