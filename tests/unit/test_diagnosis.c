/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which finding follows from which, by the servers, kinds of queries and weight of both; and what a rule
 * lacks. */
#include "../../lib/diag/evidence/drop.h"
#include "../../lib/diag/relation.h"
#include "unit.h"
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <string.h>

#define SERVERS 5
static const char *const ids[SERVERS] = {"10.96.0.10", "10.244.1.1", "10.244.1.2", "10.244.1.3", "10.9.9.9"};

/* The ClusterIP, which answers unless it is silent, three replicas, and another nameserver. */
static void begin(struct arena *arena, bool silent, struct diagnosis *d)
{
    struct target_facts *targets = arena_array(arena, SERVERS, sizeof(*targets));

    *d = (struct diagnosis){.arena = arena, .servers_count = SERVERS, .replicas_count = 3};
    d->servers = arena_array(arena, SERVERS, sizeof(*d->servers));
    for (size_t i = 0; i < SERVERS; i++) {
        targets[i] = (struct target_facts){.id = ids[i],
                                           .address = ids[i],
                                           .role = i == 0             ? TARGET_CLUSTER_IP
                                                   : i == SERVERS - 1 ? TARGET_NAMESERVER
                                                                      : TARGET_REPLICA};
        d->servers[i] = (struct server){.target = &targets[i], .silent = silent && i == 0};
    }
}

/* Servers by their digits: "12" is about the first two replicas. */
static void about(struct diagnosis *d, struct finding *finding, const char *digits)
{
    for (; *digits; digits++)
        *ARENA_PUSH(d->arena, finding->about, finding->about_count) = ids[*digits - '0'];
}

enum {
    WARNING = SEVERITY_WARNING,
    CRITICAL = SEVERITY_CRITICAL,
    INFO = SEVERITY_INFO,
    LIKELY = CONFIDENCE_LIKELY,
    CERTAIN = CONFIDENCE_CERTAIN,
    POSSIBLE = CONFIDENCE_POSSIBLE,
    A = CONCERNS_A,
    AAAA = CONCERNS_AAAA,
    UDP = CONCERNS_UDP,
    TCP = CONCERNS_TCP,
    CLUSTER = CONCERNS_CLUSTER,
    EXTERNAL = CONCERNS_EXTERNAL,
    SILENCE = CONCERNS_SILENCE,
    REFUSAL = CONCERNS_REFUSAL,
};

/* replica-malformed lists path-lossy and clusterip-lossy among its consequences. */
static void test_consequences(void **state)
{
    static const struct {
        const char *cause, *effect, *cause_about, *effect_about;
        int severity, confidence;
        unsigned cause_concerns, effect_concerns;
        bool silent, follows;
    } rows[] = {
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, 0, 0, false, true},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, LIKELY, 0, 0, false, true},
        /* How heavy it is: one of the same severity does, a remark or what is only possible does not. */
        {"replica-malformed", "path-lossy", "1", "1", WARNING, CERTAIN, 0, 0, false, true},
        {"replica-malformed", "path-lossy", "1", "1", INFO, CERTAIN, 0, 0, false, false},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, POSSIBLE, 0, 0, false, false},
        /* It is not listed. */
        {"replica-malformed", "conntrack-full", "1", "1", CRITICAL, CERTAIN, 0, 0, false, false},
        /* Whom they are about. */
        {"replica-malformed", "path-lossy", "1", "2", CRITICAL, CERTAIN, 0, 0, false, false},
        {"replica-malformed", "path-lossy", "1", "12", CRITICAL, CERTAIN, 0, 0, false, false},
        {"replica-malformed", "path-lossy", "12", "1", CRITICAL, CERTAIN, 0, 0, false, true},
        {"replica-malformed", "path-lossy", "1", "", CRITICAL, CERTAIN, 0, 0, false, true},
        {"replica-malformed", "path-lossy", "", "1", CRITICAL, CERTAIN, 0, 0, false, true},
        {"replica-malformed", "clusterip-lossy", "1", "0", CRITICAL, CERTAIN, 0, 0, false, true},
        /* A ClusterIP that is silent altogether is so by all replicas, or by none of them. */
        {"replica-malformed", "clusterip-lossy", "1", "0", CRITICAL, CERTAIN, 0, 0, true, false},
        {"replica-malformed", "clusterip-lossy", "12", "0", CRITICAL, CERTAIN, 0, 0, true, false},
        {"replica-malformed", "clusterip-lossy", "123", "0", CRITICAL, CERTAIN, 0, 0, true, true},
        /* What another nameserver does is no matter of the cluster's. */
        {"replica-malformed", "path-lossy", "4", "1", CRITICAL, CERTAIN, 0, 0, false, false},
        {"replica-malformed", "path-lossy", "4", "14", CRITICAL, CERTAIN, 0, 0, false, false},
        {"replica-malformed", "path-lossy", "4", "4", CRITICAL, CERTAIN, 0, 0, false, true},
        /* Which queries. */
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, A, A, false, true},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, A | AAAA, A, false, true},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, A, A | AAAA, false, false},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, TCP, UDP, false, false},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, EXTERNAL, CLUSTER, false, false},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, TCP, CLUSTER, false, true},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, 0, AAAA, false, true},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, SILENCE, REFUSAL, false, false},
        {"replica-malformed", "path-lossy", "1", "1", CRITICAL, CERTAIN, SILENCE, 0, false, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct diagnosis d;

        begin(*state, rows[i].silent, &d);
        *ARENA_PUSH(d.arena, d.findings, d.findings_count) =
            (struct finding){.id = rows[i].cause,
                             .severity = rows[i].severity,
                             .confidence = rows[i].confidence,
                             .concerns = rows[i].cause_concerns};
        *ARENA_PUSH(d.arena, d.findings, d.findings_count) =
            (struct finding){.id = rows[i].effect,
                             .severity = SEVERITY_WARNING,
                             .confidence = CONFIDENCE_CERTAIN,
                             .concerns = rows[i].effect_concerns};
        about(&d, &d.findings[0], rows[i].cause_about);
        about(&d, &d.findings[1], rows[i].effect_about);
        findings_relate(&d);
        if (!d.findings[1].consequence != !rows[i].follows)
            print_error("row %zu\n", i);
        assert_int_equal(d.findings[1].consequence != NULL, rows[i].follows);
        assert_null(d.findings[0].consequence);
    }
}

/* What else keeps one finding from following from another. */
static void test_no_consequence(void **state)
{
    static const char *domains[] = {"corp.example", "lab.example"};

    for (int row = 0; row < 6; row++) {
        struct diagnosis d;

        begin(*state, false, &d);
        for (int i = 0; i < 2; i++)
            *ARENA_PUSH(d.arena, d.findings, d.findings_count) = (struct finding){
                .id = i ? "path-lossy" : "replica-malformed", .severity = CRITICAL, .confidence = CERTAIN};
        about(&d, &d.findings[0], row == 4 ? "1" : "");
        d.findings[0].domain = row == 1 || row == 2 ? domains[0] : NULL;
        d.findings[1].domain = row == 1 ? domains[0] : row == 2 ? domains[1] : NULL;
        d.findings[1].alone = row == 3;
        d.findings[0].harmless = row == 5;
        if (row == 4)
            finding_seen_at(&d, &d.findings[1], d.servers[2].target->id);
        findings_relate(&d);
        assert_int_equal(d.findings[1].consequence != NULL, row < 2);
    }
}

/* A cause counts as bad as what follows from it; of equals the surer comes first, and consequences behind
 * theirs. */
static void test_rank(void **state)
{
    static const char *const order[] = {"replica-malformed", "path-lossy", "conntrack-full", "port-collision",
                                        "resolv-amplification"};
    struct diagnosis d;
    const struct finding findings[] = {
        {.id = "resolv-amplification", .severity = SEVERITY_INFO, .confidence = CONFIDENCE_CERTAIN},
        {.id = "path-lossy", .severity = SEVERITY_CRITICAL, .consequence = "replica-malformed"},
        {.id = "port-collision", .severity = SEVERITY_WARNING, .confidence = CONFIDENCE_LIKELY},
        {.id = "conntrack-full", .severity = SEVERITY_WARNING, .confidence = CONFIDENCE_CERTAIN},
        {.id = "replica-malformed", .severity = SEVERITY_WARNING, .confidence = CONFIDENCE_LIKELY},
    };

    begin(*state, false, &d);
    for (size_t i = 0; i < COUNT(findings); i++)
        *ARENA_PUSH(d.arena, d.findings, d.findings_count) = findings[i];
    findings_rank(&d);
    for (size_t i = 0; i < COUNT(order); i++)
        assert_string_equal(d.findings[i].id, order[i]);
}

/* What the kernel dropped is of one transport only where that of every kind is known. */
static void test_drops(void **state)
{
    static const struct {
        const char *first, *second; /* transport of the example; NULL: there is no example */
        unsigned concerns;
    } rows[] = {
        {"udp", "udp", UDP}, {"tcp", "tcp", TCP}, {"udp", "tcp", UDP | TCP},
        {"udp", NULL, 0},    {NULL, "tcp", 0},
    };
    static const struct rule rule = {.id = "conntrack-full"};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct drop_facts examples[] = {
            {.transport = rows[i].first, .ends = {.src = "10.244.1.77", .dst = ids[1]}},
            {.transport = rows[i].second, .ends = {.src = "10.244.1.77", .dst = ids[2]}},
        };
        struct drop_kind_facts kinds[] = {
            {.cause = CAUSE_CONNTRACK_FULL, .count = 3, .example = rows[i].first ? &examples[0] : NULL},
            {.cause = CAUSE_CONNTRACK_FULL, .count = 3, .example = rows[i].second ? &examples[1] : NULL},
        };
        struct drops_facts drops = {.kinds = kinds, .kinds_count = COUNT(kinds)};
        struct facts facts = {.drops = &drops};
        struct finding *finding;
        struct diagnosis d;

        begin(*state, false, &d);
        d.facts = &facts;
        finding = drop_finding(&d, &rule, NULL, DROP_CAUSE(CAUSE_CONNTRACK_FULL));
        assert_non_null(finding);
        assert_int_equal(finding->evidence_count, 2);
        assert_int_equal(finding->concerns, rows[i].concerns);
    }
}

/* What the rules say: the check of that id, and its finding, NULL where it has none. */
static const struct check_facts *judge(struct arena *arena, const struct facts *facts, const char *id,
                                       const struct finding **ret_finding)
{
    struct thresholds thresholds;
    struct diagnose_facts *judged = ARENA_NEW(arena, struct diagnose_facts);
    struct finding *findings;
    size_t count;

    thresholds_init(&thresholds);
    diagnose(arena, facts, &thresholds, &findings, &count, judged);
    *ret_finding = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(findings[i].id, id) == 0)
            *ret_finding = &findings[i];
    for (size_t i = 0; i < judged->checks_count; i++)
        if (strcmp(judged->checks[i].id, id) == 0)
            return &judged->checks[i];
    fail_msg("there is no rule %s", id);
    return NULL;
}

static const struct check_facts *check_of(struct arena *arena, const struct facts *facts, const char *id)
{
    const struct finding *finding;

    return judge(arena, facts, id, &finding);
}

static const struct finding *finding_of(struct arena *arena, const struct facts *facts, const char *id)
{
    const struct finding *finding;

    (void)judge(arena, facts, id, &finding);
    return finding;
}

/* Entries show a backend that is gone only to who knows the live ones. */
static void test_missing_facts(void **state)
{
    struct conntrack_dns_facts dns = {0};
    const char *replicas[] = {ids[1]};
    struct conntrack_facts table = {.status = -1, .table.hooks = 1, .dns = &dns};
    struct facts facts = {.conntrack = &table};

    assert_int_equal(check_of(*state, &facts, "conntrack-stale")->state, FINDING_UNKNOWN);
    assert_non_null(strstr(check_of(*state, &facts, "conntrack-stale")->detail, "the running replicas"));
    table.replicas = replicas;
    table.replicas_count = COUNT(replicas);
    assert_int_equal(check_of(*state, &facts, "conntrack-stale")->state, FINDING_QUIET);
    /* A Pod's own table tracks nothing, and shows as little. */
    table.table.hooks = 0;
    assert_int_equal(check_of(*state, &facts, "conntrack-stale")->state, FINDING_UNKNOWN);
}

/* A full table is no longer a nearly full one. */
static void test_table_fill(void **state)
{
    static const struct {
        double ratio;
        bool near, full;
    } rows[] = {{0.75, false, false}, {0.76, true, false}, {0.989, true, false}, {0.99, false, true}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct conntrack_facts table = {
            .status = -1, .table = {.hooks = 1, .entries = 1, .max = 1, .fill_ratio = rows[i].ratio}};
        struct facts facts = {.conntrack = &table};

        assert_int_equal(finding_of(*state, &facts, "conntrack-near-full") != NULL, rows[i].near);
        assert_int_equal(finding_of(*state, &facts, "conntrack-full") != NULL, rows[i].full);
    }
}

/* It refuses UDP as well where the kernel's example is of TCP: the silence of all servers follows from it. */
static void test_table_full_by_drops(void **state)
{
    struct target_facts target = {.id = "10.96.0.10", .address = "10.96.0.10", .role = TARGET_CLUSTER_IP};
    struct probe_facts probe =
        probe_facts_unanswered("10.96.0.10", "a.example.", "a.example.", "A", TRANSPORT_UDP);
    struct matrix_facts matrix = {
        .targets = &target, .targets_count = 1, .probes = &probe, .probes_count = 1};
    struct drop_facts example = {.transport = "tcp", .ends = {.src = "10.244.0.10", .dst = "10.96.0.10"}};
    struct drop_kind_facts kind = {.cause = CAUSE_CONNTRACK_FULL, .sure = 1, .count = 9, .example = &example};
    struct drops_facts drops = {.kinds = &kind, .kinds_count = 1};
    struct facts facts = {.matrix = &matrix, .drops = &drops};
    const struct finding *silent = finding_of(*state, &facts, "all-unreachable");

    assert_non_null(silent);
    assert_string_equal(silent->consequence, "conntrack-full");
}

/* Servers share their port on purpose, a client's shared one is of the ephemeral range. */
static void test_shared_ports(void **state)
{
    static const struct {
        const char *local;
        bool found;
    } rows[] = {{"0.0.0.0:53", false},
                {"10.244.0.10:32767", false},
                {"10.244.0.10:32768", true},
                {"10.244.0.10:40001", true},
                {"[fd00::10]:50500", true}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct conntrack_dns_facts dns = {0};
        struct shared_port_facts shared = {.local = rows[i].local, .sockets = 2};
        struct conntrack_facts table = {
            .status = -1, .table.hooks = 1, .dns = &dns, .shared_ports = &shared, .shared_ports_count = 1};
        struct facts facts = {.conntrack = &table};

        assert_int_equal(finding_of(*state, &facts, "port-collision") != NULL, rows[i].found);
    }
}

/* Entries of flows that were answered are of yesterday, unless somebody still sends there. */
static void test_stale(void **state)
{
    static const struct {
        bool replied, renewed;
        int severity;
    } rows[] = {{false, false, SEVERITY_WARNING},
                {true, false, SEVERITY_INFO},
                {true, true, SEVERITY_WARNING},
                {false, true, SEVERITY_WARNING}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct conntrack_tuple_facts stale = {.protocol = "udp",
                                              .orig_src = "10.244.0.10:50500",
                                              .orig_dst = "10.96.0.10:53",
                                              .reply_src = "10.244.1.9:53",
                                              .reply_dst = "10.244.0.10:50500",
                                              .replied = rows[i].replied,
                                              .renewed = rows[i].renewed};
        const char *replicas[] = {ids[1]};
        struct conntrack_dns_facts dns = {0};
        struct conntrack_facts table = {.status = -1,
                                        .table.hooks = 1,
                                        .dns = &dns,
                                        .stale = &stale,
                                        .stale_count = 1,
                                        .stale_total = 1,
                                        .replicas = replicas,
                                        .replicas_count = COUNT(replicas)};
        struct facts facts = {.conntrack = &table};
        const struct finding *finding = finding_of(*state, &facts, "conntrack-stale");

        assert_non_null(finding);
        assert_int_equal(finding->severity, rows[i].severity);
    }
}

/* The example is a connection to a backend that is gone, rather than to one that is only drained. */
static void test_ipvs(void **state)
{
    static const struct {
        int why[2];
        const char *subject;
        int severity;
    } rows[] = {{{IPVS_DRAINED, IPVS_REMOVED}, "10.244.1.2:53", SEVERITY_WARNING},
                {{IPVS_REMOVED, IPVS_DRAINED}, "10.244.1.1:53", SEVERITY_WARNING},
                {{IPVS_DRAINED, IPVS_DRAINED}, "10.244.1.1:53", SEVERITY_INFO}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ipvs_connection_facts stale[] = {
            {.protocol = "UDP",
             .client = "10.244.0.10:50500",
             .service = "10.96.0.10:53",
             .destination = "10.244.1.1:53",
             .why = rows[i].why[0]},
            {.protocol = "UDP",
             .client = "10.244.0.11:50500",
             .service = "10.96.0.10:53",
             .destination = "10.244.1.2:53",
             .why = rows[i].why[1]},
        };
        struct ipvs_facts ipvs = {.stale_connections = stale, .stale_connections_count = 2, .stale_total = 2};
        struct facts facts = {.ipvs = &ipvs};
        const struct finding *finding = finding_of(*state, &facts, "ipvs-port-reuse");

        assert_non_null(finding);
        assert_string_equal(finding->subject, rows[i].subject);
        assert_int_equal(finding->severity, rows[i].severity);
    }
}

/* One answer of a hundred is told from a hundred on. */
static void test_dnstap_latency(void **state)
{
    static const struct {
        uint64_t count, p99_us;
        bool late;
    } rows[] = {{99, 5000000, false}, {100, 5000000, true}, {100, 4000000, false}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dnstap_group_facts replica = {
            .name = "coredns-1",
            .queries = rows[i].count,
            .latency = {.count = rows[i].count, .p50_us = 100, .p90_us = 100, .p99_us = rows[i].p99_us}};
        struct dnstap_facts tap = {.replicas = &replica, .replicas_count = 1};
        struct facts facts = {.dnstap = &tap};

        tap.scenarios.by[0] = rows[i].count;
        replica.scenarios.by[0] = rows[i].count;
        assert_int_equal(finding_of(*state, &facts, "coredns-errors") != NULL, rows[i].late);
    }
}

/* Each thing is named once. */
static void test_headline(void **state)
{
    static const struct {
        const char *title, *subject, *line;
    } rows[] = {
        {"a replica does not answer", "replica 10.244.1.22", "a replica does not answer: 10.244.1.22"},
        {"a replica does not answer", "replica 10.1.0.1, 10.1.0.2",
         "a replica does not answer: 10.1.0.1, 10.1.0.2"},
        {"AAAA queries get no answer, A queries do", "AAAA", "AAAA queries get no answer, A queries do"},
        {"a server sends damaged answers", "replica 10.1.0.1",
         "a server sends damaged answers: replica 10.1.0.1"},
        {"replicas differ", "replica 10.1.0.1", "replicas differ: replica 10.1.0.1"},
        {"the node is overloaded", "CPU", "the node is overloaded: CPU"},
        {"lookups are slow", NULL, "lookups are slow"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(finding_headline(*state, rows[i].title, rows[i].subject), rows[i].line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_consequences),
                                       ARENA_TEST(test_no_consequence),
                                       ARENA_TEST(test_rank),
                                       ARENA_TEST(test_drops),
                                       ARENA_TEST(test_missing_facts),
                                       ARENA_TEST(test_table_fill),
                                       ARENA_TEST(test_table_full_by_drops),
                                       ARENA_TEST(test_shared_ports),
                                       ARENA_TEST(test_stale),
                                       ARENA_TEST(test_ipvs),
                                       ARENA_TEST(test_dnstap_latency),
                                       ARENA_TEST(test_headline)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
