/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dnstap_look.h"
#include <k8sdns/model/dnstap_table.h>
#include <k8sdns/source/dnstap_stream.h>

static int on_frame(void *user, const char *peer, const uint8_t *bytes, size_t len)
{
    (void)dnstap_table_frame(user, peer, bytes, len, 0);
    return 0;
}

static int on_end(void *user, bool stopped)
{
    dnstap_table_end(user, stopped);
    return 0;
}

int dnstap_look(struct run *run, const char *path, struct dnstap_facts *ret)
{
    const struct dnstap_table_options options = {
        .slots = DNSTAP_SLOTS, .timeout_us = DNSTAP_TIMEOUT_US, .slow_us = DNSTAP_SLOW_US, .untold = true};
    struct dnstap_table *table = dnstap_table_new(run->arena, &options);
    const struct dnstap_sink sink = {.frame = on_frame, .end = on_end, .user = table};
    struct dnstap_stream_facts streams = {0};
    int r = dnstap_file_read(run->arena, path, &sink, &streams, &run->err);

    if (r == 0) {
        dnstap_table_facts(table, run->arena, ret);
        ret->streams = streams;
    }
    dnstap_table_free(table);
    return r;
}
