/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log_lines.h"
#include <k8sdns/model/logs/log_event_kind.h>
#include <k8sdns/model/logs/log_members.h>
#include <k8sdns/model/logs/log_stream.h>
#include <k8sdns/wire/capture/pasted_text.h>
#include <k8sdns/wire/logs/log_wrapper.h>
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
    for (struct log_input *file = s->files; file; file = file->next)
        for (size_t i = 0; file->levels && i < LOG_EXPORT_LEVELS; i++)
            log_export_fini(&file->levels[i].form);
    text_fini(&s->built);
    text_fini(&s->unescaped);
    text_fini(&s->wrapped.held);
    text_fini(&s->wrapped.queue);
    text_fini(&s->wrapped.waiting);
    text_fini(&s->wrapped.joined);
}

static bool is_named(const struct log_source *source, const char *name, size_t len)
{
    /* Pods of one Deployment differ at their ends. */
    return source->name_len == len &&
           (!len || (source->name[len - 1] == name[len - 1] && memcmp(source->name, name, len) == 0));
}

/* The source of a line: the Pod of its prefix, else its file. */
static struct log_source *find_source(struct log_stream *s, const char *name, size_t len)
{
    struct log_source *source;

    if (s->last && is_named(s->last, name, len))
        return s->last;
    /* Replicas take turns: the one behind the last is the likeliest. */
    for (size_t i = 1; s->last && i <= s->sources_count; i++) {
        size_t at = (s->last->index + i) % s->sources_count;

        if (is_named(s->sources[at], name, len))
            return s->last = s->sources[at];
    }
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

/* The source of a line whose Pod is `pod`, which may be empty; a file has one of its own, or of its parts. */
static struct log_source *source_of(struct log_stream *s, struct log_word pod)
{
    struct log_input *file = s->file;

    if (pod.len)
        return find_source(s, pod.at, pod.len);
    if (file->part)
        return find_source(s, file->part, strlen(file->part));
    if (!file->source)
        file->source = find_source(s, file->name ? file->name : "", file->name ? strlen(file->name) : 0);
    return file->source;
}

/* The bytes are the caller's of log_lines_take(), or an export's, who lend them for writing. */
static char *writable(const char *at)
{
    union {
        const char *from;
        char *to;
    } lent = {at};

    return lent.to;
}

/*
 * Lines without any form behind a panic are its trace, up to the first that has one; where node-cache says
 * that it prints its Corefile, they are that. What client-go tells of is no second panic when the process
 * then ends of it.
 */
static bool is_trace(struct log_source *source, const struct coredns_line *line)
{
    if (line->kind == COREDNS_PANIC) {
        bool same =
            source->in_trace == LOG_TRACE_OBSERVED && !line->observed && line->level == COREDNS_LEVEL_FATAL;

        source->in_trace = line->observed ? LOG_TRACE_OBSERVED : LOG_TRACE_ENDS;
        return same;
    }
    /* A log may begin within one. */
    if (line->kind == COREDNS_TRACE && source->in_trace == LOG_TRACE_NONE)
        source->in_trace = LOG_TRACE_ENDS;
    /* A start may look like a line of a trace, but not the other way round. */
    if (line->kind != COREDNS_UNKNOWN && line->kind != COREDNS_BLANK && line->kind != COREDNS_TRACE)
        source->in_trace = LOG_TRACE_NONE;
    if (log_event_prints_corefile(line)) {
        source->in_trace = LOG_TRACE_COREFILE;
        return false;
    }
    return source->in_trace != LOG_TRACE_NONE;
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

/* ---- what tools put around lines ---- */

/* What tail names may be the kubelet's file. */
static const char *part_name(struct arena *arena, struct log_word head)
{
    const char *path = arena_text_n(arena, head.at, head.len);
    struct log_word pod = container_path_pod(path);

    return pod.len ? arena_text_n(arena, pod.at, pod.len) : path;
}

static bool unwrap(struct log_stream *s, struct container_line *line)
{
    struct log_input *file = s->file;
    struct container_line inner;
    struct log_wrapper wrapper;

    if (!log_wrapper_read(line->payload.at, line->payload.len, &wrapper))
        return false;
    if (wrapper.section != SECTION_NONE) {
        file->foreign = wrapper.section == SECTION_OTHER;
        file->part = wrapper.section == SECTION_FILE ? part_name(s->arena, wrapper.pod) : NULL;
        wrapper.pod = (struct log_word){0};
    }
    if (wrapper.quote)
        wrapper.payload.len =
            log_wrapper_unquote(writable(wrapper.payload.at), wrapper.payload.len, wrapper.quote);
    /* A time, and the kubelet's stream, may stand behind a tool's own words. */
    container_line_read(writable(wrapper.payload.at), wrapper.payload.len, &inner);
    if (!line->pod.len)
        line->pod = inner.pod.len ? inner.pod : wrapper.pod;
    if (!line->time_ns)
        line->time_ns = wrapper.time_ns ? wrapper.time_ns : inner.time_ns;
    line->payload = inner.payload;
    return true;
}

/* What a page or an editor made of the letters of a line is undone; no query is read with that. */
static void undo_page(struct log_stream *s, struct container_line *line, struct log_entry *entry)
{
    size_t len = pasted_line_plain(writable(line->payload.at), line->payload.len);

    if (len == line->payload.len)
        return;
    line->payload.len = len;
    coredns_log_read(s->log_template, line->payload, entry->values, &entry->line);
}

/* A line that was copied out of a text of JSON: \" for ". It is taken so when a query or an error comes of
 * it.
 */
static void undo_escapes(struct log_stream *s, struct container_line *line, struct log_entry *entry)
{
    const char *at = line->payload.at, *end = at + line->payload.len;

    if (!memmem(at, line->payload.len, "\\\"", 2))
        return;
    text_clear(&s->unescaped);
    for (; at < end; at++) {
        at += *at == '\\' && at + 1 < end && (at[1] == '"' || at[1] == '\\');
        text_add_n(&s->unescaped, at, 1);
    }
    coredns_log_read(s->log_template, (struct log_word){s->unescaped.at, s->unescaped.len}, entry->values,
                     &entry->line);
    if (entry->line.kind == COREDNS_QUERY)
        line->payload = (struct log_word){s->unescaped.at, s->unescaped.len};
    else
        coredns_log_read(s->log_template, line->payload, entry->values, &entry->line);
}

/* The tools that stand one behind another are few. */
#define WRAPPERS_MAX 4

/* What a container wrote that is no query as it stands; where it is of no form of CoreDNS's, behind what
 * stands before it. */
static void read_again(struct log_stream *s, struct container_line *line, struct log_entry *entry)
{
    if (entry->line.kind != COREDNS_QUERY && line->payload.len)
        undo_page(s, line, entry);
    if (entry->line.kind != COREDNS_QUERY && line->payload.len)
        undo_escapes(s, line, entry);
    for (int i = 0; i < WRAPPERS_MAX; i++) {
        if (entry->line.kind != COREDNS_UNKNOWN && entry->line.kind != COREDNS_FATAL && !s->file->foreign)
            break;
        if (!unwrap(s, line))
            break;
        coredns_log_read(s->log_template, line->payload, entry->values, &entry->line);
    }
}

static void read_payload(struct log_stream *s, struct container_line *line, struct log_entry *entry)
{
    coredns_log_read(s->log_template, line->payload, entry->values, &entry->line);
    if (entry->line.kind != COREDNS_QUERY || s->file->foreign)
        read_again(s, line, entry);
    entry->foreign = s->file->foreign;
}

/* Whether a line may have colours: CoreDNS itself has none. */
static size_t without_colours(char *text, size_t len)
{
    return len && text[0] != '[' && memchr(text, '\033', len) ? log_wrapper_plain(text, len) : len;
}

/* ---- lines ---- */

/* A query or an error is known from its end. */
static bool is_whole(const struct log_stream *s, const struct container_line *line, struct log_entry *entry)
{
    coredns_log_read(s->log_template, line->payload, entry->values, &entry->line);
    return entry->line.kind == COREDNS_QUERY || entry->line.kind == COREDNS_ERRORS;
}

static bool begin_level(struct log_stream *s, size_t level, const char *text, size_t len);

/* CoreDNS's own JSON, and others', behind what kubectl, the kubelet or another tool puts before a line. */
static bool begins_inside(struct log_stream *s, const struct container_line *line,
                          const struct coredns_line *read)
{
    struct log_input *file = s->file;
    struct log_exported *outer;

    if (read->kind != COREDNS_UNKNOWN || !line->payload.len || line->payload.at[0] != '{' ||
        !begin_level(s, file->depth, line->payload.at, line->payload.len))
        return false;
    outer = file->depth > 1 ? &file->levels[file->depth - 2].record : &file->base;
    if (file->depth == 1) {
        file->base = (struct log_exported){0};
        file->input = line->payload;
    }
    if (line->pod.len)
        outer->values[EXPORT_POD] = line->pod;
    if (line->time_ns)
        outer->time_ns = line->time_ns;
    outer->line = line->payload;
    return true;
}

static bool take_line(struct log_stream *s, char *text, size_t len, const struct log_exported *record,
                      struct log_entry *entry)
{
    struct container_line line;
    struct log_source *source;
    bool whole;

    log_held_give_back(s);
    container_line_read(text, without_colours(text, len), &line);
    if (record && !line.pod.len)
        line.pod = record->values[EXPORT_POD];
    if (record && !line.time_ns)
        line.time_ns = record->time_ns;
    if (line.unsure && !s->partials)
        line.partial = !is_whole(s, &line, entry);
    whole = !line.partial && !s->partials;
    if (whole) {
        read_payload(s, &line, entry);
        if (begins_inside(s, &line, &entry->line))
            return log_lines_more(s, entry);
    }
    source = source_of(s, line.pod);
    if (!whole) {
        if (!log_held_join(s, source, &line))
            return false;
        read_payload(s, &line, entry);
    }
    if (record)
        log_members_read(record, &entry->line);
    entry->source = source;
    entry->text = line.payload;
    entry->time_ns = line.time_ns ? line.time_ns : entry->line.time_ns;
    entry->timed = entry->time_ns != 0;
    if (!entry->timed)
        entry->time_ns = source->last_ns;
    if (!source->first_ns)
        source->first_ns = entry->time_ns;
    source->last_ns = entry->time_ns;
    entry->trace = entry->line.kind != COREDNS_QUERY && is_trace(source, &entry->line);
    entry->hex_ends = entry->line.kind == COREDNS_HEX && log_held_hex(s, source, line.payload);
    if (entry->line.kind == COREDNS_QUERY)
        source->in_trace = LOG_TRACE_NONE;
    else if (entry->line.kind == COREDNS_START)
        keep_start(source, &entry->line);
    return true;
}

/* ---- exports ---- */

static struct log_input *find_file(struct log_stream *s, const char *name)
{
    struct log_input *file = s->files;

    while (file && file->name != name && !(name && file->name && strcmp(name, file->name) == 0))
        file = file->next;
    if (file)
        return file;
    file = ARENA_NEW(s->arena, struct log_input);
    file->name = name ? arena_text(s->arena, name) : NULL;
    file->next = s->files;
    return s->files = file;
}

/* Whether a line is one of an export, which then is read from its beginning at this level. */
static bool begin_level(struct log_stream *s, size_t level, const char *text, size_t len)
{
    struct log_input *file = s->file;

    if (level == LOG_EXPORT_LEVELS)
        return false;
    /* A line of an export is whole. */
    if (level) {
        if (!len || text[0] != '{')
            return false;
        log_export_restart(&file->levels[level].form);
    }
    if (!file->levels)
        file->levels = arena_array(s->arena, LOG_EXPORT_LEVELS, sizeof(*file->levels));
    if (!log_export_begins(&file->levels[level].form, text, len))
        return false;
    file->levels[level].at = text;
    file->levels[level].end = text + len;
    file->depth = level + 1;
    s->more = true;
    return true;
}

/* Outer records know what those within them do not say. */
static void inherit(const struct log_input *file)
{
    struct log_exported *record = &file->levels[file->depth - 1].record;

    for (size_t i = file->depth; i-- > 0;) {
        const struct log_exported *outer = i ? &file->levels[i - 1].record : &file->base;

        if (!record->time_ns)
            record->time_ns = outer->time_ns;
        if (!record->values[EXPORT_POD].len)
            record->values[EXPORT_POD] = outer->values[EXPORT_POD];
    }
}

/* The next record that is no export itself; false at the end of the line. */
static bool next_record(struct log_stream *s)
{
    struct log_input *file = s->file;

    while (file->depth) {
        struct log_level *level = &file->levels[file->depth - 1];

        if (!log_export_next(&level->form, &level->at, level->end, &level->record)) {
            file->depth--;
            continue;
        }
        inherit(file);
        if (level->record.is_none) {
            file->rest = file->depth > 1 ? file->levels[file->depth - 2].record.line : file->input;
            level->record.line = (struct log_word){0};
            return true;
        }
        file->rest = level->record.line;
        if (!begin_level(s, file->depth, file->rest.at, file->rest.len))
            return true;
    }
    return false;
}

bool log_lines_more(struct log_stream *s, struct log_entry *entry)
{
    struct log_input *file = s->file;

    while (file->depth || file->rest.len) {
        const struct log_exported *record;
        struct log_word line;

        if (!file->rest.len) {
            /* A record without a line is a blank one. */
            if (!next_record(s))
                return false;
        }
        line = log_word_line(&file->rest);
        record = &file->levels[file->depth - 1].record;
        line = log_members_line(&s->built, record, line);
        if (take_line(s, writable(line.at), line.len, record, entry))
            return true;
    }
    return false;
}

bool log_lines_end(struct log_stream *s, struct log_entry *entry)
{
    static const char none[] = "";

    for (struct log_input *file = s->files; file; file = file->next) {
        struct log_level *level = file->levels;

        if (!level || !log_export_end(&level->form, &level->record))
            continue;
        s->file = file;
        file->rest = level->record.line;
        file->depth = 1;
        s->more = true;
        level->at = level->end = none;
        if (log_lines_more(s, entry))
            return true;
    }
    return false;
}

bool log_lines_take(struct log_stream *s, const char *name, char *text, size_t len, struct log_entry *entry)
{
    if (!s->file || s->file->name != name)
        s->file = find_file(s, name);
    /* Most lines are none: what cannot begin an export needs no reader. */
    if ((s->file->levels || log_export_may_begin(text, len)) && !container_line_is_docker(text, len) &&
        begin_level(s, 0, text, len)) {
        s->file->base = (struct log_exported){0};
        s->file->input = (struct log_word){text, len};
        return log_lines_more(s, entry);
    }
    return take_line(s, text, len, NULL, entry);
}
