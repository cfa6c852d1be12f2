/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Kubernetes says of CoreDNS (tests/data/kube), and times as it writes them. */
#include "unit.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/kube_facts.h>
#include <math.h>
#include <string.h>

static uint64_t at(const char *time)
{
    uint64_t ns;

    assert_true(clock_parse(time, &ns));
    return ns;
}

static struct kube_facts *facts_of(struct arena *arena, const char *path)
{
    struct kube_objects objects = {0};
    char *bytes;
    size_t len;

    assert_int_equal(file_read(arena, path, 1 << 20, &bytes, &len, NULL), 0);
    assert_int_equal(kube_objects_read(arena, bytes, len, &objects, NULL), 0);
    return kube_facts_from(arena, &objects, at("2026-11-24T12:00:00Z"));
}

static void test_state(void **state)
{
    const struct kube_facts *facts = facts_of(*state, DATA "/kube/coredns.json");

    assert_non_null(facts);
    assert_int_equal(facts->pods_count, 2);
    assert_null(facts->pods[0].last_end);
    assert_null(facts->pods[0].cpu_limit);
    assert_int_equal(facts->pods[1].restarts, 3);
    assert_string_equal(facts->pods[1].last_end, "OOMKilled");
    assert_string_equal(facts->pods[1].cpu_limit, "100m");
    assert_string_equal(facts->pods[1].version, "1.11.1");
    assert_int_equal(facts->wanted, 3);
    assert_int_equal(facts->available, 3);
    assert_int_equal(facts->nodes, 3);
    assert_non_null(strstr(facts->corefile, "kubernetes cluster.local"));
    /* The latest first; what managedFields say counts, not when the ConfigMap was made. */
    assert_string_equal(facts->changes[0].what, "Pod coredns-5d78c9869d-9wq4b");
    assert_string_equal(facts->changes[0].how, "ended");
    assert_true(fabs(facts->changes[0].age_s - 600) < 1);
    assert_string_equal(facts->changes[1].what, "ConfigMap coredns");
    assert_true(fabs(facts->changes[1].age_s - 1200) < 1);
    assert_int_equal(facts->events_count, 1);
    assert_string_equal(facts->events[0].reason, "Unhealthy");
    assert_int_equal(facts->events[0].count, 7);
    assert_true(fabs(facts->events[0].age_s - 300) < 1);
}

/* A node that has not reported for long is Unknown; one without conditions says nothing. */
static void test_nodes(void **state)
{
    static const char list[] =
        "{\"kind\": \"List\", \"items\": ["
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"a\"}, \"status\": {\"conditions\": ["
        "{\"type\": \"MemoryPressure\", \"status\": \"False\"}, {\"type\": \"Ready\", \"status\": \"True\"}]}},"
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"b\"}, \"status\": {\"conditions\": ["
        "{\"type\": \"Ready\", \"status\": \"Unknown\"}]}},"
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"c\"}},"
        "{\"kind\": \"Service\", \"metadata\": {\"name\": \"web\", \"namespace\": \"default\"}},"
        "{\"kind\": \"Service\", \"metadata\": {\"name\": \"nowhere\"}}]}";
    struct kube_objects objects = {0};

    assert_int_equal(kube_objects_read(*state, list, strlen(list), &objects, NULL), 0);
    assert_int_equal(objects.nodes, 3);
    assert_int_equal(objects.not_ready_count, 1);
    assert_string_equal(objects.not_ready[0], "b");
    assert_int_equal(objects.names_count, 1);
    assert_string_equal(objects.names[0].name, "web");
    assert_string_equal(objects.names[0].space, "default");
}

static void test_nothing(void **state)
{
    const struct kube_objects nothing = {.others = 7, .nodes = 3};

    assert_null(kube_facts_from(*state, &nothing, 0));
}

static void test_times(void **state)
{
    static const char *const wrong[] = {
        "", "2026-11-24", "2026-11-24T12:00:00", "2026-11-24T12:00:00+01:00", "now", "1960-01-01T00:00:00Z"};
    uint64_t ns;

    (void)state;
    assert_int_equal(at("1970-01-01T00:00:01Z"), UINT64_C(1000000000));
    assert_int_equal(at("2026-11-24T12:00:00.123456Z"), at("2026-11-24T12:00:00Z"));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(clock_parse(wrong[i], &ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_state), ARENA_TEST(test_nodes),
                                       ARENA_TEST(test_nothing), cmocka_unit_test(test_times)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
