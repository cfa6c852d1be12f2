/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/node/proc_table.h>
#include <stdlib.h>

/* Every reader ends, and no more sockets are counted than there are lines. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    const char *text = arena_text_n(arena, (const char *)bytes, len);
    struct proc_udp udp = {0};
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    (void)proc_snmp_value(text, "Udp", "RcvbufErrors");
    (void)proc_line_value(text, "Udp6RcvbufErrors");
    (void)proc_word_value(text, "UDP", "mem");
    (void)proc_word_real(text, "some", "avg10");
    (void)proc_stat_sum(text, "table_fulls");
    (void)proc_hex_column_sum(text, 1);
    (void)proc_number_at(text, 2);
    (void)proc_udp_read(text, 53, 32768, 60999, &udp);
    if (udp.sockets > lines || udp.in_range > udp.sockets || udp.dns_sockets > udp.sockets)
        abort();
    arena_free(arena);
    return 0;
}
