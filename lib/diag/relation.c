/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which finding follows from which, and in what order they are told. */
#include "relation.h"
#include "evidence/server.h"
#include <stdlib.h>
#include <string.h>

bool rule_explains(const struct rule *rule, const char *id)
{
    for (size_t i = 0; rule->explains && rule->explains[i]; i++)
        if (strcmp(rule->explains[i], id) == 0)
            return true;
    return false;
}

/* How many of the replicas a finding is about. */
static size_t replicas_about(const struct diagnosis *d, const struct finding *finding)
{
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        count += d->servers[i].target->role == TARGET_REPLICA &&
                 finding_is_about(finding, d->servers[i].target->id);
    return count;
}

/* It is about nameservers alone that are no ClusterIP: what other servers do has other causes. */
static bool is_of_nameservers(const struct diagnosis *d, const struct finding *finding)
{
    size_t count = 0;

    for (size_t i = 0; i < finding->about_count; i++) {
        const struct server *server = server_find(d, finding->about[i]);

        if (server && server->target->role != TARGET_NAMESERVER)
            return false;
        count += server != NULL;
    }
    return count > 0;
}

/* Where a finding is seen: at those that it is about, and those that show it without being at fault. */
static size_t servers_of(const struct diagnosis *d, const struct finding *finding, const char ***ret)
{
    size_t count = 0;

    *ret = NULL;
    for (size_t i = 0; i < finding->about_count; i++)
        *ARENA_PUSH(d->arena, *ret, count) = finding->about[i];
    for (size_t i = 0; i < finding->seen_at_count; i++)
        *ARENA_PUSH(d->arena, *ret, count) = finding->seen_at[i];
    return count;
}

/* They are about one server at least, or the effect is about none. */
static bool shares_server(const struct diagnosis *d, const struct finding *cause,
                          const struct finding *effect)
{
    const char **servers;
    size_t count = servers_of(d, effect, &servers);
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        if (finding_is_about(cause, servers[i]))
            return true;
        any = any || server_find(d, servers[i]);
    }
    return !any;
}

/* All servers that the effect is about are the cause's, too. */
static bool is_within(const struct diagnosis *d, const struct finding *cause, const struct finding *effect)
{
    const char **servers;
    size_t count = servers_of(d, effect, &servers);

    for (size_t i = 0; i < count; i++)
        if (server_find(d, servers[i]) && !finding_is_about(cause, servers[i]))
            return false;
    return true;
}

/*
 * The cause is about every replica that the effect is about: what is wrong with one of them does not explain
 * what is wrong with another. What a ClusterIP or a cache passes on may come from any of them, but all of it
 * only from all.
 */
static bool covers_servers(const struct diagnosis *d, const struct finding *cause,
                           const struct finding *effect)
{
    size_t some = replicas_about(d, cause), count;
    const char **servers;
    bool is_of_some = false;

    if (is_of_nameservers(d, cause) && !(shares_server(d, cause, effect) && is_within(d, cause, effect)))
        return false;
    for (size_t i = 0; i < cause->about_count; i++)
        is_of_some = is_of_some || server_find(d, cause->about[i]);
    count = servers_of(d, effect, &servers);
    for (size_t i = 0; is_of_some && i < count; i++) {
        const struct server *server = server_find(d, servers[i]);
        bool free = server && !server->silent && server_passes_on(server);

        if (!free && some < d->replicas_count && !finding_is_about(cause, servers[i]))
            return false;
    }
    return true;
}

/*
 * What comes back: only who refuses makes a refusal. A silent upstream becomes a SERVFAIL in time, so that
 * both may be seen of one fault; not where all of one are silent, and all of the other are answered with an
 * error.
 */
static bool covers_failures(const struct finding *cause, const struct finding *effect)
{
    static const unsigned all = CONCERNS_SILENCE | CONCERNS_REFUSAL | CONCERNS_SERVFAIL;
    unsigned by = cause->concerns & all, of = effect->concerns & all;

    if (!by || !of)
        return true;
    if (of & CONCERNS_REFUSAL & ~by)
        return false;
    if (of & CONCERNS_SILENCE && !(by & (CONCERNS_SILENCE | CONCERNS_SERVFAIL)))
        return false;
    return (by & of) != 0;
}

/*
 * Nor does what is wrong with queries of one kind explain what is wrong with those of another: of a group of
 * kinds that both name, the effect has none besides those of the cause.
 */
static bool covers_concerns(const struct finding *cause, const struct finding *effect)
{
    static const unsigned groups[] = {CONCERNS_A | CONCERNS_AAAA, CONCERNS_UDP | CONCERNS_TCP,
                                      CONCERNS_CLUSTER | CONCERNS_EXTERNAL};

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (cause->concerns & groups[i] && effect->concerns & groups[i] & ~cause->concerns)
            return false;
    if (!covers_failures(cause, effect))
        return false;
    return !cause->domain || !effect->domain || strcmp(cause->domain, effect->domain) == 0;
}

/* A mere remark explains nothing; neither does what is only possible, since the effect was measured. */
static bool is_strong_enough(const struct finding *cause)
{
    return cause->severity != SEVERITY_INFO && cause->confidence != CONFIDENCE_POSSIBLE && !cause->harmless;
}

/*
 * Give each finding the one that explains it: the first by the order of the rules, which go from causes to
 * symptoms.
 */
void findings_relate(struct diagnosis *d)
{
    for (size_t i = 0; i < d->findings_count; i++) {
        struct finding *effect = &d->findings[i];

        for (size_t k = 0; k < d->findings_count && !effect->consequence && !effect->alone; k++) {
            const struct finding *cause = &d->findings[k];

            if (k != i && rule_explains(rule_find(cause->id), effect->id) && is_strong_enough(cause) &&
                covers_servers(d, cause, effect) && covers_concerns(cause, effect) &&
                (!cause->consequence || strcmp(cause->consequence, effect->id) != 0))
                effect->consequence = cause->id;
        }
    }
}

/* The id that leads to a finding in the end. */
static const char *leader(const struct diagnosis *d, const struct finding *finding)
{
    for (size_t steps = 0; finding->consequence && steps < d->findings_count; steps++)
        for (size_t i = 0; i < d->findings_count; i++)
            if (strcmp(d->findings[i].id, finding->consequence) == 0) {
                finding = &d->findings[i];
                break;
            }
    return finding->id;
}

/* How bad a leading finding is with all that follows from it. */
static int weight(const struct diagnosis *d, const char *id)
{
    int worst = SEVERITY_INFO;

    for (size_t i = 0; i < d->findings_count; i++)
        if (d->findings[i].severity < worst && strcmp(leader(d, &d->findings[i]), id) == 0)
            worst = d->findings[i].severity;
    return worst;
}

struct ranked_finding {
    struct finding finding;
    const char *leader;
    int weight, confidence; /* of the leader */
    size_t leader_at, at;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked_finding *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight - y->weight;
    if (x->confidence != y->confidence)
        return x->confidence - y->confidence;
    if (x->leader_at != y->leader_at)
        return x->leader_at < y->leader_at ? -1 : 1;
    if (!x->finding.consequence != !y->finding.consequence)
        return x->finding.consequence ? 1 : -1;
    if (x->finding.severity != y->finding.severity)
        return x->finding.severity - y->finding.severity;
    return x->at < y->at ? -1 : x->at > y->at;
}

void findings_rank(struct diagnosis *d)
{
    struct ranked_finding *all = arena_array(d->arena, d->findings_count + 1, sizeof(*all));

    for (size_t i = 0; i < d->findings_count; i++) {
        all[i] =
            (struct ranked_finding){.finding = d->findings[i], .leader = leader(d, &d->findings[i]), .at = i};
        all[i].weight = weight(d, all[i].leader);
        while (strcmp(d->findings[all[i].leader_at].id, all[i].leader) != 0)
            all[i].leader_at++;
        all[i].confidence = d->findings[all[i].leader_at].confidence;
    }
    qsort(all, d->findings_count, sizeof(*all), by_rank);
    for (size_t i = 0; i < d->findings_count; i++)
        d->findings[i] = all[i].finding;
}
