/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fleets that are made by chance, each with one truth, and judged. The thresholds were set on seeds under
 * 100; what is tried here are others.
 */
#include "unit.h"
#include <k8sdns/model/scope/fleet_judge.h>
#include <k8sdns/model/statistics/shuffle.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOWS 20
#define STEP_S  180

/* What is planted. */
enum truth {
    TRUTH_HEALTHY,
    TRUTH_WHOLE,
    TRUTH_ONE,
    TRUTH_ZONE,
    TRUTH_RANDOM,
    TRUTH_PEAK,
    TRUTH_HALF_TIME,
    TRUTHS,
};
static const char *const truth_names[] = {"healthy", "whole", "one", "zone", "random", "peak", "half-time"};

struct making {
    enum truth truth;
    size_t nodes;
    double strength; /* the share that the fault makes fail */
    double uneven;   /* the standard deviation of the logarithm of the nodes' own shares */
    double load_uneven;
    bool history;
    uint64_t state;
};

static double uniform(struct making *m)
{
    return ((double)(shuffle_next(&m->state) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct making *m)
{
    return sqrt(-2 * log(uniform(m))) * cos(2 * 3.14159265358979 * uniform(m));
}

static double poisson(struct making *m, double mean)
{
    double limit = exp(-mean), product = 1;
    unsigned count = 0;

    if (mean > 60)
        return fmax(0, floor(mean + sqrt(mean) * normal(m) + 0.5));
    while ((product *= uniform(m)) > limit)
        count++;
    return count;
}

/* The share that the fault makes fail of a node's queries in a window. */
static double fault(struct making *m, size_t node, size_t window, double load)
{
    switch (m->truth) {
    case TRUTH_WHOLE:
        return m->strength;
    case TRUTH_ONE:
        return node == 1 ? m->strength : 0;
    case TRUTH_ZONE:
        return node % 10 == 4 ? m->strength : 0;
    case TRUTH_RANDOM:
        return uniform(m) < 0.03 ? 2 * m->strength : 0;
    case TRUTH_PEAK:
        return m->strength * fmax(0, (load - 1.5) / 2.5);
    case TRUTH_HALF_TIME:
        return window >= 13 ? m->strength : 0;
    case TRUTH_HEALTHY:
    case TRUTHS:
        break;
    }
    return 0;
}

static void make(struct making *m, struct fleet *f)
{
    char name[32];

    for (size_t t = 0; t < WINDOWS; t++)
        f->lookups_rate[t] =
            1000 * ((t >= 3 && t < 5) || (t >= 10 && t < 12) || t == 17 ? 4 : 1) * (1 + 0.1 * uniform(m));
    for (size_t i = 0; i < m->nodes; i++) {
        double own = 0.0002 * exp(m->uneven * normal(m)), busy = exp(m->load_uneven * normal(m));
        struct fleet_node *node;
        struct fleet_cells *cells;

        snprintf(name, sizeof(name), "n%zu", i);
        node = fleet_node_at(f, name, strlen(name));
        snprintf(name, sizeof(name), "z%zu", i % 10);
        node->zone = arena_text(f->arena, name);
        cells = &node->cells[FLEET_QUERIES];
        for (size_t t = 0; t < WINDOWS; t++) {
            double load = f->lookups_rate[t] / 1000, share = fmin(1, own + fault(m, i, t, load));

            cells->asked[t] = (float)(1.5 * STEP_S * busy);
            cells->failed[t] = (float)poisson(m, share * 1.5 * STEP_S * busy);
        }
        if (m->history) {
            cells->before_asked = (float)(1.5 * STEP_S * WINDOWS * busy);
            cells->before_failed = (float)poisson(m, own * 1.5 * STEP_S * WINDOWS * busy);
        }
    }
}

static struct scope_facts *judge(struct arena *arena, struct making making)
{
    struct scope_facts *facts = ARENA_NEW(arena, struct scope_facts);
    struct fleet fleet;

    facts->fleet = ARENA_NEW(arena, struct fleet_facts);
    facts->fleet->known = SHAPE_UNSET;
    fleet_init(&fleet, arena, WINDOWS, 1.7e9, STEP_S);
    make(&making, &fleet);
    fleet_judge(&fleet, facts);
    return facts;
}

static bool is_right(enum truth truth, const struct scope_facts *facts)
{
    static const int scopes[] = {SCOPE_NONE,        SCOPE_WHOLE_CLUSTER, SCOPE_SOME_NODES,   SCOPE_SOME_NODES,
                                 SCOPE_RANDOM_PODS, SCOPE_WHOLE_CLUSTER, SCOPE_WHOLE_CLUSTER};
    static const int frequencies[] = {FREQUENCY_NEVER,       FREQUENCY_ALWAYS,       FREQUENCY_ALWAYS,
                                      FREQUENCY_ALWAYS,      FREQUENCY_INTERMITTENT, FREQUENCY_AT_PEAK,
                                      FREQUENCY_INTERMITTENT};

    return facts->scope == scopes[truth] && (truth == TRUTH_RANDOM ? facts->frequency != FREQUENCY_AT_PEAK
                                                                   : facts->frequency == frequencies[truth]);
}

static unsigned count_right(struct making making, unsigned first_seed, unsigned seeds)
{
    unsigned right = 0;

    for (unsigned seed = first_seed; seed < first_seed + seeds; seed++) {
        struct arena *arena = arena_new();
        struct scope_facts *facts;

        making.state = SHUFFLE_SEED * (2 * seed + 1) + 1;
        for (int i = 0; i < 20; i++)
            (void)shuffle_next(&making.state);
        facts = judge(arena, making);
        if (is_right(making.truth, facts))
            right++;
        else if (getenv("FLEET_VERBOSE"))
            printf("  %s seed %u: %s, %s [%s]; %s\n", truth_names[making.truth], seed,
                   scope_names[facts->scope], facts->scope_text, facts->confidence, facts->frequency_text);
        arena_free(arena);
    }
    return right;
}

/* For setting thresholds: FLEET_SEEDS=FIRST,COUNT prints a table instead. */
static void print_table(const char *seeds)
{
    static const double unevens[] = {0, 0.7, 1.5};
    static const size_t sizes[] = {3, 30, 300};
    unsigned first = 0, count = 0;

    sscanf(seeds, "%u,%u", &first, &count);
    for (size_t s = 0; s < 3; s++)
        for (size_t u = 0; u < 3; u++)
            for (int history = 0; history < 2; history++)
                for (int k = 0; k < 2; k++) {
                    printf("%4zu nodes, uneven %.1f, %s, %s:", sizes[s], unevens[u],
                           history ? "history" : "no history", k ? "1 %" : "5 %");
                    for (int truth = 0; truth < TRUTHS; truth++)
                        printf(" %s %u/%u", truth_names[truth],
                               count_right((struct making){.truth = (enum truth)truth,
                                                           .nodes = sizes[s],
                                                           .strength = k ? 0.01 : 0.05,
                                                           .uneven = unevens[u],
                                                           .load_uneven = 0.5,
                                                           .history = history},
                                           first, count),
                               count);
                    printf("\n");
                    fflush(stdout);
                }
}

/* Seeds that no threshold was set on; of so many, at least so many are right. */
#define FIRST_SEED 1000
#define SEEDS      20

static void check(struct making making, unsigned least)
{
    unsigned right = count_right(making, FIRST_SEED, SEEDS);

    if (right < least)
        fail_msg("%s, %zu nodes, uneven %.1f, %s: %u of %d are right, and %u should be",
                 truth_names[making.truth], making.nodes, making.uneven,
                 making.history ? "with the day before" : "without", right, SEEDS, least);
}

/* A healthy fleet is called healthy, also where nodes' own shares differ by a factor of 4.5. */
static void test_healthy(void **state)
{
    static const size_t sizes[] = {3, 30, 300};

    (void)state;
    for (size_t s = 0; s < 3; s++)
        for (int history = 0; history < 2; history++) {
            struct making making = {.nodes = sizes[s], .load_uneven = 0.7, .history = history};

            check(making, SEEDS);
            making.uneven = 0.7;
            check(making, SEEDS);
            making.uneven = 1.5;
            /* Among hundreds one may fail over 5 % on both days, which is called a fault that lasts. */
            check(making, history ? SEEDS - 1 : SEEDS - 2);
        }
}

/* Every planted fault of 5 %, over even and uneven nodes that are compared with their day before. */
static void test_with_history(void **state)
{
    (void)state;
    for (int truth = TRUTH_WHOLE; truth < TRUTHS; truth++)
        for (int uneven = 0; uneven < 2; uneven++)
            check((struct making){.truth = (enum truth)truth,
                                  .nodes = 60,
                                  .strength = 0.05,
                                  .uneven = uneven ? 1.5 : 0,
                                  .load_uneven = 0.5,
                                  .history = true},
                  SEEDS - 1);
}

/* Without a day before one node among very uneven ones cannot be told; all else is. */
static void test_without_history(void **state)
{
    (void)state;
    for (int truth = TRUTH_WHOLE; truth < TRUTHS; truth++)
        for (int uneven = 0; uneven < 2; uneven++)
            if (!uneven || truth != TRUTH_ONE)
                check((struct making){.truth = (enum truth)truth,
                                      .nodes = 60,
                                      .strength = 0.05,
                                      .uneven = uneven ? 1.5 : 0,
                                      .load_uneven = 0.5},
                      uneven ? SEEDS - 3 : SEEDS - 1);
}

/* Three nodes, as in a small cluster: one of them, and all of them. */
static void test_three_nodes(void **state)
{
    (void)state;
    for (int history = 0; history < 2; history++) {
        struct making making = {
            .truth = TRUTH_ONE, .nodes = 3, .strength = 0.05, .load_uneven = 0.5, .history = history};

        check(making, SEEDS - 1);
        making.truth = TRUTH_WHOLE;
        check(making, SEEDS - 1);
        making.truth = TRUTH_PEAK;
        check(making, SEEDS - 2);
    }
}

/* What is too large a share for a single node is not called healthy only because nodes differ. */
static void test_not_called_healthy(void **state)
{
    (void)state;
    for (unsigned seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        struct arena *arena = arena_new();
        struct scope_facts *facts;

        facts = judge(arena, (struct making){.truth = TRUTH_ONE,
                                             .nodes = 60,
                                             .strength = 0.05,
                                             .uneven = 1.5,
                                             .load_uneven = 0.5,
                                             .state = SHUFFLE_SEED * (2 * seed + 1) + 1});
        assert_int_not_equal(facts->status, HEALTH_OK);
        arena_free(arena);
    }
}

/* Agents that have run for two windows tell how wide it fails, and not how often. */
static void test_too_short(void **state)
{
    struct arena *arena = arena_new();
    struct scope_facts *facts = ARENA_NEW(arena, struct scope_facts);
    struct making making = {.truth = TRUTH_WHOLE, .nodes = 3, .strength = 0.3, .state = SHUFFLE_SEED};
    struct fleet fleet;

    (void)state;
    facts->fleet = ARENA_NEW(arena, struct fleet_facts);
    facts->fleet->known = SHAPE_UNSET;
    fleet_init(&fleet, arena, WINDOWS, 1.7e9, STEP_S);
    make(&making, &fleet);
    for (size_t i = 0; i < fleet.count; i++)
        for (size_t t = 0; t < WINDOWS - 2; t++)
            fleet.nodes[i].cells[FLEET_QUERIES].asked[t] = fleet.nodes[i].cells[FLEET_QUERIES].failed[t] = 0;
    fleet_judge(&fleet, facts);
    assert_int_equal(facts->scope, SCOPE_WHOLE_CLUSTER);
    assert_int_equal(facts->frequency, -1);
    assert_non_null(strstr(facts->frequency_text, "2 of 2 windows of 3 m 00 s fail; so few"));
    arena_free(arena);
}

/*
 * 1 % of all programs' lookups fail, and none of the agents' queries: without a day before that is how
 * programs are, and is told; with one in which it was less it is a fault, and so is 8 %.
 */
static void test_lookups_alone(void **state)
{
    static const struct {
        double share;
        bool history;
        int scope;
    } rows[] = {
        {0.01, false, SCOPE_NONE}, {0.01, true, SCOPE_WHOLE_CLUSTER}, {0.08, false, SCOPE_WHOLE_CLUSTER}};

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct arena *arena = arena_new();
        struct scope_facts *facts = ARENA_NEW(arena, struct scope_facts);
        struct making making = {.nodes = 30, .state = SHUFFLE_SEED};
        struct fleet fleet;

        facts->fleet = ARENA_NEW(arena, struct fleet_facts);
        facts->fleet->known = SHAPE_UNSET;
        fleet_init(&fleet, arena, WINDOWS, 1.7e9, STEP_S);
        make(&making, &fleet);
        for (size_t i = 0; i < fleet.count; i++) {
            struct fleet_cells *cells = &fleet.nodes[i].cells[FLEET_LOOKUPS];

            for (size_t t = 0; t < WINDOWS; t++) {
                cells->asked[t] = 1000;
                cells->failed[t] = (float)poisson(&making, 1000 * rows[row].share);
            }
            cells->before_asked = rows[row].history ? 1000 * WINDOWS : NAN;
            cells->before_failed = rows[row].history ? 4 : NAN;
        }
        fleet_judge(&fleet, facts);
        assert_int_equal(facts->scope, rows[row].scope);
        assert_int_equal(facts->status == HEALTH_OK, rows[row].scope == SCOPE_NONE);
        if (rows[row].scope == SCOPE_NONE)
            assert_non_null(strstr(facts->scope_else[0], "a fault that only programs meet: "));
        arena_free(arena);
    }
}

/* Nodes are found again by their names, and those over the maximum are counted. */
static void test_nodes(void **state)
{
    struct arena *arena = arena_new();
    struct fleet fleet;
    const char **names;
    char name[32];

    (void)state;
    fleet_init(&fleet, arena, WINDOWS, 0, STEP_S);
    for (int i = 0; i < FLEET_NODES_MAX + 5; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        assert_int_equal(fleet_node_at(&fleet, name, strlen(name)) != NULL, i < FLEET_NODES_MAX);
    }
    assert_int_equal(fleet.nodes_left_out, 5);
    assert_string_equal(fleet_node_at(&fleet, "n17 and more", 3)->name, "n17");
    assert_int_equal(fleet.count, FLEET_NODES_MAX);
    assert_null(fleet_node_find(&fleet, "other", 5));
    assert_in_range(fleet_sample(&fleet, 40, 200, &names), 200, 240);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_with_history),
        cmocka_unit_test(test_without_history),
        cmocka_unit_test(test_three_nodes),
        cmocka_unit_test(test_not_called_healthy),
        cmocka_unit_test(test_too_short),
        cmocka_unit_test(test_lookups_alone),
        cmocka_unit_test(test_nodes),
    };

    /* A table instead, for setting thresholds. */
    if (getenv("FLEET_SEEDS")) {
        print_table(getenv("FLEET_SEEDS"));
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
