/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/probe/decode_facts.h>
#include <stdlib.h>

/* Every form, and what decode makes of it: no more octets than characters. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    for (int form = -1; form <= OCTETS_RAW; form++) {
        struct arena *arena = arena_new();
        /* The parser is promised a NUL behind the bytes. */
        const char *text = arena_text_n(arena, (const char *)bytes, len);
        struct message_input input;
        struct decode_facts facts;

        if (message_input_read(arena, text, len, form, &input, NULL) == 0) {
            size_t octets = 0;

            for (size_t i = 0; i < input.blocks_count; i++)
                octets += input.blocks[i].len;
            if (octets > len)
                abort();
            decode_facts_make(arena, &input, &facts);
            if (facts.messages_count < input.blocks_count)
                abort();
        }
        arena_free(arena);
    }
    return 0;
}
