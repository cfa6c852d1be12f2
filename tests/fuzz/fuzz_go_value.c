/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <stdlib.h>
#include <string.h>

/* What is an address alone is one that may have a port, too; a prefix has as many bits as its family allows.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    const char *text = arena_text_n(arena, (const char *)bytes, len);
    unsigned bits = 0;
    bool v6 = false;
    int64_t whole;
    uint64_t number;
    double real;

    (void)go_duration(text, &whole);
    (void)go_int(text, &whole);
    (void)go_float(text, &real);
    (void)go_bool(text);
    (void)go_uint_based(text, 16, &number);
    if (go_uint(text, 32, &number) && number > UINT32_MAX)
        abort();
    if (go_domain_name(text, strlen(text)) && (!*text || strstr(text, "..") == text))
        abort();
    (void)go_zone(text);
    if (go_ip(text) && !go_host_port(text) && !go_ip_maybe_port(text))
        abort();
    if (go_cidr(text, &v6, &bits) && bits > (v6 ? 128 : 32))
        abort();
    arena_free(arena);
    return 0;
}
