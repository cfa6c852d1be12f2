/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Service has its address, and SRV of its named port fails: who finds ports by DNS does not find it. */
#include "../../evidence/answer/asked_probes.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* What one server says of one port. */
enum port_answer {
    PORT_UNKNOWN, /* it does not know the Service, or loses and fails anyway */
    PORT_FOUND,
    PORT_MISSING, /* NXDOMAIN, or no such record */
    PORT_FAILING,
};

/* "_https._tcp.kubernetes.default.svc.cluster.local" is of the Service behind its second dot. */
static const char *service_of(const char *candidate)
{
    const char *at = strchr(candidate, '.');

    at = at ? strchr(at + 1, '.') : NULL;
    return at ? at + 1 : "";
}

/* This server has an address of the Service. */
static bool has_address(const struct diagnosis *d, const struct probe_facts *srv)
{
    const struct asked_probes *asked = probes_at(d, srv->target);
    const char *service = service_of(srv->candidate);

    for (size_t i = 0; i < asked->count; i++)
        if (asked->items[i].probe->status == PROBE_ANSWER &&
            strcmp(asked->items[i].probe->candidate, service) == 0)
            return true;
    return false;
}

static bool is_srv(const struct probe_facts *p)
{
    return p->transport == TRANSPORT_UDP && strcmp(p->type, "SRV") == 0;
}

static enum port_answer answer_of(const struct diagnosis *d, const struct probe_facts *p)
{
    const struct server *server = server_find(d, p->target);

    if (!server || server->silent || !has_address(d, p))
        return PORT_UNKNOWN;
    switch (p->status) {
    case PROBE_ANSWER:
    case PROBE_TRUNCATED:
        return PORT_FOUND;
    case PROBE_NXDOMAIN:
    case PROBE_NODATA:
        return PORT_MISSING;
    case PROBE_SERVFAIL:
    case PROBE_REFUSED:
    case PROBE_FORMERR:
    case PROBE_NOTIMP:
    case PROBE_TIMEOUT:
        return server_fails_by_chance(d, server, p->status) ? PORT_UNKNOWN : PORT_FAILING;
    default:
        return PORT_UNKNOWN;
    }
}

/* Some server tells the version of the schema of names, as each DNS of a cluster does (2.2 of it). */
static bool tells_schema(const struct matrix_facts *records)
{
    for (size_t i = 0; i < records->probes_count; i++)
        if (strcmp(records->probes[i].type, "TXT") == 0 && records->probes[i].status == PROBE_ANSWER)
            return true;
    return false;
}

/* What passes on is not blamed where a replica gives the same. */
static bool is_passed_on(const struct diagnosis *d, const struct probe_facts *p, enum port_answer answer)
{
    const struct matrix_facts *records = d->facts->records;
    const struct server *server = server_find(d, p->target);

    if (!server_passes_on(server))
        return false;
    for (size_t i = 0; i < records->probes_count; i++) {
        const struct probe_facts *q = &records->probes[i];
        const struct server *other = server_find(d, q->target);

        if (is_srv(q) && other && other->target->role == TARGET_REPLICA &&
            strcmp(q->candidate, p->candidate) == 0 && answer_of(d, q) == answer)
            return true;
    }
    return false;
}

static void count(const struct diagnosis *d, const char *candidate, size_t ret_count[4])
{
    const struct matrix_facts *records = d->facts->records;

    for (size_t i = 0; i < records->probes_count; i++)
        if (is_srv(&records->probes[i]) && strcmp(records->probes[i].candidate, candidate) == 0)
            ret_count[answer_of(d, &records->probes[i])]++;
}

/* Every cluster has this port, and objects name those of other Services; where neither is sure that a cluster
 * is behind it, it is a remark. */
static bool must_exist(const struct diagnosis *d, const struct probe_facts *p, const size_t counts[4])
{
    return counts[PORT_FOUND] || name_kind_of(d->facts, p->name) == NAME_GIVEN ||
           tells_schema(d->facts->records);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *records = d->facts->records;
    struct finding *finding = NULL;
    size_t asked = 0;

    for (size_t i = 0; records && i < records->probes_count; i++) {
        const struct probe_facts *p = &records->probes[i];
        enum port_answer answer;
        size_t counts[4] = {0};
        int severity;

        if (!is_srv(p))
            continue;
        asked++;
        answer = answer_of(d, p);
        if (!probe_status_is_good(p->status))
            rule_doubts(d);
        if (answer == PORT_UNKNOWN || answer == PORT_FOUND || is_passed_on(d, p, answer))
            continue;
        count(d, p->candidate, counts);
        severity = answer == PORT_FAILING || must_exist(d, p, counts) ? SEVERITY_WARNING : SEVERITY_INFO;
        if (!finding) {
            finding = finding_new(d, rule, p->candidate);
            finding->severity = severity;
            finding->confidence = CONFIDENCE_LIKELY;
        }
        finding->severity = severity < finding->severity ? severity : finding->severity;
        finding_about(d, finding, p->target);
        finding_evidence(d, finding, "%s answers for %s, and for SRV of %s with %s", p->target,
                         service_of(p->candidate), p->candidate, probe_status_names[p->status]);
    }
    if (!asked)
        rule_unknown(d, "SRV of no named port was asked for; k8sdns probe "
                        "_https._tcp.kubernetes.default.svc.cluster.local --type SRV --no-search");
}

static const struct step steps[] = {
    {.text = "see what treats SRV apart: a template, rewrite or acl line of the Corefile, a cache or proxy "
             "before {dns}",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
    {.text = "compare SRV at each server",
     .command = "k8sdns probe _https._tcp.kubernetes.default.svc.cluster.local --type SRV --no-search"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe _https._tcp.kubernetes.default.svc.cluster.local --type SRV --no-search",
    "kubectl -n default get service kubernetes -o yaml",
    NULL,
};

const struct rule rule_srv_failing = {
    .id = "srv-failing",
    .title = "SRV of a Service's named port fails, its address is answered",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "SRV of named ports is answered",
    .cause =
        "{dns} answers SRV for each named port of a Service. Programs that find a port or their peers by "
        "SRV (gRPC, etcd, MongoDB, RabbitMQ, Cassandra, SIP) get nothing, and all others work. "
        "Something before or in {dns} treats this type apart.",
    .steps = steps,
    .checks = checks,
    .concerns = CONCERNS_CLUSTER | CONCERNS_UDP,
    .eval = eval,
};
