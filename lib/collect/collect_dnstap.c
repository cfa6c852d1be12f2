/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/collect/collect_dnstap.h>
#include <k8sdns/model/dnstap/dnstap_table.h>
#include <k8sdns/source/dnstap/dnstap_stream.h>

static int on_frame(void *user, const char *peer, const uint8_t *bytes, size_t len)
{
    (void)dnstap_table_frame(user, peer, bytes, len, 0);
    return 0;
}

static void on_lost(void *user, const char *peer)
{
    (void)peer;
    dnstap_table_lost(user);
}

static int on_end(void *user, bool stopped)
{
    dnstap_table_end(user, stopped);
    return 0;
}

int collect_dnstap(struct survey *survey, const char *path, struct dnstap_facts *ret)
{
    const struct dnstap_table_options options = {
        .slots = DNSTAP_SLOTS, .timeout_us = DNSTAP_TIMEOUT_US, .slow_us = DNSTAP_SLOW_US, .untold = true};
    struct dnstap_table *table = dnstap_table_new(survey->arena, &options);
    const struct dnstap_sink sink = {.frame = on_frame, .lost = on_lost, .end = on_end, .user = table};
    struct dnstap_stream_facts streams = {0};
    int r = dnstap_file_read(survey->arena, path, &sink, &streams, &survey->err);

    if (r == 0) {
        dnstap_table_facts(table, survey->arena, ret);
        ret->streams = streams;
    }
    dnstap_table_free(table);
    return r;
}
