/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_queries.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Meanings of the marks of names, clients, suffixes and upstreams. */
enum {
    MARK_NXDOMAIN,
    MARK_FAILED,
};

/* Told of each list; the rest is in the counts. */
#define LISTED 50

static int part_named(const struct log_template *t, const char *name)
{
    for (size_t i = 0; t && i < t->count; i++)
        if (t->parts[i].label == LABEL_METADATA && t->parts[i].text.len == strlen(name) &&
            memcmp(t->parts[i].text.at, name, t->parts[i].text.len) == 0)
            return (int)i;
    return -1;
}

void log_queries_init(struct log_queries *q, struct arena *arena, const char *domain, uint64_t slow_ns,
                      const struct log_template *t)
{
    size_t len = strlen(domain);

    if (len && domain[len - 1] == '.')
        len--;
    memset(q, 0, sizeof(*q));
    q->arena = arena;
    q->domain = arena_text_n(arena, domain, len);
    q->domain_len = len;
    q->slow_ns = slow_ns;
    q->names = heavy_hitters_new(arena, LOG_NAMES);
    q->clients = heavy_hitters_new(arena, LOG_CLIENTS);
    q->suffixes = heavy_hitters_new(arena, LOG_SUFFIXES);
    q->wasted = heavy_hitters_new(arena, LOG_SUFFIXES);
    q->namespaces = heavy_hitters_new(arena, LOG_SUFFIXES);
    q->searches = arena_array(arena, LOG_SEARCHES, sizeof(*q->searches));
    q->upstream_part = part_named(t, "/forward/upstream");
    q->namespace_part = part_named(t, "/kubernetes/client-namespace");
    if (q->upstream_part >= 0)
        q->upstreams = heavy_hitters_new(arena, LOG_SUFFIXES);
}

struct log_word log_rcode(const struct coredns_line *line)
{
    return line->server_made ? (struct log_word){"SERVFAIL", 8} : line->rcode;
}

#define WORD_MAX 23

static size_t words_place(struct log_words *w, struct log_word word)
{
    size_t i = 0;

    while (i < w->count && (w->lens[i] != word.len || memcmp(w->words[i], word.at, word.len) != 0))
        i++;
    if (i == LOG_WORDS)
        return LOG_WORDS - 1;
    if (i == w->count) {
        if (++w->count == LOG_WORDS)
            word = (struct log_word){"(others)", 8};
        memcpy(w->words[i], word.at, word.len);
        w->lens[i] = (uint8_t)word.len;
    }
    return i;
}

static void words_add(struct log_words *w, struct log_word word)
{
    word.len = word.len < WORD_MAX ? word.len : WORD_MAX;
    if (word.len)
        w->counts[words_place(w, word)]++;
}

void log_queries_correct(struct log_queries *q, const char *rcode)
{
    for (size_t i = 0; i < q->rcodes.count; i++)
        if (strcmp(q->rcodes.words[i], "SERVFAIL") == 0 && q->rcodes.counts[i]) {
            q->rcodes.counts[i]--;
            words_add(&q->rcodes, (struct log_word){rcode, strlen(rcode)});
            return;
        }
}

/* A name in two: what was asked for, and the suffix that it is counted under. */
struct halves {
    struct log_word base, suffix;
    bool cluster; /* the suffix is one of the cluster's */
    bool known;   /* and its namespace was */
};

static struct halves halves_at(struct log_word name, size_t base_len, bool cluster, bool known)
{
    struct halves h = {
        {name.at, base_len}, {name.at + base_len + 1, name.len - base_len - 1}, cluster, known};

    return h;
}

/* Under the domain: NAMESPACE.svc.DOMAIN for a namespace that is known, else svc.DOMAIN, else DOMAIN. */
static struct halves split_cluster(const struct log_queries *q, struct log_word name,
                                   struct log_word *ret_inner)
{
    size_t rest = name.len - (name.at[name.len - 1] == '.') - q->domain_len - 1, inner;
    const char *dot;

    *ret_inner = (struct log_word){0};
    if (rest < 5 || memcmp(name.at + rest - 4, ".svc", 4) != 0)
        return halves_at(name, rest, true, false);
    inner = rest - 4;
    *ret_inner = (struct log_word){name.at, inner};
    dot = memrchr(name.at, '.', inner);
    if (dot) {
        size_t len = inner - (size_t)(dot + 1 - name.at);

        if (heavy_hitters_has(q->namespaces, dot + 1, len, top_hash(dot + 1, len)))
            return halves_at(name, (size_t)(dot - name.at), true, true);
    }
    return halves_at(name, inner, true, false);
}

/* Elsewhere: the last two labels. */
static struct halves split(const struct log_queries *q, struct log_word name, struct log_word *ret_inner)
{
    const char *dot;

    *ret_inner = (struct log_word){0};
    /* Below it: the domain itself, with its final dot, is one octet longer than the domain. */
    if (name.len > q->domain_len + 1 && dns_name_is_within(name.at, name.len, q->domain))
        return split_cluster(q, name, ret_inner);
    dot = name.len > 1 ? memrchr(name.at, '.', name.len - 1) : NULL;
    dot = dot ? memrchr(name.at, '.', (size_t)(dot - name.at)) : NULL;
    if (!dot)
        return (struct halves){.suffix = name};
    return halves_at(name, (size_t)(dot - name.at), false, false);
}

static void learn_namespace(struct log_queries *q, const char *at, size_t len)
{
    (void)heavy_hitters_add(q->namespaces, at, len, top_hash(at, len));
}

/* A name that is there tells a namespace: the label before "svc". */
static void learn_from_answer(struct log_queries *q, struct log_word inner)
{
    const char *dot = inner.len ? memrchr(inner.at, '.', inner.len) : NULL;

    if (dot)
        learn_namespace(q, dot + 1, inner.len - (size_t)(dot + 1 - inner.at));
}

/*
 * A search list tells one, too: where X.N.svc.DOMAIN was not there, and the same client goes on with
 * X.svc.DOMAIN, N is the client's namespace and no part of the name.
 */
static void learn_from_search(struct log_queries *q, struct log_word inner, uint64_t client)
{
    struct log_search *last = &q->searches[client % LOG_SEARCHES];

    if (last->client == client && last->len > inner.len + 1 && last->base[inner.len] == '.' &&
        memcmp(last->base, inner.at, inner.len) == 0 &&
        !memchr(last->base + inner.len + 1, '.', last->len - inner.len - 1))
        learn_namespace(q, last->base + inner.len + 1, last->len - inner.len - 1);
    last->client = client;
    last->len = inner.len < TOP_TEXT ? (uint8_t)inner.len : 0;
    memcpy(last->base, inner.at, last->len);
}

/* What a query's code says; unknown where the format has none. */
enum query_outcome {
    OUTCOME_UNKNOWN,
    OUTCOME_FOUND,
    OUTCOME_MISSING,
    OUTCOME_FAILED,
};

/* Servers may decline these, and many do on purpose. Source: RFC 8482 (ANY), RFC 5936 (AXFR), RFC 1995
 * (IXFR). */
static bool is_declined(const struct coredns_line *line)
{
    static const char *const types[] = {"ANY", "AXFR", "IXFR"}, *const rcodes[] = {"REFUSED", "NOTIMP"};
    bool type = false, rcode = false;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        type = type ||
               (line->type.len == strlen(types[i]) && memcmp(line->type.at, types[i], line->type.len) == 0);
    for (size_t i = 0; i < sizeof(rcodes) / sizeof(rcodes[0]) && type; i++)
        rcode = rcode || (line->rcode.len == strlen(rcodes[i]) &&
                          memcmp(line->rcode.at, rcodes[i], line->rcode.len) == 0);
    return rcode;
}

static enum query_outcome outcome_of(const struct coredns_line *line, struct log_word rcode)
{
    if (is_declined(line))
        return OUTCOME_UNKNOWN;
    if (rcode.len == 7 && memcmp(rcode.at, "NOERROR", 7) == 0)
        return OUTCOME_FOUND;
    if (rcode.len == 8 && memcmp(rcode.at, "NXDOMAIN", 8) == 0)
        return OUTCOME_MISSING;
    return rcode.len ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
}

/* TOP_MARKS: none. */
static unsigned mark_of(enum query_outcome outcome)
{
    return outcome == OUTCOME_MISSING ? MARK_NXDOMAIN : outcome == OUTCOME_FAILED ? MARK_FAILED : TOP_MARKS;
}

static void count(struct heavy_hitters *c, struct log_word word, uint64_t hash, unsigned mark)
{
    heavy_hitters_mark(c, heavy_hitters_add(c, word.at, word.len, hash), mark);
}

static bool is_address_type(struct log_word type)
{
    return (type.len == 1 && type.at[0] == 'A') || (type.len == 4 && memcmp(type.at, "AAAA", 4) == 0);
}

static void find_slow_least(struct log_queries *q)
{
    q->slow_least = 0;
    for (size_t i = 1; i < q->slow_count; i++)
        if (q->slow[i].latency_ms < q->slow[q->slow_least].latency_ms)
            q->slow_least = i;
}

static const char *copy(char *to, struct log_word word)
{
    size_t len = word.len < TOP_TEXT ? word.len : TOP_TEXT;

    if (len)
        memcpy(to, word.at, len);
    to[len] = '\0';
    return to;
}

static void add_slow(struct log_queries *q, const struct log_entry *entry)
{
    const struct coredns_line *line = &entry->line;
    double ms = (double)line->duration_ns / 1e6;
    size_t at = q->slow_count;

    q->slow_total++;
    if (at == LOG_SLOW_MAX) {
        at = q->slow_least;
        if (ms <= q->slow[at].latency_ms)
            return;
    } else {
        q->slow_count++;
    }
    q->slow[at] = (struct log_query_facts){
        .source = entry->source->name,
        .client = copy(q->slow_text[at][0], line->client),
        .type = copy(q->slow_text[at][1], line->type),
        .name = copy(q->slow_text[at][2], line->name),
        .rcode = copy(q->slow_text[at][3], log_rcode(line)),
        .port = line->port == UINT32_MAX ? SHAPE_UNSET : line->port,
        .id = line->id == UINT32_MAX ? SHAPE_UNSET : line->id,
        .latency_ms = ms,
    };
    q->slow_time_ns[at] = entry->time_ns;
    find_slow_least(q);
}

static void add_latency(struct log_queries *q, const struct log_entry *entry)
{
    uint64_t ns = entry->line.duration_ns;

    if (ns == COREDNS_UNSET)
        return;
    q->timed++;
    histogram_add(&q->latency, (ns + 50) / 100);
    if (ns > q->max_ns)
        q->max_ns = ns;
    if (ns >= q->slow_ns)
        add_slow(q, entry);
}

static void add_suffix(struct log_queries *q, const struct coredns_line *line, uint64_t client,
                       enum query_outcome outcome)
{
    struct log_word inner;
    struct halves h = split(q, line->name, &inner);

    q->own += h.cluster;
    if (h.cluster && outcome == OUTCOME_MISSING && inner.len)
        learn_from_search(q, inner, client);
    else if (h.cluster && outcome == OUTCOME_FOUND && !h.known)
        learn_from_answer(q, inner);
    count(q->suffixes, h.suffix, top_hash(h.suffix.at, h.suffix.len), mark_of(outcome));
    if (h.cluster && outcome == OUTCOME_MISSING && is_address_type(line->type)) {
        q->waste++;
        (void)heavy_hitters_add(q->wasted, h.base.at, h.base.len, top_hash(h.base.at, h.base.len));
    }
}

static void add_metadata(struct log_queries *q, const struct log_entry *entry, enum query_outcome outcome)
{
    if (q->upstream_part >= 0) {
        struct log_word value = entry->values[q->upstream_part];

        if (value.len > 1)
            count(q->upstreams, value, top_hash(value.at, value.len), mark_of(outcome));
    }
    if (q->namespace_part >= 0) {
        struct log_word value = entry->values[q->namespace_part];

        if (value.len > 1)
            learn_namespace(q, value.at, value.len);
    }
}

/* Of client, name and type, from the hashes of the first two. */
static uint64_t question_hash(const struct coredns_line *line, uint64_t client, uint64_t name)
{
    uint64_t hash = name ^ (client << 13 | client >> 51);

    if (line->type.len)
        hash += line->type.len * 31 + (unsigned char)line->type.at[0];
    return hash ^ hash >> 29;
}

static void add_timed(struct log_queries *q, const struct log_entry *entry, uint64_t question, bool failed)
{
    log_rate_add(&q->rate, entry->time_ns, failed);
    if (entry->line.client.len && entry->line.name.len)
        log_retry_add(q->retry, entry, question);
}

/* Where these are counted is far apart, and is fetched meanwhile. */
static void expect(const struct log_queries *q, uint64_t client, uint64_t name, uint64_t question)
{
    heavy_hitters_expect(q->clients, client);
    heavy_hitters_expect(q->names, name);
    __builtin_prefetch(&q->searches[client % LOG_SEARCHES], 1);
    if (q->retry)
        log_retry_expect(q->retry, question);
}

void log_queries_add(struct log_queries *q, const struct log_entry *entry)
{
    const struct coredns_line *line = &entry->line;
    struct log_word rcode = log_rcode(line);
    enum query_outcome outcome = outcome_of(line, rcode);
    uint64_t client = top_hash(line->client.at, line->client.len);
    uint64_t name = top_hash(line->name.at, line->name.len);
    uint64_t question = question_hash(line, client, name);

    if (entry->time_ns && !q->retry)
        q->retry = log_retry_new(q->arena);
    expect(q, client, name, question);
    q->count++;
    q->failed += outcome == OUTCOME_FAILED;
    q->server_made += line->server_made;
    entry->source->queries++;
    entry->source->failed += outcome == OUTCOME_FAILED;
    words_add(&q->rcodes, rcode);
    if (is_declined(line))
        words_add(&q->declined, rcode);
    words_add(&q->types, line->type);
    add_latency(q, entry);
    heavy_hitters_approach(q->clients, client);
    heavy_hitters_approach(q->names, name);
    if (line->name.len)
        add_suffix(q, line, client, outcome);
    if (line->client.len)
        count(q->clients, line->client, client, mark_of(outcome));
    if (line->name.len)
        count(q->names, line->name, name, mark_of(outcome));
    if (line->by_template)
        add_metadata(q, entry, outcome);
    if (entry->time_ns)
        add_timed(q, entry, question, outcome == OUTCOME_FAILED);
}

static size_t list(const struct heavy_hitters *c, struct arena *arena, struct log_top_facts **ret)
{
    struct top_item *items;
    size_t n = c ? heavy_hitters_list(c, arena, LISTED, &items) : 0;

    *ret = arena_array(arena, n + 1, sizeof(**ret));
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = (struct log_top_facts){items[i].text, items[i].count, items[i].error,
                                           items[i].marks[MARK_NXDOMAIN], items[i].marks[MARK_FAILED]};
    return n;
}

static size_t tallies(const struct log_words *w, struct arena *arena, struct shape_tally **ret)
{
    size_t n = 0;

    *ret = NULL;
    for (size_t i = 0; i < w->count; i++)
        if (w->counts[i])
            *ARENA_PUSH(arena, *ret, n) = (struct shape_tally){arena_text(arena, w->words[i]), w->counts[i]};
    return n;
}

static int by_latency(const void *a, const void *b)
{
    const struct log_query_facts *x = a, *y = b;

    return x->latency_ms < y->latency_ms ? 1 : x->latency_ms > y->latency_ms ? -1 : 0;
}

static void slow_facts(const struct log_queries *q, struct arena *arena, struct logs_facts *facts)
{
    char time[CLOCK_TEXT];

    facts->slow_threshold_ms = (double)q->slow_ns / 1e6;
    facts->slow_total = q->slow_total;
    for (size_t i = 0; i < q->slow_count; i++) {
        struct log_query_facts *slow = ARENA_PUSH(arena, facts->slow, facts->slow_count);

        *slow = q->slow[i];
        slow->client = *slow->client ? arena_text(arena, slow->client) : NULL;
        slow->type = *slow->type ? arena_text(arena, slow->type) : NULL;
        slow->name = *slow->name ? arena_text(arena, slow->name) : NULL;
        slow->rcode = *slow->rcode ? arena_text(arena, slow->rcode) : NULL;
        if (q->slow_time_ns[i])
            slow->time = arena_text(arena, clock_format(q->slow_time_ns[i], time, sizeof(time)));
    }
    if (facts->slow_count)
        qsort(facts->slow, facts->slow_count, sizeof(*facts->slow), by_latency);
}

static double tenths_ms(uint64_t tenths)
{
    return tenths == SHAPE_UNSET ? (double)NAN : (double)tenths / 1e4;
}

static void latency_facts(const struct log_queries *q, struct logs_facts *facts)
{
    facts->timed_queries = q->timed;
    facts->latency_ms = (struct log_latency_facts){
        .p50 = tenths_ms(histogram_value_us(&q->latency, 0.5)),
        .p90 = tenths_ms(histogram_value_us(&q->latency, 0.9)),
        .p99 = tenths_ms(histogram_value_us(&q->latency, 0.99)),
        .max = q->timed ? (double)q->max_ns / 1e6 : (double)NAN,
    };
}

void log_queries_facts(const struct log_queries *q, struct arena *arena, struct logs_facts *facts)
{
    facts->queries = q->count;
    facts->server_made = q->server_made;
    facts->rcodes_count = tallies(&q->rcodes, arena, &facts->rcodes);
    facts->declined_count = tallies(&q->declined, arena, &facts->declined);
    facts->types_count = tallies(&q->types, arena, &facts->types);
    latency_facts(q, facts);
    slow_facts(q, arena, facts);
    facts->names_count = list(q->names, arena, &facts->names);
    facts->clients_count = list(q->clients, arena, &facts->clients);
    facts->suffixes_count = list(q->suffixes, arena, &facts->suffixes);
    facts->search_waste_count = list(q->wasted, arena, &facts->search_waste);
    facts->upstreams_count = list(q->upstreams, arena, &facts->upstreams);
    facts->names_floor = heavy_hitters_floor(q->names);
    facts->clients_floor = heavy_hitters_floor(q->clients);
    facts->cluster_queries = q->own;
    facts->search_waste_total = q->waste;
    facts->search_waste_ratio = q->count ? (double)q->waste / (double)q->count : (double)NAN;
    facts->cluster_domain = q->domain;
    log_rate_facts(&q->rate, arena, facts);
    if (q->retry)
        log_retry_facts(q->retry, arena, facts);
}
