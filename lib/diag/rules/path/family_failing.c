/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A of a name is answered and AAAA of it is not, or the reverse: always, or at one server, or for some names.
 */
#include "../../application.h"
#include "../../evidence/family.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/shell_word.h>
#include <string.h>

/* What passes on is not blamed where a replica behind it does the same. */
static bool is_passed_on(const struct diagnosis *d, const struct server *server,
                         const struct family_tally *tallies)
{
    if (!server_passes_on(server))
        return false;
    for (size_t i = 0; i < d->servers_count; i++) {
        if (d->servers[i].target->role == TARGET_REPLICA && !d->servers[i].silent && tallies[i].confirmed)
            return true;
    }
    return false;
}

/* What of this type fails, in words: all, or the names of one kind, or one name. */
static const char *subject(struct diagnosis *d, const char *type, unsigned failing, unsigned answered,
                           const struct probe_facts *example)
{
    if (failing & answered)
        return arena_printf(d->arena, "%s of %s", type, example->candidate);
    return failing == CONCERNS_EXTERNAL && answered  ? arena_printf(d->arena, "%s of external names", type)
           : failing == CONCERNS_CLUSTER && answered ? arena_printf(d->arena, "%s of cluster names", type)
                                                     : type;
}

/* How much it matters depends on the resolver: most find the name all the same, and some wait for it. */
static void weigh(struct diagnosis *d, struct finding *finding, const struct probe_facts *example)
{
    const struct seen_lookup *lookup = application_lookup(d, example->name);
    const char *text = application_text(d, example->name);

    if (example->status == PROBE_TIMEOUT || (lookup && !lookup->found))
        finding->severity = SEVERITY_CRITICAL;
    if (text)
        finding_evidence(d, finding, "%s: %s", example->name, text);
}

/*
 * One error of one name at one server: those that are asked again a moment later give the same from a cache,
 * so that it may be chance all the same, as where one of several upstreams fails.
 */
static bool may_be_chance(const struct diagnosis *d, const struct family_tally *tallies, bool aaaa)
{
    uint64_t errors = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct family_tally *tally = &tallies[i];

        if (d->servers[i].silent)
            continue;
        if (tally->confirmed &&
            (tally->example->status == PROBE_NXDOMAIN || tally->example->status == PROBE_TIMEOUT ||
             sampling_confirms(&d->servers[i], aaaa)))
            return false;
        errors += tally->confirmed;
    }
    return errors == 1;
}

static void judge(const struct rule *rule, struct diagnosis *d, bool aaaa)
{
    const char *type = aaaa ? "AAAA" : "A", *other = aaaa ? "A" : "AAAA";
    const struct probe_facts *example = NULL;
    unsigned failing = 0, answered = 0;
    struct finding *finding = NULL;
    size_t servers = 0;
    const struct family_tally *tallies = family_tallies(d, aaaa);
    /* Another server that answers tells that it was. */
    bool single = may_be_chance(d, tallies, aaaa), chance = single && d->heard_count > 1;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        const struct family_tally *tally = &tallies[i];

        if (server->silent)
            continue;
        if (tally->failed)
            rule_doubts(d);
        servers += tally->confirmed > 0;
        if (!tally->confirmed || chance || is_passed_on(d, server, tallies))
            continue;
        if (!finding)
            finding = finding_new(d, rule, type);
        finding_about(d, finding, server->target->id);
        finding_evidence(d, finding,
                         "%s: %" PRIu64 " of %" PRIu64 " names are not answered for %s (%s), and are for %s",
                         server->target->id, tally->failed, tally->pairs, type,
                         probe_status_names[tally->example->status], other);
        failing |= tally->concerns;
        answered |= tally->answered;
        example = example ? example : tally->example;
    }
    if (!finding)
        return;
    finding_concerns(finding, (aaaa ? CONCERNS_AAAA : CONCERNS_A) | failing);
    finding->subject = subject(d, type, failing, answered, example);
    if (servers < d->heard_count)
        finding->subject = arena_printf(d->arena, "%s at %s", finding->subject,
                                        arena_join(d->arena, finding->about, finding->about_count, ", "));
    finding->title = example->status == PROBE_TIMEOUT
                         ? arena_printf(d->arena, "%s queries get no answer, %s queries do", type, other)
                         : arena_printf(d->arena, "%s queries fail, %s queries are answered", type, other);
    weigh(d, finding, example);
    if (!single)
        return;
    /* Many servers of domains fail for AAAA; of A alone hardly any does, and chance is as likely. */
    finding->confidence = aaaa ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    if (!aaaa)
        finding->severity = SEVERITY_WARNING;
    finding_evidence(
        d, finding,
        "one error of one name: where one of several upstreams fails, a type is hit by chance and the "
        "cache repeats it; ask again and again with k8sdns watch %s",
        shell_word(d->arena, example->candidate));
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    judge(rule, d, true);
    judge(rule, d, false);
}

static const struct step steps[] = {
    {.text =
         "find what treats that type apart: a template, rewrite or acl line of the Corefile (a template that "
         "answers AAAA with NXDOMAIN must use rcode NOERROR), a DNS firewall, the upstream",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
    {.text = "compare the types at each server", .command = "k8sdns probe www.example.com --type A,AAAA"},
    {.text = "workaround where IPv6 is not used: glibc 2.36 and later ask for A only with "
             "dnsConfig.options no-aaaa",
     .undo = "remove the option"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe www.example.com --type A",
    "k8sdns probe www.example.com --type AAAA",
    NULL,
};

static const char *const explains[] = {
    "path-lossy",       "clusterip-lossy",      "coredns-errors", "replica-refused",     "upstream-failing",
    "resolver-differs", "replica-inconsistent", "lookup-slow",    "server-rate-limited", NULL,
};

const struct rule rule_family_failing = {
    .id = "family-failing",
    .title = "only one of A and AAAA queries fails",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "A and AAAA queries are answered alike",
    .cause =
        "A server, or something on the way, does not answer one type of query as it should. Resolvers ask "
        "for both. When AAAA gets no answer, glibc returns the A record after 15 s, Go after 10 s, and musl "
        "gives an error after 5 s. When AAAA is an error, glibc and Go use the A record, and musl fails; when "
        "it is NXDOMAIN, musl takes the name for one that does not exist.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
