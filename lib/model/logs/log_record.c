/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_record.h>
#include <k8sdns/model/logs/log_states.h>
#include <k8sdns/model/probe/name_view.h>
#include <math.h>
#include <string.h>

void log_record_init(struct log_record *r, struct arena *arena, const struct log_record_options *options)
{
    memset(r, 0, sizeof(*r));
    r->arena = arena;
    r->options = *options;
    log_queries_init(&r->queries, arena, options->domain ? options->domain : CLUSTER_DOMAIN_USUAL,
                     options->slow_ns, options->log_template);
    r->events.arena = arena;
    r->events.domain = options->domain ? options->domain : CLUSTER_DOMAIN_USUAL;
}

/*
 * A server sends its probe until it has an answer. It is back from a loop when it is seen again after an
 * answer, or comes from another client or to another replica.
 */
static void add_probe(struct log_record *r, const struct log_entry *entry)
{
    const struct coredns_line *line = &entry->line;
    uint64_t name = top_hash(line->name.at, line->name.len),
             client = top_hash(line->client.at, line->client.len);
    struct log_word rcode = log_rcode(line);
    bool answered = !(rcode.len == 8 && memcmp(rcode.at, "SERVFAIL", 8) == 0);
    struct log_probe *probe = NULL;

    r->loop.probes++;
    for (size_t i = 0; i < r->probes_count && !probe; i++)
        if (r->probes[i].name == name)
            probe = &r->probes[i];
    if (!probe) {
        r->loop.names++;
        /* Old ones have come back long since, if ever. */
        probe = &r->probes[(r->loop.names - 1) % LOG_PROBES_MAX];
        if (r->probes_count < LOG_PROBES_MAX)
            r->probes_count++;
        *probe = (struct log_probe){name, client, entry->source, answered};
        return;
    }
    if (probe->answered || probe->client != client || probe->source != entry->source) {
        r->loop.repeated++;
        if (!r->loop.example)
            r->loop.example = arena_text_n(r->arena, entry->text.at,
                                           entry->text.len < LOG_TEXT_MAX ? entry->text.len : LOG_TEXT_MAX);
    }
    probe->answered = probe->answered || answered;
}

/* What an error of the errors plugin is kept by until its query's line can be set right. */
static uint64_t question_hash(const struct coredns_line *line)
{
    return top_hash(line->name.at, line->name.len) * 31 + top_hash(line->type.at, line->type.len);
}

static int add_query(struct log_record *r, const struct log_entry *entry)
{
    struct log_source *source = entry->source;

    r->lines.query++;
    if (r->pending)
        log_pending_answered(r->pending, entry);
    if (log_is_probe(&entry->line)) {
        r->lines.loop_probes++;
        add_probe(r, entry);
        return LOG_LINE_QUERY;
    }
    log_states_served(source);
    if (entry->line.server_made)
        source->server_made[source->server_made_at++ % 8] = question_hash(&entry->line);
    log_queries_add(&r->queries, entry);
    return LOG_LINE_QUERY;
}

static int add_dump(struct log_record *r, const struct log_entry *entry)
{
    r->lines.dump++;
    if (!r->pending)
        r->pending = log_pending_new(r->arena, r->options.unanswered_ns);
    log_pending_received(r->pending, entry);
    r->lines.loop_probes += log_is_probe(&entry->line);
    return LOG_LINE_DUMP;
}

/*
 * Versions from 1.8.5 to 1.14.4 log whatever the server made as "-"; the error behind it says which code it
 * was. Source: plugin/errors, which begins with the number of the code.
 */
static void correct_rcode(struct log_record *r, const struct log_entry *entry)
{
    uint64_t question = question_hash(&entry->line);
    char word[DNS_WORD];

    for (size_t i = 0; i < 8; i++)
        if (entry->source->server_made[i] == question) {
            entry->source->server_made[i] = 0;
            if (entry->line.count != DNS_SERVFAIL && entry->line.count <= UINT16_MAX)
                log_queries_correct(&r->queries, dns_rcode_word((uint16_t)entry->line.count, word));
            return;
        }
}

static bool has_text(struct log_word text, const char *words)
{
    return memmem(text.at, text.len, words, strlen(words)) != NULL;
}

static void end_source(struct log_record *r, const struct log_entry *entry)
{
    if (r->pending)
        log_pending_ended(r->pending, entry->source);
}

static int add_message(struct log_record *r, const struct log_entry *entry)
{
    int event = log_events_add(&r->events, entry), level = entry->line.level;

    log_states_message(r->arena, entry, event);
    if ((event == LOG_MESSAGE && level == COREDNS_LEVEL_INFO && !entry->line.plugin.len) ||
        event == LOG_UNKNOWN)
        log_guess_add(&r->guess, entry->line.text);
    if (entry->line.kind == COREDNS_ERRORS) {
        correct_rcode(r, entry);
        if (!log_is_probe(&entry->line))
            log_states_served(entry->source);
    }
    if (event == LOG_PANIC) {
        r->lines.panic++;
        entry->source->panics++;
        if (level == COREDNS_LEVEL_FATAL)
            end_source(r, entry);
        return LOG_LINE_PANIC;
    }
    if (event == LOG_LOOP && (level == COREDNS_LEVEL_FATAL || has_text(entry->text, "Loop (") ||
                              has_text(entry->text, "loop detected"))) {
        r->loop.detected++;
        if (!r->loop.example || r->loop.detected == 1)
            r->loop.example = arena_text_n(r->arena, entry->text.at,
                                           entry->text.len < LOG_TEXT_MAX ? entry->text.len : LOG_TEXT_MAX);
    }
    /* A banner with the version says that the one before is gone. */
    if (level == COREDNS_LEVEL_FATAL || (entry->line.kind == COREDNS_START && entry->line.count))
        end_source(r, entry);
    if (entry->line.kind == COREDNS_ERRORS || entry->line.kind == COREDNS_CONSOLIDATED ||
        level == COREDNS_LEVEL_ERROR || level == COREDNS_LEVEL_FATAL) {
        r->lines.error++;
        return LOG_LINE_ERROR;
    }
    if (level == COREDNS_LEVEL_DEBUG) {
        r->lines.debug++;
        return LOG_LINE_DEBUG;
    }
    r->lines.other++;
    if (event == LOG_UNKNOWN) {
        r->lines.unknown++;
        return LOG_LINE_UNKNOWN;
    }
    r->lines.notice++;
    return LOG_LINE_NOTICE;
}

void log_record_decode(struct arena *arena, const struct log_entry *entry, struct decode_facts *ret)
{
    struct message_input input;

    *ret = (struct decode_facts){0};
    if (message_input_read(arena, text_string(&entry->source->hex), entry->source->hex.len, OCTETS_DUMP,
                           &input, NULL) == 0)
        decode_facts_make(arena, &input, ret);
}

static int add_hex(struct log_record *r, const struct log_entry *entry)
{
    struct decode_facts decoded;

    r->lines.debug++;
    if (!entry->hex_ends)
        return LOG_LINE_DEBUG;
    r->messages_total++;
    if (r->messages_count >= LOG_MESSAGES_MAX)
        return LOG_LINE_DEBUG;
    log_record_decode(r->arena, entry, &decoded);
    for (size_t i = 0; i < decoded.messages_count && r->messages_count < LOG_MESSAGES_MAX; i++)
        *ARENA_PUSH(r->arena, r->messages, r->messages_count) = decoded.messages[i];
    return LOG_LINE_DEBUG;
}

static void add_time(struct log_record *r, const struct log_entry *entry)
{
    if (!entry->timed) {
        r->lines.untimed++;
        return;
    }
    if (!r->first_ns || entry->time_ns < r->first_ns)
        r->first_ns = entry->time_ns;
    if (entry->time_ns > r->last_ns)
        r->last_ns = entry->time_ns;
}

int log_record_add(struct log_record *r, const struct log_entry *entry)
{
    r->lines.total++;
    entry->source->lines++;
    add_time(r, entry);
    if (entry->foreign) {
        r->lines.other++;
        r->lines.foreign++;
        return LOG_LINE_NOTICE;
    }
    if (entry->trace) {
        r->lines.other++;
        r->lines.trace++;
        log_events_trace(&r->events, entry);
        if (entry->line.kind == COREDNS_PANIC)
            end_source(r, entry);
        return LOG_LINE_TRACE;
    }
    switch (entry->line.kind) {
    case COREDNS_QUERY:
        return add_query(r, entry);
    case COREDNS_DUMP:
        return add_dump(r, entry);
    case COREDNS_HEX:
        return add_hex(r, entry);
    case COREDNS_BLANK:
        r->lines.other++;
        r->lines.notice++;
        r->lines.blank++;
        return LOG_LINE_NOTICE;
    default:
        return add_message(r, entry);
    }
}

static const char *time_text(struct arena *arena, uint64_t ns)
{
    char time[CLOCK_TEXT];

    return ns ? arena_text(arena, clock_format(ns, time, sizeof(time))) : NULL;
}

static void source_facts(const struct log_stream *stream, struct arena *arena, struct logs_facts *facts)
{
    for (size_t i = 0; i < stream->sources_count; i++) {
        const struct log_source *s = stream->sources[i];

        *ARENA_PUSH(arena, facts->sources, facts->sources_count) = (struct log_source_facts){
            .name = s->name,
            .version = *s->version ? arena_text(arena, s->version) : NULL,
            .lines = s->lines,
            .queries = s->queries,
            .failed = s->failed,
            .starts = s->starts,
            .panics = s->panics,
            .first_time = time_text(arena, s->first_ns),
            .last_time = time_text(arena, s->last_ns),
        };
    }
}

void log_record_facts(const struct log_record *r, const struct log_stream *stream, struct arena *arena,
                      struct logs_facts *facts)
{
    *facts = (struct logs_facts){
        .status = HEALTH_UNKNOWN,
        .lines = r->lines,
        .first_time = time_text(arena, r->first_ns),
        .last_time = time_text(arena, r->last_ns),
        .span_s = r->last_ns ? (double)(r->last_ns - r->first_ns) / 1e9 : (double)NAN,
        .loop = r->loop,
        .messages = r->messages,
        .messages_count = r->messages_count,
        .messages_total = r->messages_total,
    };
    facts->lines.cut += stream->cut;
    log_queries_facts(&r->queries, arena, facts);
    facts->qps = facts->span_s > 0 ? (double)facts->queries / facts->span_s : (double)NAN;
    log_events_facts(&r->events, arena, facts);
    if (r->pending)
        log_pending_facts(r->pending, arena, r->last_ns, facts);
    if (!r->options.log_template)
        facts->format = log_guess_template(&r->guess, arena, &facts->format_sure);
    log_states_facts(stream, arena, facts);
    source_facts(stream, arena, facts);
}
