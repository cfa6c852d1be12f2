/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>
#include <string.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    uint64_t asked[2] = {0}, lost[2] = {0};
    struct finding *finding;
    size_t worse;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        bool aaaa = strcmp(p->type, "AAAA") == 0;

        if (p->transport != TRANSPORT_UDP || (!aaaa && strcmp(p->type, "A") != 0) ||
            is_silent_server(d, p->target))
            continue;
        asked[aaaa]++;
        lost[aaaa] += !probe_is_heard(p);
    }
    worse = lost[1] * asked[0] > lost[0] * asked[1];
    if (asked[worse] < 4 || lost[worse] * 10 < asked[worse] * 9 || lost[!worse] * 10 > asked[!worse])
        return;
    finding = finding_new(d, rule, worse ? "AAAA" : "A");
    finding_evidence(
        d, finding,
        "%" PRIu64 " of %" PRIu64 " questions for %s were lost, and %" PRIu64 " of %" PRIu64 " for %s",
        lost[worse], asked[worse], worse ? "AAAA" : "A", lost[!worse], asked[!worse], worse ? "A" : "AAAA");
    finding_evidence(d, finding, "each lookup waits %s again and again", lookup_cost(d->arena, d->facts));
}

static const char *const remedies[] = {
    "find who drops it: a DNS firewall, a middlebox, or a template or rewrite rule of the Corefile",
    "where IPv6 is not used let glibc ask for A alone: dnsConfig.options no-aaaa (glibc 2.36 and "
    "later); back: remove the option",
    NULL,
};

static const char *const checks[] = {
    "k8sdns probe www.example.com --type A",
    "k8sdns probe www.example.com --type AAAA",
    NULL,
};

static const char *const explains[] = {
    "path-lossy",
    "clusterip-lossy",
    NULL,
};

const struct rule rule_family_failing = {
    .id = "family-failing",
    .title = "one of A and AAAA is lost and the other is not",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "A and AAAA are answered alike",
    .cause = "Something on the way drops one type of question. Resolvers ask for both and wait: "
             "glibc fails after all its timeouts, musl gives an error, Go takes ten seconds.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
