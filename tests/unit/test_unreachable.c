/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the numbers of an ICMP message, or of an errno, to the findings that follow from it. */
#include "unit.h"
#include <errno.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/probe/unreachable.h>
#include <math.h>
#include <string.h>

/* Destination unreachable, packet too big, time exceeded: their types by version. */
enum { V4_UNREACH = 3, V4_TIME = 11, V6_UNREACH = 1, V6_BIG = 2, V6_TIME = 3 };

static const struct {
    int version; /* 0: `type` is an errno */
    unsigned type, code;
    int kind;
    bool filtered;
} rows[] = {
    {4, V4_UNREACH, 0, UNREACHABLE_NET, false},
    {4, V4_UNREACH, 1, UNREACHABLE_HOST, false},
    {4, V4_UNREACH, 2, UNREACHABLE_PROTOCOL, false},
    {4, V4_UNREACH, 3, UNREACHABLE_PORT, false},
    {4, V4_UNREACH, 4, UNREACHABLE_TOO_BIG, false},
    {4, V4_UNREACH, 5, UNREACHABLE_OTHER, false},
    {4, V4_UNREACH, 6, UNREACHABLE_NET, false},
    {4, V4_UNREACH, 7, UNREACHABLE_HOST, false},
    {4, V4_UNREACH, 8, UNREACHABLE_HOST, false},
    {4, V4_UNREACH, 9, UNREACHABLE_PROHIBITED, true},
    {4, V4_UNREACH, 10, UNREACHABLE_PROHIBITED, true},
    {4, V4_UNREACH, 11, UNREACHABLE_NET, false},
    {4, V4_UNREACH, 12, UNREACHABLE_HOST, false},
    {4, V4_UNREACH, 13, UNREACHABLE_PROHIBITED, true},
    {4, V4_UNREACH, 14, UNREACHABLE_OTHER, false},
    {4, V4_TIME, 0, UNREACHABLE_HOPS, false},
    {4, 5, 13, UNREACHABLE_OTHER, false}, /* a redirect */
    {6, V6_UNREACH, 0, UNREACHABLE_NO_ROUTE, false},
    {6, V6_UNREACH, 1, UNREACHABLE_PROHIBITED, true},
    {6, V6_UNREACH, 2, UNREACHABLE_OTHER, false},
    {6, V6_UNREACH, 3, UNREACHABLE_HOST, false},
    {6, V6_UNREACH, 4, UNREACHABLE_PORT, false},
    {6, V6_UNREACH, 5, UNREACHABLE_POLICY, true},
    {6, V6_UNREACH, 6, UNREACHABLE_REJECT_ROUTE, true},
    {6, V6_UNREACH, 7, UNREACHABLE_OTHER, false},
    {6, V6_BIG, 0, UNREACHABLE_TOO_BIG, false},
    {6, V6_TIME, 0, UNREACHABLE_HOPS, false},
    {6, 4, 5, UNREACHABLE_OTHER, false}, /* a parameter problem */
    {0, EPERM, 0, UNREACHABLE_LOCAL_RULE, true},
    {0, EACCES, 0, UNREACHABLE_REJECT_ROUTE, true},
    {0, ENETUNREACH, 0, UNREACHABLE_NO_ROUTE, false},
    {0, EHOSTUNREACH, 0, UNREACHABLE_HOST, false},
    {0, ECONNREFUSED, 0, UNREACHABLE_PORT, false},
    {0, EMSGSIZE, 0, UNREACHABLE_TOO_BIG, false},
    {0, EINVAL, 0, UNREACHABLE_BLACKHOLE, false},
    {0, ENOBUFS, 0, UNREACHABLE_NO_BUFFER, false},
};

static int kind_of(size_t row)
{
    return (int)(rows[row].version == 4   ? unreachable_of_icmp(rows[row].type, rows[row].code)
                 : rows[row].version == 6 ? unreachable_of_icmp6(rows[row].type, rows[row].code)
                                          : unreachable_of_errno((int)rows[row].type));
}

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (kind_of(i) != rows[i].kind)
            fail_msg("%d: %u, %u is %d", rows[i].version, rows[i].type, rows[i].code, kind_of(i));
        assert_int_equal(unreachable_is_filtered(rows[i].kind), rows[i].filtered);
    }
    assert_false(unreachable_is_filtered(-1));
}

static void test_words(void **state)
{
    (void)state;
    for (int i = 0; i < UNREACHABLE_KINDS; i++) {
        assert_true(*unreachable_names[i] && *unreachable_phrase(i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(unreachable_names[i], unreachable_names[k]);
    }
    assert_null(unreachable_names[UNREACHABLE_KINDS]);
    assert_string_equal(unreachable_phrase(-1), "");
}

#define REPLICAS 2

/* Two replicas: one answers, the other's questions end as the error has it, in the matrix or in a sampling.
 */
struct fixture {
    struct target_facts targets[REPLICAS];
    struct probe_facts probes[REPLICAS];
    struct matrix_facts matrix;
    struct shape_tally tally, outcomes;
    struct watch_target_facts watched[REPLICAS];
    struct watch_facts sampling;
    struct facts facts;
};

static void begin(struct fixture *f)
{
    static const char *const ids[REPLICAS] = {"fd00::1", "fd00::2"};

    *f = (struct fixture){0};
    for (size_t i = 0; i < REPLICAS; i++) {
        f->targets[i] = (struct target_facts){
            .id = ids[i], .address = ids[i], .port = 53, .role = TARGET_REPLICA, .again_us = SHAPE_UNSET};
        f->probes[i] = (struct probe_facts){.target = ids[i],
                                            .name = "kubernetes.default",
                                            .candidate = "kubernetes.default.svc.cluster.local",
                                            .type = "A",
                                            .status = i ? PROBE_ANSWER : PROBE_TIMEOUT,
                                            .rcode = i ? "NOERROR" : NULL,
                                            .rtt_us = i ? 900 : SHAPE_UNSET,
                                            .size = SHAPE_UNSET,
                                            .unreachable = -1};
        f->watched[i] = (struct watch_target_facts){.id = ids[i],
                                                    .address = ids[i],
                                                    .role = TARGET_REPLICA,
                                                    .sent = 40,
                                                    .answered = i ? 40 : 0,
                                                    .lost = i ? 0 : 40,
                                                    .loss_ratio = i ? 0 : 1,
                                                    .p50_us = i ? 900 : SHAPE_UNSET};
    }
    f->matrix = (struct matrix_facts){.targets = f->targets,
                                      .targets_count = REPLICAS,
                                      .probes = f->probes,
                                      .probes_count = REPLICAS,
                                      .cluster_domain = "cluster.local"};
    f->facts = (struct facts){.matrix = &f->matrix};
}

static const struct finding *find(struct arena *arena, const struct facts *facts, const char *id)
{
    struct diagnose_facts verdict = {0};
    struct thresholds thresholds;
    struct finding *findings;
    size_t count;

    thresholds_init(&thresholds);
    diagnose(arena, facts, &thresholds, &findings, &count, &verdict);
    for (size_t i = 0; i < count; i++)
        if (strcmp(findings[i].id, id) == 0)
            return &findings[i];
    return NULL;
}

/* Each error of the table, as it came to one probe. */
static void test_finding_of_a_probe(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct finding *filtered, *refused;
        struct fixture f;

        begin(&f);
        f.probes[0].status = rows[i].version ? PROBE_UNREACHABLE : PROBE_ERROR;
        f.probes[0].unreachable = kind_of(i);
        filtered = find(*state, &f.facts, "path-filtered");
        refused = find(*state, &f.facts, "replica-refused");
        assert_int_equal(filtered != NULL, rows[i].filtered);
        assert_int_equal(refused != NULL, rows[i].kind == UNREACHABLE_PORT);
        if (filtered) {
            assert_string_equal(filtered->subject, "replica fd00::1");
            assert_non_null(strstr(filtered->evidence[0], unreachable_phrase(rows[i].kind)));
        }
    }
}

/* The same from the tally of a sampling, while the one probe of the matrix was merely silent. */
static void test_finding_of_a_sampling(void **state)
{
    for (int kind = 0; kind < UNREACHABLE_KINDS; kind++) {
        struct fixture f;

        begin(&f);
        f.tally = (struct shape_tally){unreachable_names[kind], 7};
        f.watched[0].unreachables = &f.tally;
        f.watched[0].unreachables_count = 1;
        f.sampling = (struct watch_facts){.summary = true, .targets = f.watched, .targets_count = REPLICAS};
        f.facts.sampling = &f.sampling;
        assert_int_equal(find(*state, &f.facts, "path-filtered") != NULL, unreachable_is_filtered(kind));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_words),
        ARENA_TEST(test_finding_of_a_probe),
        ARENA_TEST(test_finding_of_a_sampling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
