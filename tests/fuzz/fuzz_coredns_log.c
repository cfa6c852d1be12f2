/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/logs/log_record.h>
#include <stdlib.h>
#include <string.h>

static bool is_within(struct log_word word, const char *from, size_t len)
{
    /* klog's lines are given to a plugin that they do not name; so are dnsmasq's. */
    return !word.len || (word.at >= from && word.at + word.len <= from + len) ||
           (word.len == 10 && memcmp(word.at, "kubernetes", 10) == 0) ||
           (word.len == 7 && memcmp(word.at, "dnsmasq", 7) == 0);
}

static void check_words(const struct coredns_line *line, struct log_word text)
{
    const struct log_word words[] = {line->client,   line->type,   line->class,        line->name,
                                     line->protocol, line->rcode,  line->flags,        line->local,
                                     line->extra,    line->plugin, line->bufsize,      line->dnssec_ok,
                                     line->text,     line->size,   line->response_size};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!is_within(words[i], text.at, text.len))
            abort();
}

static void check_sums(const struct logs_facts *f, uint64_t lines)
{
    const struct log_lines_facts *l = &f->lines;
    uint64_t answers = 0;

    if (l->total != lines || l->total != l->query + l->dump + l->error + l->panic + l->debug + l->other ||
        l->other != l->notice + l->trace + l->foreign + l->unknown)
        abort();
    for (size_t i = 0; i < f->rcodes_count; i++)
        answers += f->rcodes[i].count;
    if (answers > f->queries || f->queries > l->query)
        abort();
    if (f->dump && f->dump->received != f->dump->answered + f->dump->unanswered + f->dump->ended +
                                            f->dump->in_flight + f->dump->forgotten)
        abort();
}

static void take(struct arena *arena, struct log_record *record, const struct log_entry *entry)
{
    struct log_line_facts line;
    int kind = log_record_add(record, entry);

    check_words(&entry->line, entry->text);
    log_line_facts_make(arena, entry, kind, NULL, &line);
}

/* A whole log: every line is counted once, and no word leaves its line. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct log_record_options options = {.slow_ns = LOG_SLOW_NS, .unanswered_ns = LOG_UNANSWERED_NS};
    struct arena *arena = arena_new();
    struct log_record *record = ARENA_NEW(arena, struct log_record);
    struct log_entry *entry = ARENA_NEW(arena, struct log_entry);
    struct log_stream *stream = ARENA_NEW(arena, struct log_stream);
    char *text = arena_text_n(arena, (const char *)bytes, len), *at = text, *end = text + len;
    struct logs_facts facts;
    uint64_t lines = 0;

    log_stream_init(stream, arena, NULL);
    stream->joins = len & 1;
    log_record_init(record, arena, &options);
    while (at < end) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);

        bool found = log_stream_take(stream, NULL, at, n, entry);

        for (; found; found = log_stream_more(stream, entry)) {
            take(arena, record, entry);
            lines++;
        }
        at += n + 1;
    }
    for (bool found = log_stream_end(stream, entry); found;
         found = log_stream_more(stream, entry) || log_stream_end(stream, entry)) {
        take(arena, record, entry);
        lines++;
    }
    log_record_facts(record, stream, arena, &facts);
    check_sums(&facts, lines);
    log_stream_fini(stream);
    arena_free(arena);
    return 0;
}
