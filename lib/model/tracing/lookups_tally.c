/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/tracing/lookups_tally.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A power of two, and half empty at most. */
#define SLOTS (2 * LOOKUPS_GROUPS_MAX)
/* Names in text are up to 1024 bytes long, most are short. */
#define NAME_MAX_KEPT 256
#define ID_MAX        72

struct lookup_group {
    char name[NAME_MAX_KEPT], container[ID_MAX], pod[ID_MAX];
    uint64_t lookups, failed, slow, ended, sum_us, max_us;
};

struct groups {
    struct lookup_group *slots[SLOTS];
    size_t count;
};

struct lookups_tally {
    struct arena *arena;
    uint64_t slow_us, ungrouped;
    uint64_t lookups[LOOKUPS_METHODS], failed[LOOKUPS_METHODS], slow[LOOKUPS_METHODS];
    struct histogram latency[LOOKUPS_METHODS];
    struct groups processes, names;
};

struct lookups_tally *lookups_tally_new(struct arena *arena, uint64_t slow_us)
{
    struct lookups_tally *tally = ARENA_NEW(arena, struct lookups_tally);

    tally->arena = arena;
    tally->slow_us = slow_us;
    return tally;
}

/* FNV-1a. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

/* The group of these texts, a new one when there is room; NULL when there is none. */
static struct lookup_group *find_group(struct lookups_tally *tally, struct groups *groups, const char *name,
                                       const char *container, const char *pod)
{
    struct lookup_group wanted = {0};
    size_t at;

    snprintf(wanted.name, sizeof(wanted.name), "%s", name);
    snprintf(wanted.container, sizeof(wanted.container), "%s", container ? container : "");
    snprintf(wanted.pod, sizeof(wanted.pod), "%s", pod ? pod : "");
    at = hash_text(hash_text(UINT64_C(14695981039346656037), wanted.name), wanted.container) % SLOTS;
    for (; groups->slots[at]; at = (at + 1) % SLOTS)
        if (strcmp(groups->slots[at]->name, wanted.name) == 0 &&
            strcmp(groups->slots[at]->container, wanted.container) == 0)
            return groups->slots[at];
    if (groups->count == LOOKUPS_GROUPS_MAX)
        return NULL;
    groups->count++;
    groups->slots[at] = arena_copy(tally->arena, &wanted, sizeof(wanted));
    return groups->slots[at];
}

bool lookups_tally_is_slow(const struct lookups_tally *tally, const struct lookups_call_facts *call)
{
    uint64_t us = call->latency_us == SHAPE_UNSET ? call->age_us : call->latency_us;

    return us != SHAPE_UNSET && us >= tally->slow_us;
}

static void group_add(struct lookup_group *group, const struct lookups_call_facts *call, bool slow)
{
    group->lookups++;
    group->failed += call->failed;
    group->slow += slow;
    if (call->latency_us == SHAPE_UNSET)
        return;
    group->ended++;
    group->sum_us += call->latency_us;
    if (call->latency_us > group->max_us)
        group->max_us = call->latency_us;
}

void lookups_tally_add(struct lookups_tally *tally, const struct lookups_call_facts *call)
{
    const struct process_facts *process = &call->process;
    bool slow = lookups_tally_is_slow(tally, call);
    struct lookup_group *groups[] = {
        find_group(tally, &tally->processes, process->name ? process->name : "?", process->container,
                   process->pod),
        find_group(tally, &tally->names, call->name, NULL, NULL),
    };

    tally->lookups[call->method]++;
    tally->failed[call->method] += call->failed;
    tally->slow[call->method] += slow;
    if (call->latency_us != SHAPE_UNSET)
        histogram_add(&tally->latency[call->method], call->latency_us);
    for (size_t i = 0; i < 2; i++)
        if (groups[i])
            group_add(groups[i], call, slow);
    tally->ungrouped += !groups[0] || !groups[1];
}

static int compare_groups(const void *a, const void *b)
{
    const struct lookups_group_facts *x = a, *y = b;

    if (x->lookups != y->lookups)
        return x->lookups < y->lookups ? 1 : -1;
    return strcmp(x->name, y->name);
}

static struct lookups_group_facts *list_groups(struct arena *arena, const struct groups *groups,
                                               size_t *ret_count)
{
    struct lookups_group_facts *list = arena_array(arena, groups->count + 1, sizeof(*list));
    size_t count = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        const struct lookup_group *group = groups->slots[i];

        if (!group)
            continue;
        list[count++] = (struct lookups_group_facts){
            .name = group->name,
            .container = group->container[0] ? group->container : NULL,
            .pod = group->pod[0] ? group->pod : NULL,
            .lookups = group->lookups,
            .failed = group->failed,
            .slow = group->slow,
            .avg_us = group->ended ? group->sum_us / group->ended : SHAPE_UNSET,
            .max_us = group->ended ? group->max_us : SHAPE_UNSET,
        };
    }
    qsort(list, count, sizeof(*list), compare_groups);
    *ret_count = count;
    return list;
}

static void add_method(const struct lookups_tally *tally, int method, struct arena *arena,
                       struct traced_lookups_facts *facts)
{
    const struct histogram *latency = &tally->latency[method];
    bool any = latency->count > 0;
    struct lookups_method_facts *row = ARENA_PUSH(arena, facts->methods, facts->methods_count);

    *row = (struct lookups_method_facts){
        .method = method,
        .lookups = tally->lookups[method],
        .failed = tally->failed[method],
        .slow = tally->slow[method],
        .min_us = any ? latency->min_us : SHAPE_UNSET,
        .avg_us = any ? latency->sum_us / latency->count : SHAPE_UNSET,
        .p50_us = histogram_value_us(latency, 0.5),
        .p90_us = histogram_value_us(latency, 0.9),
        .p99_us = histogram_value_us(latency, 0.99),
        .max_us = any ? latency->max_us : SHAPE_UNSET,
    };
    row->latency_count = histogram_octaves(arena, latency, &row->latency);
}

void lookups_tally_facts(const struct lookups_tally *tally, bool whole, struct arena *arena,
                         struct traced_lookups_facts *facts)
{
    facts->slow_us = tally->slow_us == UINT64_MAX ? SHAPE_UNSET : tally->slow_us;
    facts->ungrouped = tally->ungrouped;
    for (int method = 0; method < LOOKUPS_METHODS; method++) {
        facts->lookups += tally->lookups[method];
        facts->failed += tally->failed[method];
        facts->slow += tally->slow[method];
        if (whole && tally->lookups[method])
            add_method(tally, method, arena, facts);
    }
    if (!whole)
        return;
    facts->by_process = list_groups(arena, &tally->processes, &facts->by_process_count);
    facts->by_name = list_groups(arena, &tally->names, &facts->by_name_count);
}

const char *lookups_eai_word(struct arena *arena, int64_t code)
{
    /* glibc and musl share these numbers. Source: netdb.h of both. */
    static const struct {
        int code;
        const char *word;
    } words[] = {
        {0, "ok"},
        {-1, "EAI_BADFLAGS"},
        {-2, "EAI_NONAME"},
        {-3, "EAI_AGAIN"},
        {-4, "EAI_FAIL"},
        {-5, "EAI_NODATA"},
        {-6, "EAI_FAMILY"},
        {-7, "EAI_SOCKTYPE"},
        {-8, "EAI_SERVICE"},
        {-9, "EAI_ADDRFAMILY"},
        {-10, "EAI_MEMORY"},
        {-11, "EAI_SYSTEM"},
        {-12, "EAI_OVERFLOW"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].code == code)
            return words[i].word;
    return arena_printf(arena, "EAI %lld", (long long)code);
}

const char *lookups_h_errno_word(int64_t code)
{
    switch (code) {
    case HOST_NOT_FOUND:
        return "HOST_NOT_FOUND";
    case TRY_AGAIN:
        return "TRY_AGAIN";
    case NO_RECOVERY:
        return "NO_RECOVERY";
    case NO_DATA:
        return "NO_DATA";
    default:
        return "no address";
    }
}

bool lookups_name_fits(const char *name, const char *wanted)
{
    size_t len = strlen(name), wanted_len = strlen(wanted);

    if (len && name[len - 1] == '.')
        len--;
    if (wanted_len && wanted[wanted_len - 1] == '.')
        wanted_len--;
    if (wanted_len > len || wanted_len == 0)
        return false;
    if (strncasecmp(name, wanted, wanted_len) == 0 && (len == wanted_len || name[wanted_len] == '.'))
        return true;
    return dns_name_is_within(name, len, wanted);
}
