/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/log_events.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[] = {NULL, "DEBUG", "INFO", "WARNING", "ERROR", "FATAL"};

struct saying {
    const char *plugin; /* NULL: any */
    const char *words;
    int kind;
};

/*
 * What the errors plugin says of a query. Source: Go's net package for the words of the system,
 * plugin/forward for its own ("no upstream host" is that of versions before 1.2).
 */
static const struct saying errors[] = {
    {NULL, "concurrent queries exceeded maximum", LOG_RATE_LIMITED},
    {NULL, "i/o timeout", LOG_UPSTREAM_TIMEOUT},
    {NULL, "context deadline exceeded", LOG_UPSTREAM_TIMEOUT},
    {NULL, "connection refused", LOG_UPSTREAM_REFUSED},
    {NULL, "no route to host", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "network is unreachable", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "unreachable backend", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "no healthy", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "connection reset by peer", LOG_UPSTREAM_REFUSED},
};

/* Source: plugin/kubernetes, plugin/ready, plugin/reload, plugin/loop, plugin/health, core/dnsserver,
 * client-go. */
static const struct saying messages[] = {
    {"loop", "detected for zone", LOG_LOOP},
    {"loop", "Loop (", LOG_LOOP},
    {"loop", "Forwarding loop detected", LOG_LOOP},
    {"kubernetes", "waiting for Kubernetes API", LOG_KUBERNETES_WAITING},
    {"kubernetes", "unsynced Kubernetes API", LOG_KUBERNETES_UNSYNCED},
    {"kubernetes", "is forbidden", LOG_KUBERNETES_FORBIDDEN},
    {"kubernetes", "Unauthorized", LOG_KUBERNETES_UNAUTHORIZED},
    {"kubernetes", "Failed to watch", LOG_KUBERNETES_FAILED},
    {"kubernetes", "failed to list", LOG_KUBERNETES_FAILED},
    {"kubernetes", "Failed to list", LOG_KUBERNETES_FAILED},
    {"kubernetes", "Kubernetes API connection failure", LOG_KUBERNETES_FAILED},
    {"ready", "not ready", LOG_NOT_READY},
    {"ready", "Still waiting on", LOG_NOT_READY},
    {"reload", "reload failed", LOG_RELOAD_FAILED},
    {NULL, "Restart failed", LOG_RELOAD_FAILED},
    {NULL, "Reloading", LOG_RELOAD},
    {"reload", "Running configuration", LOG_START},
    {NULL, "Shutting down servers", LOG_STOP},
    {"health", "lameduck", LOG_STOP},
};

static bool has(struct log_word text, const char *words)
{
    return memmem(text.at, text.len, words, strlen(words)) != NULL;
}

static int find(const struct saying *sayings, size_t count, const struct coredns_line *line)
{
    for (size_t i = 0; i < count; i++) {
        const char *plugin = sayings[i].plugin;

        if (plugin &&
            (strlen(plugin) != line->plugin.len || memcmp(plugin, line->plugin.at, line->plugin.len) != 0))
            continue;
        if (has(line->text, sayings[i].words))
            return sayings[i].kind;
    }
    return -1;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int message_kind(const struct coredns_line *line)
{
    int kind = find(messages, COUNT(messages), line);

    if (kind < 0 && line->level == COREDNS_LEVEL_DEBUG)
        return LOG_DEBUG;
    return kind < 0 ? LOG_MESSAGE : kind;
}

static int kind_of(const struct coredns_line *line)
{
    int kind;

    switch (line->kind) {
    case COREDNS_ERRORS:
    case COREDNS_CONSOLIDATED:
        kind = find(errors, COUNT(errors), line);
        return kind < 0 ? LOG_ERRORS_OTHER : kind;
    case COREDNS_PANIC:
        return LOG_PANIC;
    case COREDNS_START:
        return LOG_START;
    case COREDNS_FATAL:
        return LOG_START_FAILED;
    case COREDNS_MESSAGE:
        return message_kind(line);
    default:
        return LOG_UNKNOWN;
    }
}

/* "read udp A->B: i/o timeout", "dial tcp B: connect: connection refused": B. */
static struct log_word upstream_of(const struct coredns_line *line)
{
    const char *at, *end;
    struct log_word none = {0};

    if (line->kind != COREDNS_ERRORS)
        return none;
    at = memmem(line->text.at, line->text.len, "->", 2);
    if (!at) {
        at = memmem(line->text.at, line->text.len, "dial ", 5);
        at = at ? memchr(at + 5, ' ', (size_t)(line->text.at + line->text.len - at - 5)) : NULL;
        at = at ? at - 1 : NULL;
    }
    if (!at)
        return none;
    at += 2;
    end = memmem(at, (size_t)(line->text.at + line->text.len - at), ": ", 2);
    return end && end - at < 80 ? (struct log_word){at, (size_t)(end - at)} : none;
}

/* FNV-1a over a text, all numbers alike. */
static uint64_t alike(uint64_t hash, struct log_word text)
{
    bool digit = false;

    for (size_t i = 0; i < text.len && i < LOG_TEXT_MAX; i++) {
        bool now = text.at[i] >= '0' && text.at[i] <= '9';

        if (!now || !digit)
            hash = (hash ^ (now ? '0' : (unsigned char)text.at[i])) * UINT64_C(0x100000001b3);
        digit = now;
    }
    return hash;
}

static char *keep(struct arena *arena, struct log_word text)
{
    return arena_text_n(arena, text.at, text.len < LOG_TEXT_MAX ? text.len : LOG_TEXT_MAX);
}

static void add_group(struct log_events *e, const struct log_entry *entry, int kind, uint64_t count)
{
    const struct coredns_line *line = &entry->line;
    struct log_word subject = upstream_of(line);
    uint64_t hash = alike(UINT64_C(0xcbf29ce484222325) + (uint64_t)kind, line->plugin);
    struct log_group *group = NULL;

    /* Addresses are not alike, though they differ in digits. */
    for (size_t i = 0; i < subject.len; i++)
        hash = (hash ^ (unsigned char)subject.at[i]) * UINT64_C(0x100000001b3);
    if (line->kind != COREDNS_ERRORS || kind == LOG_ERRORS_OTHER)
        hash = alike(hash, line->text);
    for (size_t i = 0; i < e->groups_count && !group; i++)
        if (e->groups[i].hash == hash && e->groups[i].event.kind == kind)
            group = &e->groups[i];
    if (!group && e->groups_count == LOG_GROUPS_MAX) {
        e->dropped += count;
        return;
    }
    if (!group) {
        group = &e->groups[e->groups_count++];
        *group = (struct log_group){
            .hash = hash,
            .first_ns = entry->time_ns,
            .event = {.kind = kind,
                      .level = levels[line->level],
                      .plugin = line->plugin.len ? keep(e->arena, line->plugin) : NULL,
                      .subject = subject.len ? keep(e->arena, subject) : NULL,
                      .source = entry->source->name,
                      .text = keep(e->arena, entry->text)},
        };
    }
    group->event.count += count;
    group->last_ns = entry->time_ns;
}

static void add_panic(struct log_events *e, const struct log_entry *entry)
{
    char time[CLOCK_TEXT];

    if (e->panics_count == LOG_PANICS_MAX)
        return;
    e->panic_sources[e->panics_count] = entry->source;
    e->panics[e->panics_count++] = (struct log_panic_facts){
        .time =
            entry->time_ns ? arena_text(e->arena, clock_format(entry->time_ns, time, sizeof(time))) : NULL,
        .source = entry->source->name,
        .text = keep(e->arena, entry->line.text),
        .recovered = entry->line.level == COREDNS_LEVEL_ERROR,
    };
}

/*
 * A consolidated line counts many; what is shown at once as the first of them is among these.
 * Source: plugin/errors, consolidate and show_first.
 */
static uint64_t count_of(struct log_events *e, const struct coredns_line *line, int kind)
{
    bool shown;

    if (line->kind == COREDNS_ERRORS)
        e->shown_first[kind] += line->level == COREDNS_LEVEL_WARNING || line->level == COREDNS_LEVEL_ERROR;
    if (line->kind != COREDNS_CONSOLIDATED)
        return 1;
    shown = e->shown_first[kind] > 0;
    e->shown_first[kind] = 0;
    return line->count > shown ? line->count - shown : 0;
}

int log_events_add(struct log_events *e, const struct log_entry *entry)
{
    int kind = kind_of(&entry->line);
    uint64_t count = count_of(e, &entry->line, kind);

    e->kinds[kind] += count;
    add_group(e, entry, kind, count);
    if (kind == LOG_PANIC)
        add_panic(e, entry);
    return kind;
}

/* A function of CoreDNS or a plugin, not of what catches and tells of panics. */
static bool is_telling(const char *frame)
{
    static const char *const dull[] = {
        "goroutine ",  "runtime",
        "panic(",      "[signal ",
        "created by ", "\t",
        "exit status", "github.com/coredns/coredns/core/dnsserver.(*Server).ServeDNS.func"};

    for (size_t i = 0; i < COUNT(dull); i++)
        if (strncmp(frame, dull[i], strlen(dull[i])) == 0)
            return false;
    return strchr(frame, '(') != NULL;
}

void log_events_trace(struct log_events *e, const struct log_entry *entry)
{
    struct log_panic_facts *panic = NULL;
    const char *text;

    for (size_t i = e->panics_count; i > 0 && !panic; i--)
        if (e->panic_sources[i - 1] == entry->source)
            panic = &e->panics[i - 1];
    if (!panic || !entry->text.len || panic->trace_count >= LOG_TRACE_MAX)
        return;
    text = keep(e->arena, entry->text);
    *ARENA_PUSH(e->arena, panic->trace, panic->trace_count) = text;
    if (!panic->where && is_telling(text))
        panic->where = text;
}

static int by_kind_and_count(const void *a, const void *b)
{
    const struct log_event_facts *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind - y->kind;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->text, y->text);
}

static const char *time_text(struct arena *arena, uint64_t ns)
{
    char time[CLOCK_TEXT];

    return ns ? arena_text(arena, clock_format(ns, time, sizeof(time))) : NULL;
}

void log_events_facts(const struct log_events *e, struct arena *arena, struct logs_facts *facts)
{
    for (int i = 0; i < LOG_EVENT_KINDS; i++)
        if (e->kinds[i])
            *ARENA_PUSH(arena, facts->event_kinds, facts->event_kinds_count) =
                (struct shape_tally){log_event_kind_words[i], e->kinds[i]};
    for (size_t i = 0; i < e->groups_count; i++) {
        struct log_event_facts *event = ARENA_PUSH(arena, facts->events, facts->events_count);

        *event = e->groups[i].event;
        event->first_time = time_text(arena, e->groups[i].first_ns);
        event->last_time = time_text(arena, e->groups[i].last_ns);
    }
    if (facts->events_count)
        qsort(facts->events, facts->events_count, sizeof(*facts->events), by_kind_and_count);
    facts->events_dropped = e->dropped;
    facts->panics = arena_copy(arena, e->panics, sizeof(e->panics));
    facts->panics_count = e->panics_count;
}
