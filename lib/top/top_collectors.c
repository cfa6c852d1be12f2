/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/collect_conntrack.h>
#include <k8sdns/collect/collect_ipvs.h>
#include <k8sdns/source/node/node_limits.h>
#include <k8sdns/top/top_collectors.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* A look may take this share of the time, as 1/SHARE. */
#define SHARE 50
/* Rates are over this long at least, and at most twice as long. */
#define BASE_NS (30 * SECOND_NS)
/* A look that takes longer is worth a word. */
#define LATE_NS (5 * SECOND_NS)

/* ---- what is done in the child ---- */

static void add_gap(struct survey *survey, enum gap gap)
{
    survey_unobserved(survey, gap, arena_text(survey->arena, survey->err.text));
    survey->err = (struct err){0};
}

static int look_at_kernel(struct survey *survey, void *user, struct facts *facts)
{
    struct top_collectors *looks = user;
    struct conntrack_facts *conntrack = ARENA_NEW(survey->arena, struct conntrack_facts);
    struct node_facts *node = ARENA_NEW(survey->arena, struct node_facts);
    struct node_question question = {.pid = survey->pid, .dns_port = DNS_PORT};
    struct address *targets = NULL;

    if (collect_conntrack_counters(survey, conntrack) == 0)
        facts->conntrack = conntrack;
    else
        add_gap(survey, GAP_CONNTRACK);
    for (size_t i = 0; i < looks->targets_count; i++)
        *ARENA_PUSH(survey->arena, targets, question.targets_count) = looks->targets[i].where;
    question.targets = targets;
    if (node_limits_read(survey->arena, &question, node))
        facts->node = node;
    return 0;
}

static void look_at_ipvs(struct survey *survey, const struct top_collectors *looks, struct facts *facts)
{
    struct ipvs_facts *ipvs = ARENA_NEW(survey->arena, struct ipvs_facts);
    int r = collect_ipvs(survey, DNS_PORT, &looks->known, ipvs);

    if (r == 0)
        facts->ipvs = ipvs;
    else if (r == -ENOENT || r == -ESRCH)
        facts->ipvs_absent = true;
    else
        add_gap(survey, GAP_IPVS);
    survey->err = (struct err){0};
}

static int look_at_entries(struct survey *survey, void *user, struct facts *facts)
{
    struct top_collectors *looks = user;
    struct conntrack_facts *conntrack = ARENA_NEW(survey->arena, struct conntrack_facts);

    if (collect_conntrack(survey, DNS_PORT, &looks->known, conntrack) == 0) {
        facts->conntrack = conntrack;
        if (!conntrack->dns && conntrack->table.hooks != 0)
            collect_conntrack_unobserved(survey);
    }
    survey->err = (struct err){0};
    look_at_ipvs(survey, looks, facts);
    return 0;
}

static int look_at_servers(struct survey *survey, void *user, struct facts *facts)
{
    struct top_collectors *looks = user;

    return collection_run(survey, looks->collection, facts);
}

/* ---- what comes back ---- */

/* What JSON has as text alone: the addresses, and the ways by which a replica was found. */
static void restore(struct arena *arena, struct replicas_facts *replicas)
{
    replicas->cluster_where = arena_array(arena, replicas->cluster_ips_count + 1, sizeof(struct address));
    for (size_t i = 0; i < replicas->cluster_ips_count; i++)
        (void)!address_parse(replicas->cluster_ips[i], DNS_PORT, &replicas->cluster_where[i], NULL);
    for (size_t i = 0; i < replicas->replicas_count; i++) {
        struct replica_facts *r = &replicas->replicas[i];

        (void)!address_parse(r->address, DNS_PORT, &r->where, NULL);
        if (r->port != SHAPE_UNSET)
            r->where.port = (uint16_t)r->port;
        for (size_t k = 0; k < r->found_by_count; k++)
            for (unsigned method = 0; method < DISCOVERY_METHODS; method++)
                if (strcmp(discovery_method_names[method], r->found_by[k]) == 0)
                    r->methods |= 1U << method;
    }
}

static void turn_bases(struct top_collectors *looks, uint64_t now_ns)
{
    struct top_part *kernel = &looks->parts[LOOK_KERNEL];

    if (!kernel->facts || (looks->bases[1].facts && now_ns - looks->bases[1].seen_ns < BASE_NS))
        return;
    arena_free(looks->bases[0].arena);
    looks->bases[0] = looks->bases[1];
    looks->bases[1] = (struct top_base){kernel->arena, kernel->facts, kernel->ended_ns};
    kernel->arena = NULL;
    kernel->facts = NULL;
}

static void on_done(void *user, struct subprocess *look, struct arena *arena, struct facts *facts,
                    const struct err *err)
{
    struct top_collectors *looks = user;
    enum top_collector_kind which = (enum top_collector_kind)(look - looks->looks);
    struct top_part *part = &looks->parts[which];
    uint64_t now_ns = clock_monotonic_ns();

    part->err = *err;
    if (facts) {
        if (which == LOOK_KERNEL)
            turn_bases(looks, now_ns);
        arena_free(part->arena);
        part->arena = arena;
        part->facts = facts;
    }
    part->ended_ns = now_ns;
    if (facts && which == LOOK_SERVERS) {
        looks->known = (struct known_replicas){0};
        if (facts->replicas) {
            restore(arena, facts->replicas);
            known_replicas_of(arena, facts->replicas, &looks->known);
        }
    }
    looks->on_look(looks->user, which, err);
}

/* ---- when ---- */

static uint64_t period_ns(const struct top_collectors *looks, enum top_collector_kind which,
                          uint64_t interval_us)
{
    const struct facts *kernel = looks->parts[LOOK_KERNEL].facts;
    bool tracks = !kernel || !kernel->conntrack || kernel->conntrack->table.hooks != 0;
    uint64_t share = looks->pace.cost_share ? looks->pace.cost_share : SHARE;
    uint64_t interval_ns = interval_us * 1000, cost_ns = looks->looks[which].took_ns * share;
    uint64_t least_ns = looks->pace.least_ns[which] ? looks->pace.least_ns[which]
                        : which == LOOK_KERNEL      ? SECOND_NS
                        : which == LOOK_SERVERS     ? 30 * SECOND_NS
                        : tracks                    ? 5 * SECOND_NS
                                                    : 30 * SECOND_NS;

    least_ns = least_ns > interval_ns ? least_ns : interval_ns;
    /* Asking is mostly waiting. */
    return which == LOOK_SERVERS || least_ns > cost_ns ? least_ns : cost_ns;
}

void top_collectors_tick(struct top_collectors *looks, uint64_t interval_us)
{
    uint64_t now_ns = clock_monotonic_ns(), slack_ns = interval_us * 500;

    for (int i = 0; i < LOOKS; i++) {
        struct top_part *part = &looks->parts[i];

        subprocess_check(&looks->looks[i], now_ns);
        if (looks->looks[i].pid || looks->pace.least_ns[i] == TOP_NEVER)
            continue;
        if (part->ended_ns && !part->due_now &&
            now_ns + slack_ns <
                looks->looks[i].began_ns + period_ns(looks, (enum top_collector_kind)i, interval_us))
            continue;
        part->due_now = false;
        if (subprocess_begin(&looks->looks[i], looks->survey, looks->base) < 0)
            (void)!err_set(&part->err, ERR_INTERNAL, EAGAIN, "no process can be made");
    }
}

bool top_collectors_due_now(struct top_collectors *looks, enum top_collector_kind which)
{
    looks->parts[which].due_now = true;
    return !looks->looks[which].pid;
}

void top_collectors_again(struct top_collectors *looks, enum top_collector_kind which)
{
    subprocess_stop(&looks->looks[which]);
    looks->parts[which].due_now = true;
}

void top_collectors_targets(struct top_collectors *looks, const struct target_facts *targets, size_t count)
{
    looks->targets = targets;
    looks->targets_count = count;
}

void top_collectors_init(struct top_collectors *looks, const struct survey *survey,
                         const struct collection_options *collection, struct event_base *base,
                         void (*on_look)(void *, enum top_collector_kind, const struct err *), void *user)
{
    /* Asking has a budget; what is beyond it is stuck. */
    uint64_t asking_ns = collection->budget_us * 2000 + 10 * SECOND_NS;

    *looks = (struct top_collectors){
        .survey = survey, .collection = collection, .base = base, .on_look = on_look, .user = user};
    looks->looks[LOOK_KERNEL] = (struct subprocess){
        .name = "the kernel's counters", .look = look_at_kernel, .timeout_ns = 10 * SECOND_NS};
    looks->looks[LOOK_ENTRIES] = (struct subprocess){
        .name = "the connection tracking's entries", .look = look_at_entries, .timeout_ns = 60 * SECOND_NS};
    looks->looks[LOOK_SERVERS] = (struct subprocess){
        .name = "the servers and the Kubernetes API", .look = look_at_servers, .timeout_ns = asking_ns};
    for (int i = 0; i < LOOKS; i++) {
        looks->looks[i].done = on_done;
        looks->looks[i].user = looks;
    }
}

void top_collectors_fini(struct top_collectors *looks)
{
    for (int i = 0; i < LOOKS; i++) {
        subprocess_stop(&looks->looks[i]);
        arena_free(looks->parts[i].arena);
    }
    arena_free(looks->bases[0].arena);
    arena_free(looks->bases[1].arena);
}

/* ---- put together ---- */

static void add_gaps(struct arena *arena, const struct facts *from, struct facts *facts)
{
    for (size_t i = 0; from && i < from->unobserved_count; i++)
        *ARENA_PUSH(arena, facts->unobserved, facts->unobserved_count) = from->unobserved[i];
}

/* The counters are the newest, the entries those of the last walk. */
static struct conntrack_facts *conntrack_of(const struct top_collectors *looks, struct arena *arena)
{
    const struct top_part *kernel = &looks->parts[LOOK_KERNEL], *entries = &looks->parts[LOOK_ENTRIES];
    const struct top_base *base = looks->bases[0].facts ? &looks->bases[0] : &looks->bases[1];
    struct conntrack_facts *facts;

    if (!kernel->facts || !kernel->facts->conntrack)
        return NULL;
    facts = ARENA_NEW(arena, struct conntrack_facts);
    if (entries->facts && entries->facts->conntrack)
        *facts = *entries->facts->conntrack;
    facts->table = kernel->facts->conntrack->table;
    facts->counters = kernel->facts->conntrack->counters;
    facts->per_cpu = kernel->facts->conntrack->per_cpu;
    facts->per_cpu_count = kernel->facts->conntrack->per_cpu_count;
    facts->status = -1;
    facts->rates = NULL;
    if (base->facts && base->facts->conntrack)
        conntrack_facts_rates(arena, base->facts->conntrack, facts,
                              (double)(kernel->ended_ns - base->seen_ns) / 1e9);
    return facts;
}

static struct node_facts *node_of(const struct top_collectors *looks)
{
    const struct top_part *kernel = &looks->parts[LOOK_KERNEL];
    const struct top_base *base = looks->bases[0].facts ? &looks->bases[0] : &looks->bases[1];

    if (!kernel->facts || !kernel->facts->node)
        return NULL;
    if (base->facts && base->facts->node)
        node_facts_compare(base->facts->node, kernel->facts->node,
                           (double)(kernel->ended_ns - base->seen_ns) / 1e9);
    return kernel->facts->node;
}

void top_collectors_facts(struct top_collectors *looks, const struct facts *begun, struct arena *arena,
                          struct facts *facts)
{
    const struct facts *servers = looks->parts[LOOK_SERVERS].facts;
    const struct facts *entries = looks->parts[LOOK_ENTRIES].facts;

    *facts = servers ? *servers : *begun;
    facts->unobserved = NULL;
    facts->unobserved_count = 0;
    facts->conntrack = conntrack_of(looks, arena);
    facts->node = node_of(looks);
    if (entries) {
        facts->ipvs = entries->ipvs;
        facts->ipvs_absent = entries->ipvs_absent;
    }
    add_gaps(arena, servers, facts);
    add_gaps(arena, looks->parts[LOOK_KERNEL].facts, facts);
    add_gaps(arena, entries, facts);
}

static const char *gap_of(const struct top_part *part, enum gap gap, struct arena *arena)
{
    for (size_t i = 0; part->facts && i < part->facts->unobserved_count; i++)
        if (part->facts->unobserved[i].id == (int)gap)
            return arena_printf(arena, "%s; %s", part->facts->unobserved[i].why,
                                part->facts->unobserved[i].how);
    return part->err.kind ? part->err.text : NULL;
}

void top_collectors_tell(const struct top_collectors *looks, uint64_t now_ns, struct arena *arena,
                         struct top_facts *top)
{
    if (!looks->parts[LOOK_SERVERS].facts)
        top->doing = "looking for the servers, and asking them";
    top->kernel_gap = gap_of(&looks->parts[LOOK_KERNEL], GAP_CONNTRACK, arena);
    top->entries_gap = gap_of(&looks->parts[LOOK_ENTRIES], GAP_CONNTRACK_ENTRIES, arena);
    for (int i = 0; i < LOOKS; i++) {
        const struct subprocess *look = &looks->looks[i];
        uint64_t late_ns = i == LOOK_SERVERS ? looks->collection->budget_us * 1000 + LATE_NS : LATE_NS;

        if (look->pid && now_ns - look->began_ns > late_ns)
            top->looks = arena_printf(arena, "waiting for %s, %.0f s", look->name,
                                      (double)(now_ns - look->began_ns) / 1e9);
        else if (looks->parts[i].err.kind && !top->looks)
            top->looks = looks->parts[i].err.text;
    }
}
