/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/node/conntrack_message.h>
#include <stdlib.h>

/* An entry that is read has both its tuples, and a port that was asked for; all three readers end. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct conntrack_counters counters[4];
    struct conntrack_entry entry;
    struct arena *arena = arena_new();
    uint64_t one, two;

    if (conntrack_entry_read(bytes, len, 0, &entry) == 1 &&
        (!entry.orig_src.family || !entry.reply_src.family))
        abort();
    if (conntrack_entry_read(bytes, len, 53, &entry) == 1 && entry.orig_dst.port != 53)
        abort();
    (void)conntrack_counters_read(bytes, len, counters);
    (void)conntrack_totals_read(bytes, len, &one, &two);
    if (conntrack_proc_read(arena_text_n(arena, (const char *)bytes, len), counters, 4, &one) > 4)
        abort();
    arena_free(arena);
    return 0;
}
