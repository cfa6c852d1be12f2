/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one replica counts, from one scrape or from the change between two: rates, shares, percentiles. */
#include <k8sdns/model/metrics/metrics_facts.h>
#include <math.h>
#include <string.h>

/* Two scrapes of one replica. `window` is false when there are no rates: one scrape, or another process. */
struct replica_reading {
    struct arena *arena;
    const struct metrics_record *before, *now;
    double seconds;
    bool window;
};

static uint64_t whole(double value)
{
    return isnan(value) || value < 0 ? SHAPE_UNSET : value >= 0x1p63 ? UINT64_C(1) << 63 : (uint64_t)value;
}

/* A counter that is not there has not counted yet. */
static double scalar(const struct metrics_record *record, enum metrics_scalar which)
{
    return isnan(record->scalars[which]) ? 0 : record->scalars[which];
}

static uint64_t total(const struct replica_reading *r, enum metrics_scalar which)
{
    return whole(scalar(r->now, which));
}

/* By how much a count grew in the window; unset without one, or when it went back. */
static uint64_t change_of(const struct replica_reading *r, double was, double is)
{
    return r->window && is >= was ? whole(is - was) : SHAPE_UNSET;
}

static uint64_t change(const struct replica_reading *r, enum metrics_scalar which)
{
    return r->window ? change_of(r, scalar(r->before, which), scalar(r->now, which)) : SHAPE_UNSET;
}

static double rate_of(const struct replica_reading *r, uint64_t changed)
{
    return changed == SHAPE_UNSET ? (double)NAN : (double)changed / r->seconds;
}

static double ratio_of(double part, double all)
{
    return all > 0 ? part / all : (double)NAN;
}

/* The counts of a list, the largest first; `total` of names over the maximum is named "(others)". */
static void read_counts(const struct replica_reading *r, const struct metrics_tallies *was,
                        const struct metrics_tallies *is, struct metrics_count_facts **ret, size_t *ret_count)
{
    double all_changed = 0, all = metrics_tallies_sum(is);

    for (size_t i = 0; i <= is->count; i++) {
        bool rest = i == is->count;
        const char *name = rest ? "(others)" : is->items[i].name;
        double value = rest ? is->rest : is->items[i].value;
        double old = !was ? 0 : rest ? was->rest : metrics_tallies_value(was, name);
        struct metrics_count_facts *count;
        size_t at;

        if (rest && !(value > 0))
            continue;
        (void)ARENA_PUSH(r->arena, *ret, *ret_count);
        for (at = *ret_count - 1; at && (double)(*ret)[at - 1].total < value; at--)
            (*ret)[at] = (*ret)[at - 1];
        count = &(*ret)[at];
        *count = (struct metrics_count_facts){
            .name = arena_text(r->arena, name), .total = whole(value), .change = change_of(r, old, value)};
        count->per_second = rate_of(r, count->change);
        all_changed += count->change == SHAPE_UNSET ? 0 : (double)count->change;
    }
    for (size_t i = 0; i < *ret_count; i++) {
        struct metrics_count_facts *count = &(*ret)[i];

        count->ratio = !r->window                     ? ratio_of((double)count->total, all)
                       : count->change == SHAPE_UNSET ? (double)NAN
                                                      : ratio_of((double)count->change, all_changed);
    }
}

#define READ_LIST(r, which, facts, member)                                                     \
    read_counts((r), (r)->before ? &(r)->before->lists[which] : NULL, &(r)->now->lists[which], \
                &(facts)->member, &(facts)->member##_count)

double metrics_quantile(const struct metrics_histogram *h, double q, bool *ret_over)
{
    double all = h->count ? h->buckets[h->count - 1].count : 0, rank = q * all, begin, below;
    size_t at = 0;

    *ret_over = false;
    /* Without a bucket for all the rest, as without observations, there is no quantile. */
    if (!(all > 0) || h->count < 2 || !isinf(h->buckets[h->count - 1].bound_s))
        return (double)NAN;
    while (at < h->count - 1 && h->buckets[at].count < rank)
        at++;
    if (at == h->count - 1) {
        *ret_over = true;
        return h->buckets[at - 1].bound_s;
    }
    if (at == 0 && h->buckets[0].bound_s <= 0)
        return h->buckets[0].bound_s;
    begin = at ? h->buckets[at - 1].bound_s : 0;
    below = at ? h->buckets[at - 1].count : 0;
    if (!(h->buckets[at].count > below))
        return h->buckets[at].bound_s;
    return begin + (h->buckets[at].bound_s - begin) * (rank - below) / (h->buckets[at].count - below);
}

/* What came in the window; false when that is nothing, or a bucket went back. */
static bool subtract(struct arena *arena, const struct metrics_histogram *was,
                     const struct metrics_histogram *is, struct metrics_histogram *ret)
{
    double largest = 0;

    *ret = (struct metrics_histogram){.count = is->count, .sum_s = is->sum_s - (was ? was->sum_s : 0)};
    ret->buckets = arena_array(arena, is->count, sizeof(*ret->buckets));
    for (size_t i = 0; i < is->count; i++) {
        struct metrics_bucket *bucket = &ret->buckets[i];

        *bucket = is->buckets[i];
        for (size_t k = 0; was && k < was->count; k++)
            if (was->buckets[k].bound_s == bucket->bound_s)
                bucket->count -= was->buckets[k].count;
        if (bucket->count < 0)
            return false;
        /* A scrape is no snapshot: a bucket may be a little behind the one before it. */
        largest = bucket->count > largest ? bucket->count : largest;
        bucket->count = largest;
    }
    return largest > 0;
}

/*
 * A quantile lies somewhere in its bucket, which may be wide. The sum of all times bounds it: of n
 * observations at least (1 - q) n took that long or longer, so that many times it is no more than the sum.
 * NAN stays.
 */
static double bounded_quantile(const struct metrics_histogram *h, double q, bool *ret_over)
{
    double value = metrics_quantile(h, q, ret_over);
    double longer = h->count ? (1 - q) * h->buckets[h->count - 1].count : 0;

    if (!(h->sum_s > 0) || !(longer > 0) || !(value > h->sum_s / longer))
        return value;
    *ret_over = false;
    return h->sum_s / longer;
}

static void read_latency(const struct replica_reading *r, const struct metrics_histogram *was,
                         const struct metrics_histogram *is, struct metrics_latency_facts *ret)
{
    struct metrics_histogram changed;
    bool over;

    ret->window = r->window && subtract(r->arena, was, is, &changed);
    if (ret->window)
        is = &changed;
    ret->observations = is->count ? whole(is->buckets[is->count - 1].count) : 0;
    ret->p50 = bounded_quantile(is, 0.5, &over) * 1e3;
    ret->p90 = bounded_quantile(is, 0.9, &over) * 1e3;
    ret->p99 = bounded_quantile(is, 0.99, &ret->over) * 1e3;
}

static void read_zones(const struct replica_reading *r, struct metrics_replica_facts *facts)
{
    for (size_t i = 0; i < r->now->zones.count; i++) {
        const struct metrics_part *is = &r->now->zones.items[i];
        const struct metrics_part *was = r->before ? metrics_parts_find(&r->before->zones, is->name) : NULL;
        struct metrics_zone_facts *zone = ARENA_PUSH(r->arena, facts->zones, facts->zones_count);

        zone->zone = arena_text(r->arena, is->name);
        zone->per_second = rate_of(r, change_of(r, was ? was->latency.total : 0, is->latency.total));
        read_latency(r, was ? &was->latency : NULL, &is->latency, &zone->latency_ms);
    }
}

/* As counted, or where it is no longer counted (since 1.11.0) as timed. */
static const struct metrics_tallies *rcodes_of(const struct metrics_part *upstream)
{
    return upstream->rcodes.count ? &upstream->rcodes : &upstream->timed;
}

static double answers_of(const struct metrics_part *upstream)
{
    double counted = metrics_tallies_sum(rcodes_of(upstream));

    return counted > 0 ? counted : upstream->latency.total;
}

static double failed_by_server(const struct metrics_part *upstream)
{
    return metrics_tallies_value(rcodes_of(upstream), "SERVFAIL");
}

static void read_upstream(const struct replica_reading *r, const struct metrics_part *is,
                          struct metrics_forward_facts *forward)
{
    static const struct metrics_part nothing;
    const struct metrics_part *was = r->before ? metrics_parts_find(&r->before->upstreams, is->name) : NULL;
    struct metrics_upstream_facts *upstream =
        ARENA_PUSH(r->arena, forward->upstreams, forward->upstreams_count);
    double answers = answers_of(is), failed = failed_by_server(is);
    uint64_t answers_new, failed_new;

    was = was ? was : &nothing;
    answers_new = change_of(r, answers_of(was), answers);
    failed_new = change_of(r, failed_by_server(was), failed);
    upstream->to = arena_text(r->arena, is->name);
    upstream->answers = whole(answers);
    upstream->per_second = rate_of(r, answers_new);
    read_counts(r, rcodes_of(was), rcodes_of(is), &upstream->rcodes, &upstream->rcodes_count);
    upstream->servfail_ratio = !r->window ? ratio_of(failed, answers)
                               : answers_new == SHAPE_UNSET || failed_new == SHAPE_UNSET
                                   ? (double)NAN
                                   : ratio_of((double)failed_new, (double)answers_new);
    upstream->healthcheck_failures = whole(is->healthcheck_failures);
    upstream->healthcheck_failures_new = change_of(r, was->healthcheck_failures, is->healthcheck_failures);
    read_latency(r, &was->latency, &is->latency, &upstream->latency_ms);
}

/* What the upstreams' parts add up to. */
struct forward_sums {
    double answers, servfails, failures, reused, connects;
};

static struct forward_sums sum_forward(const struct metrics_record *record)
{
    struct forward_sums sums = {0};

    for (size_t i = 0; record && i < record->upstreams.count; i++) {
        const struct metrics_part *upstream = &record->upstreams.items[i];

        sums.answers += answers_of(upstream);
        sums.servfails += failed_by_server(upstream);
        sums.failures += upstream->healthcheck_failures;
        sums.reused += upstream->reused;
        sums.connects += upstream->connects;
    }
    return sums;
}

static void read_forward(const struct replica_reading *r, struct metrics_forward_facts *forward)
{
    struct forward_sums was = sum_forward(r->before), is = sum_forward(r->now);

    for (size_t i = 0; i < r->now->upstreams.count; i++)
        read_upstream(r, &r->now->upstreams.items[i], forward);
    forward->answers = whole(is.answers);
    forward->answers_new = change_of(r, was.answers, is.answers);
    forward->servfails_new = change_of(r, was.servfails, is.servfails);
    forward->healthcheck_failures = whole(is.failures);
    forward->healthcheck_failures_new = change_of(r, was.failures, is.failures);
    forward->all_down = total(r, METRICS_FORWARD_BROKEN);
    forward->all_down_new = change(r, METRICS_FORWARD_BROKEN);
    forward->rejected = total(r, METRICS_FORWARD_REJECTS);
    forward->rejected_new = change(r, METRICS_FORWARD_REJECTS);
    forward->reused_ratio = ratio_of(is.reused, is.reused + is.connects);
}

/* >= 1.8.5 counts the questions; before there are only hits and misses. */
static double asked_of_cache(const struct metrics_record *record)
{
    double asked = scalar(record, METRICS_CACHE_REQUESTS);

    return asked > 0 ? asked : scalar(record, METRICS_CACHE_HITS) + scalar(record, METRICS_CACHE_MISSES);
}

static void read_cache(const struct replica_reading *r, struct metrics_replica_facts *facts)
{
    uint64_t hits = change(r, METRICS_CACHE_HITS);
    uint64_t asked =
        r->window ? change_of(r, asked_of_cache(r->before), asked_of_cache(r->now)) : SHAPE_UNSET;
    struct metrics_cache_facts *cache = &facts->cache;

    cache->entries = whole(r->now->scalars[METRICS_CACHE_ENTRIES]);
    cache->hits = total(r, METRICS_CACHE_HITS);
    cache->misses = whole(asked_of_cache(r->now) - scalar(r->now, METRICS_CACHE_HITS));
    cache->evictions = total(r, METRICS_CACHE_EVICTIONS);
    cache->stale = total(r, METRICS_CACHE_STALE);
    cache->evictions_per_second = rate_of(r, change(r, METRICS_CACHE_EVICTIONS));
    READ_LIST(r, METRICS_CACHE_HITS_BY_TYPE, cache, hits_by_type);
    /* A scrape is no snapshot: a hit may be counted before its question. */
    hits = hits != SHAPE_UNSET && hits > asked ? asked : hits;
    facts->cache_hit_ratio = !r->window ? ratio_of(scalar(r->now, METRICS_CACHE_HITS), asked_of_cache(r->now))
                             : hits == SHAPE_UNSET || asked == SHAPE_UNSET
                                 ? (double)NAN
                                 : ratio_of((double)hits, (double)asked);
}

/* A code that is no answer to a watch: 404, 410 and 422 come in ordinary times. */
static bool is_api_error(const char *code)
{
    static const char *const codes[] = {"<error>", "401", "403", "429"};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return strlen(code) == 3 && code[0] == '5';
}

static double api_errors(const struct metrics_tallies *codes)
{
    double errors = 0;

    for (size_t i = 0; i < codes->count; i++)
        if (is_api_error(codes->items[i].name))
            errors += codes->items[i].value;
    return errors;
}

static void read_api(const struct replica_reading *r, struct metrics_api_facts *api)
{
    const struct metrics_tallies *is = &r->now->lists[METRICS_API_CODES];
    double old = r->before ? api_errors(&r->before->lists[METRICS_API_CODES]) : 0;

    api->requests = whole(metrics_tallies_sum(is));
    api->errors = whole(api_errors(is));
    api->errors_new = change_of(r, old, api_errors(is));
    READ_LIST(r, METRICS_API_CODES, api, codes);
    read_latency(r, r->before ? &r->before->api_latency : NULL, &r->now->api_latency, &api->latency_ms);
}

static void read_answers(const struct replica_reading *r, struct metrics_replica_facts *facts)
{
    const struct metrics_tallies *rcodes = &r->now->lists[METRICS_BY_RCODE];
    const struct metrics_tallies *own = &r->now->lists[METRICS_OWN_RCODES];
    double servfails = metrics_tallies_value(rcodes, "SERVFAIL"),
           own_servfails = metrics_tallies_value(own, "SERVFAIL");

    facts->requests_total = total(r, METRICS_REQUESTS);
    facts->qps = rate_of(r, change(r, METRICS_REQUESTS));
    READ_LIST(r, METRICS_BY_RCODE, facts, by_rcode);
    READ_LIST(r, METRICS_BY_TYPE, facts, by_type);
    READ_LIST(r, METRICS_BY_FAMILY, facts, by_family);
    READ_LIST(r, METRICS_BY_TRANSPORT, facts, by_transport);
    for (size_t i = 0; i < facts->by_family_count; i++) {
        const char *name = facts->by_family[i].name;

        /* Source: plugin/metrics README: 1 is IP, 2 is IPv6. */
        facts->by_family[i].name = strcmp(name, "1") == 0 ? "ipv4" : strcmp(name, "2") == 0 ? "ipv6" : name;
    }
    for (size_t i = 0; i < facts->by_rcode_count; i++)
        *ARENA_PUSH(r->arena, facts->rcodes, facts->rcodes_count) =
            (struct shape_tally){facts->by_rcode[i].name, facts->by_rcode[i].total};
    if (r->window) {
        const struct metrics_tallies *old = &r->before->lists[METRICS_BY_RCODE];

        facts->answers = change(r, METRICS_RESPONSES);
        facts->servfails = change_of(r, metrics_tallies_value(old, "SERVFAIL"), servfails);
        facts->own_servfails = change_of(
            r, metrics_tallies_value(&r->before->lists[METRICS_OWN_RCODES], "SERVFAIL"), own_servfails);
    } else {
        facts->answers = total(r, METRICS_RESPONSES);
        facts->servfails = whole(servfails);
        facts->own_servfails = whole(own_servfails);
    }
    if (!r->now->tells_plugin)
        facts->own_servfails = SHAPE_UNSET;
    facts->servfail_ratio = facts->answers == SHAPE_UNSET || facts->servfails == SHAPE_UNSET
                                ? (double)NAN
                                : ratio_of((double)facts->servfails, (double)facts->answers);
}

/* A process that began anew, or counts that went back, which no process does. */
static bool is_another(const struct metrics_record *before, const struct metrics_record *now,
                       double tolerance_s)
{
    static const enum metrics_scalar counters[] = {METRICS_REQUESTS, METRICS_RESPONSES, METRICS_CPU_SECONDS,
                                                   METRICS_PANICS};
    double was = before->scalars[METRICS_START_SECONDS], is = now->scalars[METRICS_START_SECONDS];

    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        if (scalar(now, counters[i]) < scalar(before, counters[i]))
            return true;
    return !isnan(was) && !isnan(is) && fabs(was - is) > tolerance_s;
}

static void read_process(const struct replica_reading *r, struct metrics_replica_facts *facts)
{
    const double *scalars = r->now->scalars;

    facts->panics_total = total(r, METRICS_PANICS);
    facts->panics_new = change(r, METRICS_PANICS);
    facts->reload_failed_total = total(r, METRICS_RELOAD_FAILED);
    facts->reload_failed_new = change(r, METRICS_RELOAD_FAILED);
    facts->setup_errors_total = whole(scalars[METRICS_SETUP_ERRORS]);
    facts->setup_errors_new =
        isnan(scalars[METRICS_SETUP_ERRORS]) ? SHAPE_UNSET : change(r, METRICS_SETUP_ERRORS);
    facts->cpu_cores =
        r->window && !isnan(scalars[METRICS_CPU_SECONDS])
            ? (scalars[METRICS_CPU_SECONDS] - scalar(r->before, METRICS_CPU_SECONDS)) / r->seconds
            : (double)NAN;
    facts->cpus = whole(scalars[METRICS_CPUS]);
    facts->memory_bytes = whole(scalars[METRICS_MEMORY_BYTES]);
    facts->open_files = whole(scalars[METRICS_OPEN_FILES]);
    facts->max_files = whole(scalars[METRICS_MAX_FILES]);
}

/*
 * What a whole scrape would have, since --check judges it: the count of panics always, answers and their
 * latency from the first answer on. A counter that is not there is 0; an excerpt looks the same, but for the
 * panics, the version and the process's start, which every scrape has.
 */
static void read_missing(const struct replica_reading *r, struct metrics_replica_facts *facts)
{
    const double *scalars = r->now->scalars;
    bool panics = !isnan(scalars[METRICS_PANICS]), responses = !isnan(scalars[METRICS_RESPONSES]);
    bool latency = r->now->latency.count > 0, asked = scalars[METRICS_REQUESTS] > 0 || responses || latency;
    bool whole = panics && r->now->version && !isnan(scalars[METRICS_START_SECONDS]);
    const struct {
        const char *name;
        bool lacks;
    } rows[] = {{"answers", !responses && (asked || !whole)},
                {"latency", !latency && (asked || !whole)},
                {"panics", !panics}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].lacks)
            *ARENA_PUSH(r->arena, facts->missing, facts->missing_count) = rows[i].name;
}

void metrics_read_replica(struct arena *arena, const struct metrics_record *before,
                          const struct metrics_record *now, struct metrics_replica_facts *facts)
{
    struct replica_reading r = {.arena = arena, .before = before, .now = now};

    if (before && before->at_ns && now->at_ns > before->at_ns) {
        /* A process's own start may move by a second with its clock; behind a ClusterIP are several
         * processes. */
        facts->restarted = is_another(before, now, facts->role == METRICS_OF_CLUSTER_IP ? 0 : 1);
        r.seconds = (double)(now->at_ns - before->at_ns) / 1e9;
        r.window = !facts->restarted;
    }
    facts->version = now->version ? arena_text(arena, now->version) : NULL;
    facts->config_hash = now->config_hash ? arena_text(arena, now->config_hash) : NULL;
    facts->window_s = r.window ? r.seconds : (double)NAN;
    facts->uptime_s = (double)NAN;
    if (now->wall_s > 0 && now->wall_s >= now->scalars[METRICS_START_SECONDS])
        facts->uptime_s = now->wall_s - now->scalars[METRICS_START_SECONDS];
    read_answers(&r, facts);
    read_missing(&r, facts);
    read_latency(&r, before ? &before->latency : NULL, &now->latency, &facts->latency_ms);
    read_zones(&r, facts);
    read_cache(&r, facts);
    read_forward(&r, &facts->forward);
    read_api(&r, &facts->api);
    read_process(&r, facts);
    facts->text = (struct metrics_text_facts){.bytes = now->counts.bytes,
                                              .samples = now->counts.samples,
                                              .malformed = now->counts.malformed,
                                              .too_long = now->counts.too_long,
                                              .cut = now->counts.cut,
                                              .dropped = now->dropped};
}
