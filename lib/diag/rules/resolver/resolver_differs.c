/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends one resolver's way through the search list and not another's: a domain that fails, a name without
 * A. */
#include "../../application.h"
#include "../../evidence/answer/asked_probes.h"
#include "../../evidence/family.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* From so long a wait on a lookup is trouble, in ms. */
#define LONG_WAIT_MS 1000

/* ---- a search domain that fails ---- */

/* What became of the queries under a search domain at one server. */
struct suffix_tally {
    uint64_t asked, failed, lost;
    unsigned types, failures; /* of those that failed: enum concern */
    const struct probe_facts *example;
};

/* Not what says that nothing is there, or that something is. */
static bool fails(const struct probe_facts *p)
{
    return !probe_status_is_good(p->status) && p->status != PROBE_MALFORMED && p->status != PROBE_MISMATCH &&
           p->status != PROBE_UNREACHABLE && (p->status != PROBE_ERROR || p->rcode);
}

/* The full name under a search domain: "www.example.com.corp.example". */
static bool is_candidate_of(const char *candidate, const char *name, const char *suffix)
{
    size_t len = strlen(name);

    return strncasecmp(candidate, name, len) == 0 && candidate[len] == '.' &&
           strcasecmp(candidate + len + 1, suffix) == 0;
}

/* A name that exists, perhaps in the other type alone. */
static bool is_there(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    const struct probe_facts *other = probe_of_other_type(matrix, p);

    return p->status == PROBE_ANSWER || (other && other->status == PROBE_ANSWER);
}

/* Of the cluster's own domains only what does not exist tells of the domain. `types`: of these alone. */
static void tally_probe(const struct matrix_facts *matrix, const struct probe_facts *p, const char *suffix,
                        bool own, unsigned types, struct suffix_tally *tally)
{
    if (p->transport != TRANSPORT_UDP || !(concern_of_type(p->type) & types) ||
        !is_candidate_of(p->candidate, p->name, suffix) || (own && is_there(matrix, p)))
        return;
    tally->asked++;
    if (!fails(p))
        return;
    tally->failed++;
    tally->lost += p->status == PROBE_TIMEOUT;
    tally->types |= concern_of_type(p->type);
    tally->failures |= concern_of_failure(p);
    tally->example = p;
}

/* Whether a server left something else without an answer than candidates under the cluster's domains. */
static bool loses_elsewhere(const struct diagnosis *d, const struct server *server)
{
    const struct asked_probes *asked = probes_at(d, server->target->id);

    for (size_t i = 0; i < asked->count; i++) {
        const struct probe_facts *p = asked->items[i].probe;

        if (p->transport == TRANSPORT_UDP && p->status == PROBE_TIMEOUT &&
            (strcasecmp(p->candidate, p->name) == 0 || !matrix_is_own(d->facts->matrix, p->candidate)))
            return true;
    }
    return false;
}

/* Whether the server answers this type of something that is not under the domain. */
static bool answers_elsewhere(const struct diagnosis *d, const struct server *server, const char *suffix,
                              unsigned type)
{
    const struct asked_probes *asked = probes_at(d, server->target->id);

    for (size_t i = 0; i < asked->count; i++) {
        const struct probe_facts *p = asked->items[i].probe;

        if (p->transport == TRANSPORT_UDP && probe_status_is_good(p->status) &&
            concern_of_type(p->type) & type && !is_candidate_of(p->candidate, p->name, suffix))
            return true;
    }
    return false;
}

/* Everything of this type under it fails at this server, and not by chance: silence is asked again. */
static bool type_is_failing(const struct diagnosis *d, const struct server *server, const char *suffix,
                            bool own, unsigned type, struct suffix_tally *ret_tally)
{
    const struct asked_probes *asked = probes_at(d, server->target->id);
    const struct matrix_facts *small = d->facts->small;
    struct suffix_tally again = {0};

    *ret_tally = (struct suffix_tally){0};
    for (size_t i = 0; i < asked->count; i++)
        tally_probe(d->facts->matrix, asked->items[i].probe, suffix, own, type, ret_tally);
    if (!ret_tally->asked || ret_tally->failed < ret_tally->asked)
        return false;
    for (size_t i = 0; small && i < small->probes_count; i++)
        if (strcmp(small->probes[i].target, server->target->id) == 0)
            tally_probe(small, &small->probes[i], suffix, own, type, &again);
    return !ret_tally->lost || (again.asked && again.lost == again.asked);
}

/*
 * The same of all that is asked for under it. A type that this server does not answer elsewhere either is
 * told of by itself. What the cluster's own domains answer with an error is for other rules.
 */
static bool is_failing(const struct diagnosis *d, const struct server *server, const char *suffix, bool own,
                       struct suffix_tally *ret_tally)
{
    static const unsigned types[] = {CONCERNS_A, CONCERNS_AAAA};
    struct suffix_tally all = {0}, told = {0};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct suffix_tally tally, *into[2] = {&all};

        if (!type_is_failing(d, server, suffix, own, types[i], &tally) && tally.asked)
            return false;
        if (tally.asked && answers_elsewhere(d, server, suffix, types[i]))
            into[1] = &told;
        for (size_t k = 0; k < 2; k++)
            if (into[k] && tally.asked) {
                into[k]->asked += tally.asked;
                into[k]->failed += tally.failed;
                into[k]->lost += tally.lost;
                into[k]->types |= tally.types;
                into[k]->failures |= tally.failures;
                into[k]->example = tally.example;
            }
    }
    *ret_tally = told.asked ? told : all;
    return !server->silent && all.asked >= 2 &&
           !(own && (all.lost < all.asked || all.types != (CONCERNS_A | CONCERNS_AAAA) ||
                     loses_elsewhere(d, server)));
}

/* A replica behind it does the same. */
static bool is_passed_on(const struct diagnosis *d, const struct server *server, const char *suffix, bool own)
{
    struct suffix_tally tally;

    if (!server_passes_on(server))
        return false;
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA &&
            is_failing(d, &d->servers[i], suffix, own, &tally))
            return true;
    return false;
}

/* A replica behind it is silent: what is lost is what went there, whatever it asked for. */
static bool is_share_of_silence(const struct diagnosis *d, const struct server *server,
                                const struct suffix_tally *tally)
{
    return tally->lost && server_passes_on(server) && d->replicas_heard < d->replicas_count;
}

/* What it does to programs here, by the worst of the names that are looked for under it. */
static void weigh(struct diagnosis *d, struct finding *finding)
{
    for (size_t i = 0; i < d->lookups_count; i++) {
        const struct seen_lookup *lookup = &d->lookups[i];
        const char *text;

        if (!lookup->exists ||
            (lookup->found && lookup->total_ms < LONG_WAIT_MS && application_agrees(d, lookup->name)))
            continue;
        if (!lookup->found)
            finding->severity = SEVERITY_CRITICAL;
        else if (lookup->total_ms >= LONG_WAIT_MS && finding->severity > SEVERITY_WARNING)
            finding->severity = SEVERITY_WARNING;
        text = application_text(d, lookup->name);
        if (text)
            finding_evidence(d, finding, "%s: %s", lookup->name, text);
    }
}

static bool judge_suffix(const struct rule *rule, struct diagnosis *d, const char *suffix, bool own)
{
    struct finding *finding = NULL;
    size_t servers = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct suffix_tally tally;

        if (!is_failing(d, server, suffix, own, &tally) || is_share_of_silence(d, server, &tally))
            continue;
        servers++;
        if (is_passed_on(d, server, suffix, own))
            continue;
        if (!finding) {
            finding = finding_new(d, rule, suffix);
            finding->severity = SEVERITY_WARNING;
            finding->title = tally.lost ? "queries under a search domain get no answer"
                                        : "queries under a search domain fail";
            finding->domain = suffix;
            finding_concerns(finding, own ? CONCERNS_CLUSTER : CONCERNS_EXTERNAL);
        }
        finding_about(d, finding, server->target->id);
        finding_concerns(finding, tally.types | tally.failures);
        finding_evidence(d, finding, "%s: all of %" PRIu64 " queries %sunder %s fail (%s: %s)",
                         server->target->id, tally.failed, own ? "for what does not exist " : "", suffix,
                         tally.example->candidate, probe_status_names[tally.example->status]);
    }
    if (finding && servers < d->heard_count)
        finding->subject = arena_printf(d->arena, "%s at %s", suffix,
                                        arena_join(d->arena, finding->about, finding->about_count, ", "));
    if (finding)
        weigh(d, finding);
    return finding != NULL;
}

static bool is_first(const char **seen, size_t count, const char *suffix)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(seen[i], suffix) == 0)
            return false;
    return true;
}

static bool by_suffixes(const struct rule *rule, struct diagnosis *d)
{
    const char **seen = NULL;
    size_t seen_count = 0;
    bool found = false;

    for (size_t i = 0; d->facts->plans && i < d->facts->plans->names_count; i++) {
        const struct name_plans *name = &d->facts->plans->names[i];

        for (size_t k = 0; name->plans_count && k < name->plans[0].queries_count; k++) {
            const char *suffix = name->plans[0].queries[k].suffix;

            if (!suffix || !*suffix || !is_first(seen, seen_count, suffix))
                continue;
            *ARENA_PUSH(d->arena, seen, seen_count) = suffix;
            found = judge_suffix(rule, d, suffix, matrix_is_own(d->facts->matrix, suffix)) || found;
        }
    }
    return found;
}

/* ---- a name that stops musl alone ---- */

/* The other type of it is well, or fails no less: what fails in one type alone is told elsewhere. */
static bool is_of_one_type(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    const struct probe_facts *other = probe_of_other_type(matrix, p);

    return other &&
           (p->status == PROBE_NODATA ? other->status == PROBE_ANSWER
                                      : other->status == PROBE_ANSWER || other->status == PROBE_NODATA);
}

/* A later candidate for the same name at the same server that is answered. */
static const struct probe_facts *answered_later(const struct matrix_facts *matrix, size_t from)
{
    const struct probe_facts *p = &matrix->probes[from];

    for (size_t i = from + 1; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (strcmp(q->target, p->target) == 0 && strcmp(q->name, p->name) == 0 &&
            strcmp(q->candidate, p->candidate) != 0 && q->status == PROBE_ANSWER)
            return q;
    }
    return NULL;
}

static bool by_candidates(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const struct resolver_view *view = resolver_followed(d->facts);
    bool musl = view && view->resolver == RESOLVER_MUSL;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i], *later;
        struct finding *finding;

        if ((p->status != PROBE_SERVFAIL && p->status != PROBE_NODATA && p->status != PROBE_REFUSED &&
             p->status != PROBE_FORMERR && p->status != PROBE_NOTIMP) ||
            strcmp(p->type, "A") != 0 || is_of_one_type(matrix, p))
            continue;
        later = answered_later(matrix, i);
        if (!later)
            continue;
        finding = finding_new(d, rule, p->name);
        finding->severity = musl || p->status != PROBE_NODATA ? SEVERITY_WARNING : SEVERITY_INFO;
        finding_about(d, finding, p->target);
        finding_evidence(d, finding,
                         "%s is %s at %s, where musl stops; %s, which glibc and Go try next, is answered",
                         p->candidate, probe_status_names[p->status], p->target, later->candidate);
        weigh(d, finding);
        return true;
    }
    return false;
}

/* ---- a name that the search list alone completes ---- */

/* Worth knowing of a name that somebody asked about: it works here, and not in every program. */
static void by_short_names(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->facts->names_count; i++) {
        const struct asked_name *name = &d->facts->names[i];
        const char *who = name->kind == NAME_GIVEN ? application_without_search(d, name->name) : NULL, *text;
        struct finding *finding;

        if (!who)
            continue;
        finding = finding_new(d, rule, name->name);
        finding->title = "programs without a search list do not find this name";
        finding_evidence(d, finding, "%s does not exist as it is; the search list completes it, which %s %s",
                         name->name, who, strchr(who, ',') ? "do not have" : "does not have");
        text = application_text(d, name->name);
        if (text)
            finding_evidence(d, finding, "%s: %s", name->name, text);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->facts->names_count; i++)
        if (!application_agrees(d, d->facts->names[i].name))
            rule_doubts(d);
    if (!by_suffixes(rule, d) && !by_candidates(rule, d))
        by_short_names(rule, d);
}

static const struct step steps[] = {
    {.text = "see where they differ", .command = "k8sdns lookup NAME --as all"},
    {.text = "write the name in full, with a final dot", .undo = "without the dot"},
    {.text =
         "take a search domain that fails out of the Pod's search list (dnsConfig.searches, or the node's "
         "resolv.conf that the kubelet reads), or fix the server that is asked for it",
     .undo = "put it in again"},
    {.text =
         "where a name under the search domain has a record of another type, remove it or give it an address"},
    {0},
};

static const char *const checks[] = {
    "k8sdns lookup NAME --as all",
    "k8sdns lookup NAME --as glibc,node-resolve,nginx,busybox-nslookup",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    NULL,
};

const struct rule rule_resolver_differs = {
    .id = "resolver-differs",
    .title = "glibc, musl and Go get different results",
    .severity = SEVERITY_INFO,
    .is_of_pod = true,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "glibc, musl and Go agree on these names",
    .cause =
        "In the middle of the search list musl stops where glibc and Go continue: at a name that "
        "exists without the type asked for, and at an error of the server. Where a search domain gets no "
        "answer, each waits for its timeouts first. The same name resolves in one image and not in another. "
        "Programs with a resolver of their own differ more: nginx, HAProxy and dns.resolve() of Node.js have "
        "no search list, and take an error of the first nameserver without asking the next. Tools differ as "
        "well: nslookup of BusyBox asks for a name with a dot as it is, nslookup and host of BIND stop at an "
        "error, dig does not search. k8sdns lookup does what the program does.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
