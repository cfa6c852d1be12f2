/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/metrics/metrics_facts.h>
#include <string.h>

static void test_whose_numbers(void **state)
{
    static const struct {
        const char *source, *address;
        bool are;
    } rows[] = {
        {"http://10.244.1.2:9153/metrics", "10.244.1.2", true},
        {"http://10.244.1.2/metrics", "10.244.1.2", true},
        {"10.244.1.2:9153", "10.244.1.2", true},
        {"10.244.1.21:9153", "10.244.1.2", false}, /* begins alike */
        {"110.244.1.2:9153", "10.244.1.2", false}, /* ends alike */
        {"https://[fd00::1]:9153/metrics", "fd00::1", true},
        {"https://[fd00::1f]:9153/metrics", "fd00::1", false},
        {"[fd00:0:0::1]:9153", "fd00::1", true}, /* written otherwise */
        {"/tmp/10.244.1.2", "10.244.1.2", false},
        {"r1.prom", "10.244.1.2", false},
        {"http://coredns-1.example.org:9153/10.244.1.2", "10.244.1.2", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct metrics_replica_facts replica = {.source = rows[i].source};

        if (metrics_are_of(&replica, rows[i].address) != rows[i].are)
            fail_msg("%s, %s", rows[i].source, rows[i].address);
    }
}

/* Whoever stands out is told thrice, for people and for programs, in the same order. */
static void test_outliers(void **state)
{
    static const int measures[] = {MEASURE_P99, MEASURE_SERVFAIL, MEASURE_VERSION, MEASURE_PANICS};
    struct metrics_replica_facts replicas[3] = {0};
    struct metrics_facts facts = {.replicas = replicas, .replicas_count = COUNT(replicas)};

    for (size_t i = 0; i < COUNT(replicas); i++)
        replicas[i] = (struct metrics_replica_facts){
            .source = i == 1 ? "odd" : "even",
            .role = METRICS_OF_REPLICA,
            .version = i == 1 ? "1.9.0" : "1.11.1",
            .window_s = 1,
            .qps = 100,
            .servfail_ratio = i == 1 ? 0.5 : 0,
            .cache_hit_ratio = 0.5,
            .cpu_cores = 0.1,
            .latency_ms = {.observations = 100, .p50 = 1, .p99 = i == 1 ? 900 : 2},
            .panics_total = i == 1,
        };
    metrics_compare(*state, &facts);
    assert_int_equal(facts.outliers_count, COUNT(measures));
    assert_int_equal(replicas[1].outliers_count, COUNT(measures));
    for (size_t i = 0; i < COUNT(measures); i++) {
        assert_int_equal(facts.outliers[i].measure, measures[i]);
        assert_string_equal(facts.outliers[i].source, "odd");
        assert_string_equal(facts.outliers[i].text, facts.differences[i]);
        assert_string_equal(replicas[1].outliers[i], metrics_measure_names[measures[i]]);
        assert_non_null(strstr(facts.differences[i], metrics_measure_names[measures[i]]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whose_numbers), ARENA_TEST(test_outliers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
