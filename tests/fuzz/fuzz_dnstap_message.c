/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/dnstap/dnstap_table.h>
#include <k8sdns/wire/dns/dns_head.h>
#include <k8sdns/wire/dnstap/dnstap_message.h>
#include <k8sdns/wire/dnstap/frame_stream.h>
#include <stdlib.h>

static void check_inside(const struct octets *octets, const uint8_t *bytes, size_t len)
{
    if (octets->bytes && (octets->bytes < bytes || octets->bytes + octets->len > bytes + len))
        abort();
}

static void check_message(const uint8_t *bytes, size_t len)
{
    struct dnstap_message m;
    struct dns_head head;

    if (dnstap_message_read(bytes, len, &m) < 0)
        return;
    check_inside(&m.identity, bytes, len);
    check_inside(&m.version, bytes, len);
    check_inside(&m.dns, bytes, len);
    check_inside(&m.zone, bytes, len);
    if (m.type < 0 || m.type >= DNSTAP_TYPES || m.protocol < 0 || m.protocol >= DNSTAP_PROTOCOLS)
        abort();
    if (m.dns.len && dns_head_read(m.dns.bytes, m.dns.len, &head) == 0 && head.name &&
        (head.name_len > 255 || head.name[head.name_len - 1] != 0))
        abort();
}

/* One message; and all frames of a stream into a table, where no client query may get lost. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct dnstap_table_options options = {
        .slots = DNSTAP_SLOTS_MIN, .timeout_us = DNSTAP_TIMEOUT_US, .slow_us = DNSTAP_SLOW_US, .all = true};
    struct arena *arena = arena_new();
    struct dnstap_table *table = dnstap_table_new(arena, &options);
    struct dnstap_session_facts *sessions;
    struct dnstap_facts facts;
    struct frame frame;
    const char *why;
    size_t at = 0;
    ssize_t n;

    check_message(bytes, len);
    (void)dnstap_table_frame(table, "peer", bytes, len, 0);
    while ((n = frame_read(bytes + at, len - at, &frame, &why)) > 0) {
        at += (size_t)n;
        if (frame.control != FRAME_DATA)
            continue;
        check_message(frame.bytes, frame.len);
        if (dnstap_table_frame(table, "peer", frame.bytes, frame.len, 0) > 8)
            (void)dnstap_table_take(table, &sessions);
    }
    dnstap_table_end(table, false);
    dnstap_table_facts(table, arena, &facts);
    if (dnstap_scenarios_judged(&facts.scenarios) + facts.scenarios.by[DNSTAP_UNFINISHED] + facts.dropped !=
        facts.messages.client_query)
        abort();
    dnstap_table_free(table);
    arena_free(arena);
    return 0;
}
