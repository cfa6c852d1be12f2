/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/probe/decode_facts.h>
#include <stdlib.h>

/* A capture file, with all that is read out of it: nothing points outside, and every query has one end. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct packet_capture capture;
    struct decode_facts facts;

    if (packet_capture_open(bytes, len, &capture) == 0) {
        const struct packet_facts *packets;

        decode_facts_capture(arena, &capture, &facts);
        packets = facts.packets;
        if (packets->queries != packets->answered + packets->unanswered + packets->unfinished ||
            packets->packets > len || facts.messages_count > DECODE_CAPTURE_MAX)
            abort();
    }
    arena_free(arena);
    return 0;
}
