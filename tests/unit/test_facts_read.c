/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures of earlier versions, which had in sentences what is a word or a number now. */
#include "unit.h"
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/facts_read.h>
#include <string.h>

static const struct facts *read_facts(struct arena *arena, const char *text)
{
    struct facts *facts = ARENA_NEW(arena, struct facts);
    struct err err = {0};
    json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    if (facts_from_json(arena, json, facts, &err) < 0)
        fail_msg("%s", err.text);
    json_decref(json);
    return facts;
}

/* What an earlier version wrote: a status, and the error in words. */
static void test_earlier_captures(void **state)
{
    static const struct {
        const char *status, *detail;
        int kind;
    } old[] = {
        {"unreachable", "ICMP port unreachable from 10.244.1.22", UNREACHABLE_PORT},
        {"unreachable", "ICMP administratively prohibited from fd00::1", UNREACHABLE_PROHIBITED},
        {"unreachable", "ICMP host prohibited from 10.0.0.1", UNREACHABLE_PROHIBITED},
        {"unreachable", "ICMP Permission denied from fd00::1", UNREACHABLE_POLICY},
        {"unreachable", "ICMP host unreachable from 10.0.0.1", UNREACHABLE_HOST},
        {"unreachable", "cannot send: Network is unreachable", UNREACHABLE_NO_ROUTE},
        {"error", "a rule of this namespace forbids to send there (EPERM)", UNREACHABLE_LOCAL_RULE},
        {"unreachable",
         "silent after ICMP errors from the same target, which kernels limit to about one a second", -1},
        {"timeout", "ICMP port unreachable from 10.244.1.22", -1},
    };

    for (size_t i = 0; i < COUNT(old); i++) {
        struct facts facts = {0};
        struct err err = {0};
        json_t *json = json_pack("{s:s,s:{},s:{s:[{s:s,s:s,s:s,s:s,s:s,s:s,s:s}]}}", "time", "", "host",
                                 "matrix", "probes", "target", "x", "name", "n", "candidate", "n", "type",
                                 "A", "status", old[i].status, "transport", "udp", "detail", old[i].detail);

        assert_non_null(json);
        if (facts_from_json(*state, json, &facts, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(facts.matrix->probes[0].unreachable, old[i].kind);
        json_decref(json);
    }
}

/* The words of a sampling's failures stand for all of its tally. */
static void test_earlier_sampling(void **state)
{
    static const struct {
        const char *json;
        int kind; /* -1: no tally */
    } old[] = {
        {"\"outcomes\": {\"unreachable\": 9}, \"first_failure\": {\"time\": \"\", \"name\": \"n\", \"type\": \"A\", "
         "\"status\": \"unreachable\", \"detail\": \"ICMP host prohibited from 10.0.0.1\"}",
         UNREACHABLE_PROHIBITED},
        {"\"outcomes\": {\"unreachable\": 9}, \"first_failure\": {\"time\": \"\", \"name\": \"n\", \"type\": \"A\", "
         "\"status\": \"timeout\"}, \"last_failure\": {\"time\": \"\", \"name\": \"n\", \"type\": \"A\", "
         "\"status\": \"unreachable\", \"detail\": \"ICMP port unreachable from 10.0.0.1\"}",
         UNREACHABLE_PORT},
        {"\"outcomes\": {\"unreachable\": 9}", UNREACHABLE_OTHER},
        {"\"outcomes\": {\"timeout\": 9}", -1},
        {"\"outcomes\": {\"unreachable\": 9}, \"unreachables\": {\"port\": 9}", UNREACHABLE_PORT},
    };

    for (size_t i = 0; i < COUNT(old); i++) {
        const struct facts *facts = read_facts(
            *state,
            arena_printf(
                *state,
                "{\"time\": \"\", \"host\": {}, \"sampling\": {\"ports\": \"fresh\", \"targets\": "
                "[{\"id\": \"x\", \"address\": \"x\", \"role\": \"replica\", \"frequency\": {\"word\": \"always\"}, %s}]}}",
                old[i].json));
        const struct watch_target_facts *w = &facts->sampling->targets[0];

        assert_int_equal(w->unreachables_count, old[i].kind >= 0);
        if (old[i].kind < 0)
            continue;
        assert_string_equal(w->unreachables[0].name, unreachable_names[old[i].kind]);
        assert_int_equal(w->unreachables[0].count, 9);
    }
}

/* Changes, differences and outliers were sentences alone. */
static void test_earlier_sentences(void **state)
{
    const struct facts *facts = read_facts(
        *state,
        "{\"time\": \"\", \"host\": {}, \"kube\": {\"changes\": ["
        "{\"what\": \"Pod coredns-1\", \"how\": \"ended\", \"time\": \"\", \"age_s\": 1},"
        "{\"what\": \"ConfigMap coredns\", \"how\": \"written\", \"time\": \"\", \"age_s\": 1},"
        "{\"what\": \"Podium x\", \"how\": \"written\", \"time\": \"\", \"age_s\": 1}]},"
        "\"matrix\": {\"differences\": ["
        "{\"kind\": \"status\", \"text\": \"a does not answer 1 of 2 questions that others answer\"},"
        "{\"kind\": \"status\", \"text\": \"a fails 1 of 2 questions that others answer (SERVFAIL)\"},"
        "{\"kind\": \"status\", \"text\": \"a fails 1 of 2 questions that others answer (REFUSED)\"},"
        "{\"kind\": \"status\", \"text\": \"a fails 1 of 2 questions that others answer (NOTIMP)\"},"
        "{\"kind\": \"status\", \"text\": \"a differs from the others in 1 of 2 questions\"},"
        "{\"kind\": \"records\", \"text\": \"a does not answer alike\"}]},"
        "\"metrics\": {\"checked\": false, \"replicas\": [{\"source\": \"r:9153\", \"role\": \"replica\", "
        "\"latency_ms\": {}, \"cache\": {}, \"forward\": {}, \"api\": {\"latency_ms\": {}}, \"text\": {}}], "
        "\"differences\": [\"r:9153: p99 1.2 s, the others 7.5 ms\", \"r:9153: another Corefile than the others\", "
        "\"s: p99 1.2 s, the others 7.5 ms\"]}}");
    static const int kinds[] = {KUBE_POD, KUBE_CONFIG_MAP, -1};
    static const int faults[] = {FAULT_SILENCE, FAULT_SERVFAIL, FAULT_REFUSED, FAULT_OTHER, -1, -1};

    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(facts->kube->changes[i].kind, kinds[i]);
    assert_string_equal(facts->kube->changes[0].name, "coredns-1");
    for (size_t i = 0; i < COUNT(faults); i++)
        assert_int_equal(facts->matrix->differences[i].fault, faults[i]);
    assert_int_equal(facts->metrics->outliers_count, 2);
    assert_int_equal(facts->metrics->outliers[0].measure, MEASURE_P99);
    assert_int_equal(facts->metrics->outliers[1].measure, MEASURE_COREFILE);
}

/* A Pod's own container ended lately, not that of one whose name begins alike. */
static void test_panic_of_the_pod(void **state)
{
    static const struct {
        const char *change;
        bool fires;
    } rows[] = {
        {"\"kind\": \"Pod\", \"name\": \"coredns-1\", \"how\": \"ended\", \"age_s\": 60", true},
        {"\"kind\": \"Pod\", \"name\": \"coredns-1\", \"how\": \"ended\", \"age_s\": 360000", false},
        {"\"kind\": \"Pod\", \"name\": \"coredns-1\", \"how\": \"started\", \"age_s\": 60", false},
        {"\"kind\": \"Pod\", \"name\": \"coredns-12\", \"how\": \"ended\", \"age_s\": 60", false},
        {"\"kind\": \"Deployment\", \"name\": \"coredns-1\", \"how\": \"ended\", \"age_s\": 60", false},
        {"\"how\": \"ended\", \"age_s\": 60", true}, /* of an earlier version: "Pod coredns-1" alone */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct facts *facts = read_facts(
            *state,
            arena_printf(
                *state,
                "{\"time\": \"\", \"host\": {}, \"kube\": {\"pods\": [{\"name\": \"coredns-1\", \"restarts\": "
                "2}], \"changes\": [{\"what\": \"Pod coredns-1\", \"time\": \"\", %s}]}}",
                rows[i].change));
        struct diagnose_facts verdict = {0};
        struct thresholds thresholds;
        struct finding *findings;
        size_t count;
        bool fires = false;

        thresholds_init(&thresholds);
        diagnose(*state, facts, &thresholds, &findings, &count, &verdict);
        for (size_t k = 0; k < count; k++)
            fires = fires || strcmp(findings[k].id, "coredns-panic") == 0;
        assert_int_equal(fires, rows[i].fires);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_earlier_captures),
        ARENA_TEST(test_earlier_sampling),
        ARENA_TEST(test_earlier_sentences),
        ARENA_TEST(test_panic_of_the_pod),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
