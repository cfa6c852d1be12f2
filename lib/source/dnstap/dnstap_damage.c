/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dnstap_damage.h"
#include <k8sdns/wire/dnstap/frame_sync.h>
#include <stdarg.h>

void dnstap_stream_remark(struct arena *arena, struct dnstap_stream_facts *streams, const char *fmt, ...)
{
    va_list args;

    if (streams->remarks_count == DNSTAP_REMARKS)
        return;
    va_start(args, fmt);
    *ARENA_PUSH(arena, streams->remarks, streams->remarks_count) = arena_vprintf(arena, fmt, args);
    va_end(args);
}

const char dnstap_damage_advice[] =
    "CoreDNS's own listener (dnstap with listen, seen in 1.14.7) writes frames into each other under load: let CoreDNS "
    "connect instead, with dnstap tcp://ADDRESS:PORT full in its Corefile and k8sdns dnstap --listen tcp:ADDRESS:PORT";

size_t dnstap_damage_skip(struct dnstap_damage *damage, const struct dnstap_stream_facts *streams,
                          const char *why, const uint8_t *bytes, size_t len)
{
    size_t skipped = frame_sync(bytes, len);

    if (!damage->why)
        *damage = (struct dnstap_damage){.why = why, .behind = streams->octets};
    damage->skipped += skipped;
    return damage->skipped > DNSTAP_SKIPPED_MAX ? 0 : skipped;
}

void dnstap_damage_over(struct dnstap_damage *damage, struct arena *arena,
                        struct dnstap_stream_facts *streams, const struct dnstap_sink *sink, const char *name,
                        const char *peer)
{
    if (!damage->why)
        return;
    if (!streams->damages)
        dnstap_stream_remark(
            arena, streams,
            "%s: %s behind %llu bytes; %llu bytes were skipped, and queries that were open then count "
            "as unfinished. %s",
            name, damage->why, (unsigned long long)damage->behind, (unsigned long long)damage->skipped,
            dnstap_damage_advice);
    streams->damages++;
    streams->skipped += damage->skipped;
    streams->octets += damage->skipped;
    damage->why = NULL;
    if (sink->lost)
        sink->lost(sink->user, peer);
}
