/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/log_stream.h>
#include <string.h>

void log_stream_init(struct log_stream *s, struct arena *arena, const struct log_template *t)
{
    *s = (struct log_stream){.arena = arena, .log_template = t};
}

void log_stream_fini(struct log_stream *s)
{
    for (size_t i = 0; i < s->sources_count; i++) {
        text_fini(&s->sources[i]->partial[0]);
        text_fini(&s->sources[i]->partial[1]);
        text_fini(&s->sources[i]->hex);
    }
}

static bool is_named(const struct log_source *source, const char *name, size_t len)
{
    return source->name_len == len && (!len || memcmp(source->name, name, len) == 0);
}

/* The source of a line: the Pod of its prefix, else its file. */
static struct log_source *find_source(struct log_stream *s, const char *name, size_t len)
{
    struct log_source *source;

    if (s->last && is_named(s->last, name, len))
        return s->last;
    for (size_t i = 0; i < s->sources_count; i++)
        if (is_named(s->sources[i], name, len))
            return s->last = s->sources[i];
    if (s->sources_count == LOG_SOURCES_MAX)
        return s->sources[LOG_SOURCES_MAX - 1];
    source = ARENA_NEW(s->arena, struct log_source);
    source->name = s->sources_count == LOG_SOURCES_MAX - 1 ? "(all others)"
                   : len                                   ? arena_text_n(s->arena, name, len)
                                                           : NULL;
    source->name_len = source->name ? strlen(source->name) : 0;
    source->index = s->sources_count;
    s->sources[s->sources_count++] = source;
    return s->last = source;
}

/* Put a piece behind those before it. Return whether the line is whole now, which then is in `payload`. */
static bool join(struct log_stream *s, struct log_source *source, struct container_line *line)
{
    struct text *before = &source->partial[line->stderr_stream];
    size_t room = before->len < LOG_LINE_MAX ? LOG_LINE_MAX - before->len : 0;

    if (!line->partial && !before->len)
        return true;
    if (line->payload.len > room) {
        s->cut += before->len <= LOG_LINE_MAX && room > 0;
        line->payload.len = room;
    }
    text_add_n(before, line->payload.at, line->payload.len);
    line->payload = (struct log_word){text_string(before), before->len};
    if (line->partial)
        return false;
    before->len = 0;
    return true;
}

/* Lines without any form behind a panic are its trace, up to the first that has one. */
static bool is_trace(struct log_source *source, const struct coredns_line *line)
{
    if (line->kind == COREDNS_PANIC) {
        source->in_trace = true;
        return false;
    }
    /* A start may look like a line of a trace, but not the other way round. */
    if (line->kind != COREDNS_UNKNOWN && line->kind != COREDNS_BLANK)
        source->in_trace = false;
    return source->in_trace;
}

/* Keep the hex of a message until its last line, which is an offset alone. */
static bool keep_hex(struct log_stream *s, struct log_source *source, struct log_word text)
{
    static const size_t marker = 7, offset = 6; /* "debug: 000000" */

    if (text.len >= marker + offset && memcmp(text.at + marker, "000000", offset) == 0 &&
        text.len > marker + offset)
        text_clear(&source->hex);
    if (source->hex.len + text.len + 1 > LOG_HEX_MAX) {
        s->hex_lost += source->hex.len > 0;
        text_clear(&source->hex);
        return false;
    }
    text_add_n(&source->hex, text.at, text.len);
    text_add_n(&source->hex, "\n", 1);
    return text.len <= marker + offset;
}

static void keep_start(struct log_source *source, const struct coredns_line *line)
{
    size_t len = line->text.len < sizeof(source->version) ? line->text.len : sizeof(source->version) - 1;

    /* Of a banner's lines only that with the version is one a start. */
    if (line->count) {
        source->starts++;
        memcpy(source->version, line->text.at, len);
        source->version[len] = '\0';
    }
}

bool log_stream_take(struct log_stream *s, const char *name, char *text, size_t len, struct log_entry *entry)
{
    struct container_line line;
    struct log_source *source;

    container_line_read(text, len, &line);
    if (line.pod.len)
        source = find_source(s, line.pod.at, line.pod.len);
    else
        source = find_source(s, name ? name : "", name ? strlen(name) : 0);
    if (!join(s, source, &line))
        return false;
    entry->source = source;
    entry->text = line.payload;
    coredns_log_read(s->log_template, line.payload, entry->values, &entry->line);
    entry->time_ns = line.time_ns ? line.time_ns : entry->line.time_ns;
    entry->timed = entry->time_ns != 0;
    if (!entry->timed)
        entry->time_ns = source->last_ns;
    if (!source->first_ns)
        source->first_ns = entry->time_ns;
    source->last_ns = entry->time_ns;
    entry->trace = entry->line.kind != COREDNS_QUERY && is_trace(source, &entry->line);
    entry->hex_ends = entry->line.kind == COREDNS_HEX && keep_hex(s, source, line.payload);
    if (entry->line.kind == COREDNS_QUERY)
        source->in_trace = false;
    else if (entry->line.kind == COREDNS_START)
        keep_start(source, &entry->line);
    return true;
}
