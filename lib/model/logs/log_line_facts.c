/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a log as facts, for a log that is followed. */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_record.h>
#include <math.h>

static const char *const levels[] = {NULL, "DEBUG", "INFO", "WARNING", "ERROR", "FATAL"};

static const char *word(struct arena *arena, struct log_word w)
{
    return w.len ? arena_text_n(arena, w.at, w.len) : NULL;
}

/* One that CoreDNS writes as "-" when there is none. */
static const char *said(struct arena *arena, struct log_word w)
{
    return w.len == 1 && *w.at == '-' ? NULL : word(arena, w);
}

/* Those of the format that the facts have no member for. */
static void metadata(struct arena *arena, const struct log_entry *entry, const struct log_template *t,
                     struct log_line_facts *facts)
{
    for (size_t i = 0; i < t->count; i++) {
        int label = t->parts[i].label;

        if (label == LABEL_METADATA || label == LABEL_UNKNOWN || label == LABEL_LOCAL ||
            label == LABEL_OPCODE || label == LABEL_DO || label == LABEL_BUFSIZE)
            *ARENA_PUSH(arena, facts->metadata, facts->metadata_count) =
                (struct shape_keyed){arena_text_n(arena, t->parts[i].text.at, t->parts[i].text.len),
                                     arena_text_n(arena, entry->values[i].at, entry->values[i].len)};
    }
}

void log_line_facts_make(struct arena *arena, const struct log_entry *entry, int kind,
                         const struct log_template *t, struct log_line_facts *ret)
{
    const struct coredns_line *line = &entry->line;
    char time[CLOCK_TEXT];
    bool asked = line->kind == COREDNS_QUERY || line->kind == COREDNS_DUMP;

    *ret = (struct log_line_facts){
        .time = entry->time_ns ? arena_text(arena, clock_format(entry->time_ns, time, sizeof(time))) : NULL,
        .source = entry->source->name,
        .kind = kind,
        .text = arena_text_n(arena, entry->text.at, entry->text.len),
        .client = word(arena, line->client),
        .port = asked && line->port != UINT32_MAX ? line->port : SHAPE_UNSET,
        .id = asked && line->id != UINT32_MAX ? line->id : SHAPE_UNSET,
        .type = word(arena, line->type),
        .class_name = word(arena, line->class),
        .name = word(arena, line->name),
        .protocol = word(arena, line->protocol),
        .rcode = word(arena, log_rcode(line)),
        .flags = said(arena, line->flags),
        .size = coredns_number(line->size),
        .response_size = coredns_number(line->response_size),
        .latency_ms = line->duration_ns == COREDNS_UNSET ? (double)NAN : (double)line->duration_ns / 1e6,
        .server_made = line->server_made,
        .level = asked ? NULL : levels[line->level],
        .plugin = word(arena, line->plugin),
    };
    if (line->by_template)
        metadata(arena, entry, t, ret);
    if (entry->hex_ends) {
        struct decode_facts decoded;

        log_record_decode(arena, entry, &decoded);
        ret->message = decoded.messages_count ? &decoded.messages[0] : NULL;
    }
}
