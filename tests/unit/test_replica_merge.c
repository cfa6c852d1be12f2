/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/cluster/replica_facts.h>
#include <string.h>

static struct address at(const char *text, uint16_t port)
{
    struct address address;

    assert_int_equal(address_parse(text, 53, &address, NULL), 0);
    address.port = port;
    return address;
}

static void add_method(struct arena *arena, struct replicas_facts *facts, int method, uint64_t found)
{
    *ARENA_PUSH(arena, facts->methods, facts->methods_count) =
        (struct method_facts){method, METHOD_FOUND, found, NULL};
}

/* Every way adds what it knows; a Pod, whose port is not said, is its endpoint, in whatever order they come.
 */
static void test_together(void **state)
{
    struct replicas_facts facts = {0};
    const struct candidate_server all[] = {
        {.method = METHOD_RESOLV_CONF, .role = TARGET_CLUSTER_IP, .where = at("10.96.0.10", 53), .ready = -1},
        {.method = METHOD_API,
         .role = TARGET_REPLICA,
         .where = at("10.1.0.1", 0),
         .version = "1.11.1",
         .ready = 1},
        {.method = METHOD_API,
         .role = TARGET_REPLICA,
         .where = at("10.1.0.1", 5353),
         .node = "n",
         .ready = 1},
        {.method = METHOD_CONNTRACK, .role = TARGET_REPLICA, .where = at("10.1.0.1", 5353), .ready = -1},
        {.method = METHOD_API, .role = TARGET_CLUSTER_IP, .where = at("10.96.0.10", 53), .ready = -1},
    };

    replicas_merge(*state, all, COUNT(all), &facts);
    add_method(*state, &facts, METHOD_API, 1);
    replicas_compare(*state, &facts);
    assert_int_equal(facts.replicas_count, 1);
    assert_int_equal(facts.replicas[0].port, 5353);
    assert_string_equal(facts.replicas[0].version, "1.11.1");
    assert_string_equal(facts.replicas[0].node, "n");
    assert_int_equal(facts.replicas[0].found_by_count, 2);
    assert_int_equal(facts.cluster_ips_count, 1);
    assert_int_equal(facts.conflicts_count, 0);
}

/* One conflict for each row, and none but it. */
static void test_conflicts(void **state)
{
    const struct {
        struct candidate_server more;
        uint64_t ipvs; /* found by it, besides */
        const char *words;
    } rows[] = {
        {{.method = METHOD_OPTION, .role = TARGET_REPLICA, .where = at("10.1.0.9", 53), .ready = -1},
         0,
         "10.1.0.9 was named, but is no endpoint"},
        {{.method = METHOD_CONNTRACK, .role = TARGET_REPLICA, .where = at("10.1.0.9", 53), .ready = -1},
         0,
         "still has connections by the node's conntrack"},
        {{.method = METHOD_IPVS, .role = TARGET_REPLICA, .where = at("10.1.0.1", 53), .ready = -1},
         1,
         "10.1.0.2 is a ready endpoint, but gets no queries by IPVS"},
        {{.method = METHOD_FILE,
          .role = TARGET_REPLICA,
          .where = at("10.1.0.1", 53),
          .node = "other",
          .ready = 1},
         0,
         "its node is n1, but other by endpoints"},
        {{.method = METHOD_FILE, .role = TARGET_REPLICA, .where = at("10.1.0.1", 53), .ready = 0},
         0,
         "is ready, but not ready by endpoints"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct replicas_facts facts = {0};
        struct candidate_server all[] = {
            {.method = METHOD_API,
             .role = TARGET_REPLICA,
             .where = at("10.1.0.1", 53),
             .node = "n1",
             .ready = 1},
            {.method = METHOD_API,
             .role = TARGET_REPLICA,
             .where = at("10.1.0.2", 53),
             .node = "n2",
             .ready = 1},
            rows[i].more,
        };

        replicas_merge(*state, all, COUNT(all), &facts);
        add_method(*state, &facts, METHOD_API, 2);
        add_method(*state, &facts, METHOD_IPVS, rows[i].ipvs);
        replicas_compare(*state, &facts);
        assert_int_equal(facts.conflicts_count, 1);
        assert_non_null(strstr(facts.conflicts[0].text, rows[i].words));
    }
}

/* Where Kubernetes was not heard, nobody can be a stranger to it. */
static void test_no_word_of_kubernetes(void **state)
{
    struct replicas_facts facts = {0};
    const struct candidate_server all[] = {
        {.method = METHOD_OPTION, .role = TARGET_REPLICA, .where = at("10.1.0.1", 53), .ready = -1},
        {.method = METHOD_CONNTRACK, .role = TARGET_REPLICA, .where = at("10.1.0.2", 53), .ready = -1},
    };

    replicas_merge(*state, all, COUNT(all), &facts);
    add_method(*state, &facts, METHOD_OPTION, 1);
    replicas_compare(*state, &facts);
    assert_int_equal(facts.replicas_count, 2);
    assert_int_equal(facts.conflicts_count, 0);
}

static void test_identities(void **state)
{
    const char *met[] = {"coredns-a", "coredns-z"};
    struct replicas_facts facts = {.cluster_identities = met, .cluster_identities_count = 2};
    const struct candidate_server one = {.method = METHOD_API,
                                         .role = TARGET_REPLICA,
                                         .where = at("10.1.0.1", 53),
                                         .pod = "coredns-a",
                                         .ready = 1};

    replicas_merge(*state, &one, 1, &facts);
    facts.replicas[0].identity = "coredns-q";
    replicas_compare(*state, &facts);
    assert_int_equal(facts.conflicts_count, 2);
    assert_non_null(
        strstr(facts.conflicts[0].text, "should be the Pod coredns-a, but calls itself coredns-q"));
    assert_non_null(strstr(facts.conflicts[1].text, "coredns-z answered"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_together),
        ARENA_TEST(test_conflicts),
        ARENA_TEST(test_no_word_of_kubernetes),
        ARENA_TEST(test_identities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
