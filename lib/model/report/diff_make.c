/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two looks compared: findings, servers and settings, and from these the whole; diff_facts.h says by what
 * rules. */
#include <inttypes.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/report/diff_facts.h>
#include <math.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* ---- findings ---- */

static const struct finding *finding_like(const struct diagnose_facts *d, const struct finding *wanted)
{
    for (size_t i = 0; i < d->findings_count; i++)
        if (strcmp(d->findings[i].id, wanted->id) == 0 && same_text(d->findings[i].subject, wanted->subject))
            return &d->findings[i];
    return NULL;
}

static int change_of(const struct finding *before, const struct finding *after)
{
    return !before                              ? DIFF_WORSE
           : !after                             ? DIFF_BETTER
           : after->severity < before->severity ? DIFF_WORSE
           : after->severity > before->severity ? DIFF_BETTER
                                                : DIFF_SAME;
}

static void add_finding(struct arena *arena, struct diff_facts *facts, const struct finding *before,
                        const struct finding *after)
{
    const struct finding *one = after ? after : before;

    *ARENA_PUSH(arena, facts->findings, facts->findings_count) =
        (struct diff_finding){one->id,
                              one->title,
                              one->subject,
                              change_of(before, after),
                              before ? before->severity : -1,
                              after ? after->severity : -1};
}

static void compare_findings(struct arena *arena, const struct diagnose_facts *before,
                             const struct diagnose_facts *after, struct diff_facts *facts)
{
    static const int order[] = {DIFF_WORSE, DIFF_BETTER, DIFF_SAME};

    for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++) {
        for (size_t i = 0; i < after->findings_count; i++) {
            const struct finding *was = finding_like(before, &after->findings[i]);

            if (change_of(was, &after->findings[i]) == order[o])
                add_finding(arena, facts, was, &after->findings[i]);
        }
        for (size_t i = 0; order[o] == DIFF_BETTER && i < before->findings_count; i++)
            if (!finding_like(after, &before->findings[i]))
                add_finding(arena, facts, &before->findings[i], NULL);
    }
}

/* ---- servers ---- */

static const struct server_tally *tally_like(const struct diagnose_facts *d, const char *server)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (strcmp(d->servers[i].server, server) == 0)
            return &d->servers[i];
    return NULL;
}

static void compare_latency(const struct watch_target_facts *before, const struct watch_target_facts *after,
                            struct diff_server *server)
{
    server->p50_before_us = before ? before->p50_us : SHAPE_UNSET;
    server->p99_before_us = before ? before->p99_us : SHAPE_UNSET;
    server->p50_after_us = after ? after->p50_us : SHAPE_UNSET;
    server->p99_after_us = after ? after->p99_us : SHAPE_UNSET;
    server->latency_chance = before && after ? diff_latency_chance(before->latency, before->latency_count,
                                                                   after->latency, after->latency_count)
                                             : (double)NAN;
    server->latency_change = DIFF_SAME;
    if (!(server->latency_chance < DIFF_CHANCE) || server->p50_before_us == SHAPE_UNSET ||
        server->p50_after_us == SHAPE_UNSET)
        return;
    if (server->p50_after_us / 2 >= server->p50_before_us)
        server->latency_change = DIFF_WORSE;
    else if (server->p50_before_us / 2 >= server->p50_after_us)
        server->latency_change = DIFF_BETTER;
}

static void compare_servers(struct arena *arena, const struct diff_side *before,
                            const struct diff_side *after, struct diff_facts *facts)
{
    for (size_t i = 0; i < after->diagnosis->servers_count; i++) {
        const struct server_tally *is = &after->diagnosis->servers[i];
        const struct server_tally *was = tally_like(before->diagnosis, is->server);
        struct diff_server *server;

        if (!was)
            continue;
        server = ARENA_PUSH(arena, facts->servers, facts->servers_count);
        *server = (struct diff_server){.server = is->server,
                                       .role = is->role,
                                       .asked_before = was->asked,
                                       .failed_before = was->failed,
                                       .asked_after = is->asked,
                                       .failed_after = is->failed,
                                       .failed_change = DIFF_SAME};
        server->failed_chance = diff_share_chance(was->failed, was->asked, is->failed, is->asked);
        if (server->failed_chance < DIFF_CHANCE)
            server->failed_change =
                (double)is->failed * (double)was->asked > (double)was->failed * (double)is->asked
                    ? DIFF_WORSE
                    : DIFF_BETTER;
        compare_latency(watch_target_find(before->facts->sampling, is->server),
                        watch_target_find(after->facts->sampling, is->server), server);
    }
}

/* ---- settings ---- */

static void compare_texts(struct arena *arena, struct diff_facts *facts, const char *what, const char *before,
                          const char *after)
{
    if (!same_text(before, after))
        *ARENA_PUSH(arena, facts->settings, facts->settings_count) =
            (struct diff_setting){what, before, after};
}

static const char *options_text(struct arena *arena, const struct resolv_facts *r)
{
    const char **words = NULL;
    size_t count = 0;

    for (size_t i = 0; r && i < r->options_count; i++)
        *ARENA_PUSH(arena, words, count) =
            *text_or(r->options[i].text, "")
                ? arena_printf(arena, "%s:%s", r->options[i].name, r->options[i].text)
                : r->options[i].name;
    text_sort(words, count);
    return r ? arena_join(arena, words, count, " ") : NULL;
}

static void compare_resolv(struct arena *arena, const struct resolv_facts *a, const struct resolv_facts *b,
                           struct diff_facts *facts)
{
    if (!a || !b)
        return;
    compare_texts(arena, facts, "resolv.conf: nameserver",
                  arena_join(arena, a->nameservers, a->nameservers_count, " "),
                  arena_join(arena, b->nameservers, b->nameservers_count, " "));
    compare_texts(arena, facts, "resolv.conf: search", arena_join(arena, a->search, a->search_count, " "),
                  arena_join(arena, b->search, b->search_count, " "));
    compare_texts(arena, facts, "resolv.conf: options", options_text(arena, a), options_text(arena, b));
    compare_texts(arena, facts, "dnsPolicy", a->dns_policy, b->dns_policy);
}

/* Addresses, or versions each once. */
static const char *replicas_text(struct arena *arena, const struct replicas_facts *r, bool versions)
{
    const char **words = NULL, **each = NULL;
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < r->replicas_count; i++)
        if (!versions || r->replicas[i].version)
            *ARENA_PUSH(arena, words, count) = versions ? r->replicas[i].version : r->replicas[i].address;
    text_sort(words, count);
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(words[i - 1], words[i]) != 0)
            *ARENA_PUSH(arena, each, kept) = words[i];
    return arena_join(arena, each, kept, ", ");
}

static void compare_replicas(struct arena *arena, const struct facts *a, const struct facts *b,
                             struct diff_facts *facts)
{
    const char *versions_before, *versions_after;

    if (a->replicas && b->replicas) {
        compare_texts(arena, facts, "ClusterIP", a->replicas->cluster_ip, b->replicas->cluster_ip);
        compare_texts(arena, facts, "replicas", replicas_text(arena, a->replicas, false),
                      replicas_text(arena, b->replicas, false));
        versions_before = replicas_text(arena, a->replicas, true);
        versions_after = replicas_text(arena, b->replicas, true);
        if (*versions_before && *versions_after)
            compare_texts(arena, facts, "CoreDNS version", versions_before, versions_after);
    }
    if (!a->kube || !b->kube)
        return;
    if (a->kube->wanted != SHAPE_UNSET && b->kube->wanted != SHAPE_UNSET &&
        a->kube->wanted != b->kube->wanted)
        compare_texts(arena, facts, "Deployment: replicas wanted",
                      arena_printf(arena, "%" PRIu64, a->kube->wanted),
                      arena_printf(arena, "%" PRIu64, b->kube->wanted));
}

/* By lines that are in one alone: what stands in both, wherever, did not change. */
static bool has_line(const char *text, const char *line, size_t len)
{
    for (const char *at = text; *at; at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n'))
        if (strcspn(at, "\n") == len && memcmp(at, line, len) == 0)
            return true;
    return false;
}

static void compare_corefile(struct arena *arena, const char *a, const char *b, struct diff_facts *facts)
{
    for (int side = 0; a && b && side < 2; side++) {
        const char *from = side ? b : a, *other = side ? a : b;

        for (const char *at = from; *at; at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n')) {
            size_t len = strcspn(at, "\n");
            const char *line = arena_text_n(arena, at + strspn(at, " \t"),
                                            len > strspn(at, " \t") ? len - strspn(at, " \t") : 0);

            if (!has_line(other, at, len) && *line)
                *ARENA_PUSH(arena, facts->settings, facts->settings_count) =
                    (struct diff_setting){"Corefile", side ? NULL : line, side ? line : NULL};
        }
    }
}

static void compare_node(struct arena *arena, const struct facts *a, const struct facts *b,
                         struct diff_facts *facts)
{
    for (size_t i = 0; a->node && b->node && i < a->node->limits_count; i++)
        for (size_t k = 0; k < b->node->limits_count; k++) {
            const struct limit_facts *was = &a->node->limits[i], *is = &b->node->limits[k];

            if (strcmp(was->id, is->id) == 0 && !isnan(was->limit) && !isnan(is->limit) &&
                fabs(was->limit - is->limit) > 0.5)
                compare_texts(arena, facts, arena_printf(arena, "node: limit of %s", was->label),
                              arena_printf(arena, "%.0f", was->limit),
                              arena_printf(arena, "%.0f", is->limit));
        }
    if (a->conntrack && b->conntrack && a->conntrack->table.max != SHAPE_UNSET &&
        b->conntrack->table.max != SHAPE_UNSET)
        compare_texts(arena, facts, "nf_conntrack_max",
                      arena_printf(arena, "%" PRIu64, a->conntrack->table.max),
                      arena_printf(arena, "%" PRIu64, b->conntrack->table.max));
    compare_texts(arena, facts, "kernel", a->host.kernel, b->host.kernel);
}

/* ---- the whole ---- */

static void judge(struct diff_facts *facts)
{
    bool worse = false, better = false;

    for (size_t i = 0; i < facts->findings_count; i++) {
        const struct diff_finding *f = &facts->findings[i];
        bool counts =
            (f->before >= 0 && f->before != SEVERITY_INFO) || (f->after >= 0 && f->after != SEVERITY_INFO);

        worse = worse || (counts && f->change == DIFF_WORSE);
        better = better || (counts && f->change == DIFF_BETTER);
    }
    for (size_t i = 0; i < facts->servers_count; i++) {
        const struct diff_server *s = &facts->servers[i];

        worse = worse || s->failed_change == DIFF_WORSE || s->latency_change == DIFF_WORSE;
        better = better || s->failed_change == DIFF_BETTER || s->latency_change == DIFF_BETTER;
    }
    facts->change = worse ? DIFF_WORSE : better ? DIFF_BETTER : DIFF_SAME;
}

void diff_make(struct arena *arena, const struct diff_side *before, const struct diff_side *after,
               struct diff_facts *facts)
{
    const struct facts *a = before->facts, *b = after->facts;

    *facts = (struct diff_facts){.time_before = a->time,
                                 .time_after = b->time,
                                 .reversed = a->time && b->time && strcmp(a->time, b->time) > 0,
                                 .health_before = before->diagnosis->status,
                                 .health_after = after->diagnosis->status};
    compare_findings(arena, before->diagnosis, after->diagnosis, facts);
    compare_servers(arena, before, after, facts);
    compare_resolv(arena, a->resolv, b->resolv, facts);
    compare_replicas(arena, a, b, facts);
    compare_corefile(arena, a->kube ? a->kube->corefile : NULL, b->kube ? b->kube->corefile : NULL, facts);
    compare_node(arena, a, b, facts);
    judge(facts);
}
