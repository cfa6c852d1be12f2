/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_event_kind.h>
#include <k8sdns/model/logs/log_events.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[] = {NULL, "DEBUG", "INFO", "WARNING", "ERROR", "FATAL"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* Source: the names of node-local-dns's DaemonSets, and the link-local address that it takes. */
static bool is_node_cache(const struct log_source *source, struct log_word from)
{
    static const char link_local[] = "169.254.";

    return source->is_cache ||
           (source->name && (strstr(source->name, "node-local") || strstr(source->name, "nodelocal"))) ||
           (from.len > sizeof(link_local) && memcmp(from.at, link_local, sizeof(link_local) - 1) == 0);
}

static void add_group(struct log_events *e, const struct log_entry *entry, int kind, uint64_t count)
{
    const struct coredns_line *line = &entry->line;
    struct log_route route = {0};
    struct log_word subject;
    uint64_t hash = alike(UINT64_C(0xcbf29ce484222325) + (uint64_t)kind, line->plugin);
    struct log_group *group = NULL;

    if (line->kind == COREDNS_ERRORS)
        log_event_route(line, &route);
    subject = route.to;
    hash += route.to_itself;
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
                      .text = keep(e->arena, entry->text),
                      .by_cache = line->kind == COREDNS_ERRORS && is_node_cache(entry->source, route.from),
                      .to_itself = route.to_itself,
                      .local = route.from.len ? keep(e->arena, route.from) : NULL},
        };
    }
    group->event.count += count;
    if (line->kind == COREDNS_ERRORS) {
        group->event.probes += log_is_probe(line);
        group->event.cluster_names += dns_name_is_within(line->name.at, line->name.len, e->domain);
    }
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
    int kind = log_event_kind(&entry->line);
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
        "panic(",      "panic: ",
        "[signal ",    "k8s.io/apimachinery/pkg/util/runtime.",
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

    if (entry->source->in_trace == LOG_TRACE_COREFILE)
        return;
    for (size_t i = e->panics_count; i > 0 && !panic; i--)
        if (e->panic_sources[i - 1] == entry->source)
            panic = &e->panics[i - 1];
    if (!panic)
        return;
    /* What client-go told of went on to end the process. */
    if (entry->line.kind == COREDNS_PANIC)
        panic->recovered = false;
    if (!entry->text.len || panic->trace_count >= LOG_TRACE_MAX)
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
                (struct shape_tally){log_event_kind_names[i], e->kinds[i]};
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
