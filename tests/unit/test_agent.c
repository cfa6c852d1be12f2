/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/agent/agent_choice.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/agent/agent_page.h>
#include <k8sdns/wire/metrics/metrics_accept.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

/* ---- which servers ---- */

static struct target_facts target(struct arena *arena, int role, unsigned number)
{
    return (struct target_facts){.id = arena_printf(arena, "10.244.%u.%u", number / 250, number % 250 + 1),
                                 .role = role};
}

static void test_choice_is_bounded(void **state)
{
    static const int roles[] = {TARGET_CLUSTER_IP, TARGET_CLUSTER_IP, TARGET_NODE_LOCAL, TARGET_NAMESERVER};
    struct target_facts targets[104];
    size_t count, replicas = 0;

    for (unsigned i = 0; i < 100; i++)
        targets[i] = target(*state, TARGET_REPLICA, i);
    for (unsigned i = 0; i < 4; i++)
        targets[100 + i] = target(*state, roles[i], 100 + i);
    count = agent_choice("node-1", 3, targets, 104);
    assert_int_equal(count, AGENT_SERVERS_MAX);
    for (size_t i = 0; i < count; i++)
        replicas += targets[i].role == TARGET_REPLICA;
    assert_int_equal(replicas, 3);
    assert_int_equal(targets[5].role, TARGET_NAMESERVER);
    /* What is few is asked, all of it. */
    for (unsigned i = 0; i < 4; i++)
        targets[i] = target(*state, roles[i], 100 + i);
    assert_int_equal(agent_choice("node-1", 3, targets, 4), 4);
    assert_int_equal(agent_choice("node-1", 3, targets, 0), 0);
}

/* Over many nodes each replica is asked from about as many, and most stays when one goes. */
static void test_choice_is_even_and_stable(void **state)
{
    enum { NODES = 1000, REPLICAS = 20 };
    unsigned asked[REPLICAS] = {0}, kept = 0, could = 0;

    for (unsigned node = 0; node < NODES; node++) {
        struct target_facts before[REPLICAS], after[REPLICAS];
        const char *name = arena_printf(*state, "node-%u", node);
        size_t count;

        for (unsigned i = 0; i < REPLICAS; i++)
            before[i] = after[i] = target(*state, TARGET_REPLICA, i);
        count = agent_choice(name, 3, before, REPLICAS);
        assert_int_equal(count, 3);
        for (size_t i = 0; i < count; i++)
            for (unsigned r = 0; r < REPLICAS; r++)
                asked[r] += strcmp(target(*state, TARGET_REPLICA, r).id, before[i].id) == 0;
        assert_int_equal(agent_choice(name, 3, after, REPLICAS - 1), 3);
        for (size_t i = 0; i < 3; i++) {
            could += strcmp(before[i].id, target(*state, TARGET_REPLICA, REPLICAS - 1).id) != 0;
            for (size_t k = 0; k < 3; k++)
                kept += strcmp(before[i].id, after[k].id) == 0;
        }
    }
    assert_int_equal(kept, could);
    for (unsigned r = 0; r < REPLICAS; r++)
        assert_in_range(asked[r], NODES * 3 / REPLICAS * 7 / 10, NODES * 3 / REPLICAS * 13 / 10);
}

/* ---- counts ---- */

static void test_results(void **state)
{
    (void)state;
    assert_int_equal(agent_result_of(PROBE_NXDOMAIN, false), AGENT_NEGATIVE);
    assert_int_equal(agent_result_of(PROBE_NXDOMAIN, true), AGENT_FAILED);
    assert_int_equal(agent_result_of(PROBE_NODATA, true), AGENT_NEGATIVE);
    assert_int_equal(agent_result_of(PROBE_TRUNCATED, true), AGENT_ANSWER);
    assert_int_equal(agent_result_of(PROBE_SERVFAIL, false), AGENT_FAILED);
    assert_int_equal(agent_result_of(PROBE_UNREACHABLE, false), AGENT_ERROR);
    assert_int_equal(agent_result_of(PROBE_TIMEOUT, false), AGENT_TIMEOUT);
}

static struct lookups_call_facts call(const char *space, const char *result, uint64_t us)
{
    return (struct lookups_call_facts){.result = result,
                                       .failed = strcmp(result, "ok") != 0,
                                       .latency_us = us,
                                       .age_us = SHAPE_UNSET,
                                       .process = {.pod_uid = "uid", .pod_namespace = space}};
}

static void test_lookup_results(void **state)
{
    static const struct {
        const char *result;
        uint64_t us;
        int wanted;
    } rows[] = {
        {"ok", 100, AGENT_LOOKUP_OK},
        {"EAI_NONAME", 100, AGENT_LOOKUP_NOT_FOUND},
        {"NXDOMAIN", 100, AGENT_LOOKUP_NOT_FOUND},
        {"EAI_AGAIN", 100, AGENT_LOOKUP_FAILED},
        {"EAI_AGAIN", 10000000, AGENT_LOOKUP_TIMEOUT},
        {"no answer", 5000000, AGENT_LOOKUP_TIMEOUT},
        {"SERVFAIL", 100, AGENT_LOOKUP_FAILED},
        {"exited", 100, AGENT_LOOKUP_UNCOUNTED},
        {"exited", 4000000, AGENT_LOOKUP_TIMEOUT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lookups_call_facts one = call("a", rows[i].result, rows[i].us);

        assert_int_equal(agent_lookup_result_of(&one), rows[i].wanted);
    }
}

static uint64_t lookups_of(const struct agent_counts *counts, const char *space)
{
    for (size_t i = 0; i < counts->spaces_count; i++)
        if (strcmp(counts->spaces[i].name, space) == 0)
            return counts->spaces[i].results[AGENT_LOOKUP_OK];
    return UINT64_MAX;
}

/* A thousand namespaces take no more room than a few, and none of their lookups is lost. */
static void test_namespaces(void **state)
{
    struct agent_counts *counts = ARENA_NEW(*state, struct agent_counts);
    uint64_t now = 3600 * SECOND_NS, sum = 0;
    struct lookups_call_facts one;

    agent_counts_init(counts);
    for (unsigned i = 0; i < 1000; i++) {
        one = call(arena_printf(*state, "space-%u", i), "ok", 100);
        agent_counts_lookup(counts, &one, now);
        one = call("space-0", "ok", 100);
        agent_counts_lookup(counts, &one, now);
    }
    assert_int_equal(counts->spaces_count, AGENT_SPACES_MAX + 1);
    assert_int_equal(lookups_of(counts, "space-0"), 1001);
    for (size_t i = 0; i < counts->spaces_count; i++)
        sum += counts->spaces[i].results[AGENT_LOOKUP_OK];
    assert_int_equal(sum, counts->lookups);
    assert_int_equal(lookups_of(counts, "other"), counts->spaces_overflow);
    /* One that has been silent for an hour gives its place away. */
    one = call("space-0", "ok", 100);
    agent_counts_lookup(counts, &one, now + 3600 * SECOND_NS);
    one = call("late", "ok", 100);
    agent_counts_lookup(counts, &one, now + 3601 * SECOND_NS);
    assert_int_equal(lookups_of(counts, "late"), 1);
    assert_int_equal(lookups_of(counts, "space-0"), 1002);
    assert_int_equal(counts->spaces_count, AGENT_SPACES_MAX + 1);
    /* Who is in no Pod, and whose namespace nobody knows. */
    one = call(NULL, "ok", 100);
    agent_counts_lookup(counts, &one, now);
    assert_int_equal(lookups_of(counts, "other"), counts->spaces_overflow + 2);
    one.process = (struct process_facts){0};
    agent_counts_lookup(counts, &one, now + 3602 * SECOND_NS);
    assert_int_equal(lookups_of(counts, "late"), 1);
}

/* ---- pages ---- */

/* As full as it gets. */
static void fill(struct arena *arena, struct agent_page_facts *facts,
                 struct agent_part_facts parts[AGENT_PARTS])
{
    struct agent_recorded_facts *recorded = ARENA_NEW(arena, struct agent_recorded_facts);
    struct agent_counts *counts = ARENA_NEW(arena, struct agent_counts);
    struct target_facts targets[AGENT_SERVERS_MAX + 3];
    struct conntrack_facts *conntrack = ARENA_NEW(arena, struct conntrack_facts);
    struct node_facts *node = ARENA_NEW(arena, struct node_facts);
    struct active_finding_facts *findings = arena_array(arena, 40, sizeof(*findings));
    struct drops_facts drops = {.kinds_count = 30};

    agent_counts_init(counts);
    for (unsigned i = 0; i < COUNT(targets); i++)
        targets[i] = target(arena, TARGET_REPLICA, i);
    agent_counts_servers(counts, targets, COUNT(targets));
    drops.kinds = arena_array(arena, drops.kinds_count, sizeof(*drops.kinds));
    node->limits = arena_array(arena, 40, sizeof(*node->limits));
    node->limits_count = 40;
    for (unsigned i = 0; i < 40; i++) {
        struct lookups_call_facts one = call(arena_printf(arena, "space-%u", i), "ok", 100);

        agent_counts_lookup(counts, &one, SECOND_NS);
        node->limits[i] = (struct limit_facts){.id = arena_printf(arena, "limit-%u", i), .ratio = 0.5};
        findings[i] = (struct active_finding_facts){
            .id = arena_printf(arena, "finding-%u", i), .severity = (int)(i % 3), .over_s = (double)NAN};
        if (i < drops.kinds_count)
            drops.kinds[i] = (struct drop_kind_facts){
                .reason = arena_printf(arena, "REASON_%u", i), .hook = (int)(i % 3) - 1, .count = i + 1};
    }
    agent_counts_drops(counts, &drops);
    for (int part = 0; part < AGENT_PARTS; part++)
        parts[part] = (struct agent_part_facts){.part = part, .up = true};
    *recorded = (struct agent_recorded_facts){.intervals = 3, .captures = 1, .dropped = 2, .bytes = 4096};
    *facts = (struct agent_page_facts){.counts = counts,
                                       .recorded = recorded,
                                       .parts = parts,
                                       .conntrack = conntrack,
                                       .node = node,
                                       .findings = findings,
                                       .findings_count = 40,
                                       .version = "1",
                                       .node_name = "a \"quoted\\\nname",
                                       .zone = ""};
}

static void test_page_is_bounded(void **state)
{
    struct agent_part_facts parts[AGENT_PARTS];
    struct agent_page_facts facts;
    struct exposition page = {0};

    fill(*state, &facts, parts);
    agent_page_write(&facts, &page);
    print_message("%zu series\n", page.series);
    assert_in_range(page.series, AGENT_SERIES_MAX - 30, AGENT_SERIES_MAX);
    assert_non_null(strstr(text_string(&page.text), "\nk8sdns_record_dropped_total 2\n"));
    assert_non_null(strstr(text_string(&page.text), "node_name=\"a \\\"quoted\\\\\\nname\""));
    text_fini(&page.text);
}

/* A namespace that is new comes with 0, and with what it has the next time. */
static void test_new_labels_begin_at_zero(void **state)
{
    static const char zero[] = "k8sdns_lookups_total{client_namespace=\"space-0\",result=\"ok\"} 0\n",
                      one[] = "k8sdns_lookups_total{client_namespace=\"space-0\",result=\"ok\"} 1\n";
    struct agent_part_facts parts[AGENT_PARTS];
    struct agent_page_facts facts;
    struct exposition pages[2] = {0};

    fill(*state, &facts, parts);
    for (int i = 0; i < 2; i++) {
        agent_page_write(&facts, &pages[i]);
        /* The counts are this test's own. */
        agent_counts_paged((struct agent_counts *)(uintptr_t)facts.counts);
    }
    assert_non_null(strstr(text_string(&pages[0].text), zero));
    assert_non_null(strstr(text_string(&pages[1].text), one));
    text_fini(&pages[0].text);
    text_fini(&pages[1].text);
}

/* What is not observed says nothing: no sample that could pass for health. */
static void test_unseen_parts_say_nothing(void **state)
{
    struct agent_part_facts parts[AGENT_PARTS];
    struct agent_page_facts facts;
    struct exposition page = {0};

    fill(*state, &facts, parts);
    for (int part = 0; part < AGENT_PARTS; part++)
        parts[part].up = false;
    agent_page_write(&facts, &page);
    for (const char *line = text_string(&page.text); *line; line = strchr(line, '\n') + 1) {
        static const char *const starts[] = {"k8sdns_node_queries", "k8sdns_node_lookups", "k8sdns_probe",
                                             "k8sdns_lookup",       "k8sdns_dropped",      "k8sdns_conntrack",
                                             "k8sdns_node_limit"};

        for (size_t i = 0; i < COUNT(starts); i++)
            assert_int_not_equal(strncmp(line, starts[i], strlen(starts[i])), 0);
    }
    text_fini(&page.text);
}

static void test_accept(void **state)
{
    static const struct {
        const char *header;
        bool openmetrics;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"application/*", false},
        {"application/openmetrics-text", true},
        {"APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\"", true},
        {"application/openmetrics-text;version=2.0.0", false},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;q=0.0", false},
        {"application/openmetrics-text;q=0.5,text/plain;q=0.5", true},
        {"application/openmetrics-text;q=0.499,text/plain;q=0.5", false},
        {"text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.8", true},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"application/openmetrics-textual", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(metrics_accept_openmetrics(rows[i].header), rows[i].openmetrics);
}

/* The fullest page: whoever asks Prometheus for an agent's series is held to it (tests/cli/agent_series.py).
 */
static void print_page(void)
{
    struct arena *arena = arena_new();
    struct agent_part_facts parts[AGENT_PARTS];
    struct agent_page_facts facts;
    struct exposition page = {0};

    fill(arena, &facts, parts);
    facts.zone = "zone-1";
    agent_page_write(&facts, &page);
    fputs(text_string(&page.text), stdout);
    text_fini(&page.text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_choice_is_bounded),
        ARENA_TEST(test_choice_is_even_and_stable),
        ARENA_TEST(test_results),
        ARENA_TEST(test_lookup_results),
        ARENA_TEST(test_namespaces),
        ARENA_TEST(test_page_is_bounded),
        ARENA_TEST(test_new_labels_begin_at_zero),
        ARENA_TEST(test_unseen_parts_say_nothing),
        ARENA_TEST(test_accept),
    };

    if (getenv("PRINT_PAGE")) {
        print_page();
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
