/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/probe/probe_facts.h>
#include <string.h>

#define TARGETS_MAX 5

/*
 * A matrix of one question written in letters, a target each:
 *   a, b   answers with different records          n  NODATA      x  NXDOMAIN     s  SERVFAIL
 *   r  REFUSED     f  FORMERR
 *   -      silence                                 S  answers "a" after 90 ms, the others after 1 ms
 * The first target is a ClusterIP when the letters begin with '/'.
 */
struct fixture {
    struct matrix_facts matrix;
    struct target_facts targets[TARGETS_MAX];
    struct probe_facts probes[TARGETS_MAX * 8];
    struct rr_facts a, b;
};

static void fill(struct probe_facts *p, struct fixture *f, char letter)
{
    static const char letters[] = "abSnxsrf-";
    static const int statuses[] = {PROBE_ANSWER,   PROBE_ANSWER,  PROBE_ANSWER,  PROBE_NODATA, PROBE_NXDOMAIN,
                                   PROBE_SERVFAIL, PROBE_REFUSED, PROBE_FORMERR, PROBE_TIMEOUT};

    p->status = statuses[strchr(letters, letter) - letters];
    p->rcode = letter == '-'   ? NULL
               : letter == 's' ? "SERVFAIL"
               : letter == 'r' ? "REFUSED"
               : letter == 'f' ? "FORMERR"
               : letter == 'x' ? "NXDOMAIN"
                               : "NOERROR";
    p->rtt_us = letter == '-' ? SHAPE_UNSET : letter == 'S' ? 90000 : 1000;
    if (p->status == PROBE_ANSWER) {
        p->answers = letter == 'b' ? &f->b : &f->a;
        p->answers_count = 1;
    }
}

static struct matrix_facts *compare(struct arena *arena, struct fixture *f, const char *name,
                                    const char *rows[], size_t rows_count)
{
    static const char *const ids[TARGETS_MAX] = {"t0", "t1", "t2", "t3", "t4"};
    bool cluster_ip = rows[0][0] == '/';
    size_t targets = strlen(rows[0]) - cluster_ip, n = 0;

    memset(f, 0, sizeof(*f));
    f->a = (struct rr_facts){.type_name = "A", .rdata = {"A", "10.0.0.1"}, .rdata_hex = "0a000001"};
    f->b = (struct rr_facts){.type_name = "A", .rdata = {"A", "10.0.0.2"}, .rdata_hex = "0a000002"};
    for (size_t t = 0; t < targets; t++) {
        f->targets[t] = (struct target_facts){.id = ids[t], .role = TARGET_REPLICA, .again_us = SHAPE_UNSET};
        for (size_t q = 0; q < rows_count; q++) {
            f->probes[n] =
                (struct probe_facts){.target = ids[t], .name = name, .candidate = name, .type = "A"};
            fill(&f->probes[n++], f, rows[q][t + cluster_ip]);
        }
    }
    if (cluster_ip)
        f->targets[0].role = TARGET_CLUSTER_IP;
    f->matrix = (struct matrix_facts){.targets = f->targets,
                                      .targets_count = targets,
                                      .probes = f->probes,
                                      .probes_count = n,
                                      .cluster_domain = "cluster.local"};
    matrix_compare(arena, &f->matrix);
    return &f->matrix;
}

#define CLUSTER "db.default.svc.cluster.local"

static void test_single_questions(void **state)
{
    static const struct {
        const char *letters, *name;
        const char *blamed; /* NULL: nobody; "?": two that cannot be told apart */
        int kind;
    } cases[] = {
        {"aaa", CLUSTER, NULL, 0},
        {"xxx", CLUSTER, NULL, 0},
        {"---", CLUSTER, NULL, 0}, /* nobody stands out when nobody answers */
        {"sss", CLUSTER, NULL, 0},
        {"a", CLUSTER, NULL, 0},
        {"aba", CLUSTER, "t1", DIFFERS_RECORDS},
        {"aba", "www.example", NULL, 0}, /* outside the cluster, name servers may rotate records */
        {"aax", CLUSTER, "t2", DIFFERS_STATUS},
        {"xax", CLUSTER, "t1", DIFFERS_STATUS},
        {"aan", "www.example", "t2", DIFFERS_STATUS},
        {"as-", CLUSTER, "t1", DIFFERS_STATUS},
        {"-a-", CLUSTER, "t0", DIFFERS_STATUS}, /* the majority is right, unless it is silent */
        {"ab", CLUSTER, "?", DIFFERS_RECORDS},
        {"aSaa", CLUSTER, "t1", DIFFERS_LATENCY},
        {"/bab", CLUSTER, "?", DIFFERS_RECORDS},   /* the ClusterIP has no vote between two replicas */
        {"/baba", CLUSTER, "t2", DIFFERS_RECORDS}, /* and is not blamed for what a replica gave it */
        {"/-aa", CLUSTER, "t0", DIFFERS_STATUS},
        {"/saa", CLUSTER, "t0", DIFFERS_STATUS},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;
        const struct matrix_facts *m =
            compare(*state, &f, cases[i].name, (const char *[]){cases[i].letters}, 1);

        if (!cases[i].blamed) {
            assert_int_equal(m->differences_count, 0);
            continue;
        }
        assert_true(m->differences_count >= 1);
        assert_int_equal(m->differences[0].kind, cases[i].kind);
        if (*cases[i].blamed == '?')
            assert_null(m->differences[0].target);
        else
            assert_string_equal(m->differences[0].target, cases[i].blamed);
    }
}

/* A second asking that was fast clears a target; a slow one does not. */
static void test_asked_again(void **state)
{
    struct fixture f;
    struct matrix_facts *m = compare(*state, &f, CLUSTER, (const char *[]){"aSaa"}, 1);

    assert_int_equal(m->differences_count, 1);
    assert_true(f.probes[1].outlier);
    f.targets[1].again_us = 85000;
    matrix_compare(*state, m);
    assert_int_equal(m->differences_count, 1);
    f.targets[1].again_us = 1500;
    matrix_compare(*state, m);
    assert_int_equal(m->differences_count, 0);
    assert_false(f.probes[1].outlier);
}

static void test_several_questions(void **state)
{
    static const char *rows[] = {"aaa", "a-a", "x-x"};
    struct fixture f;
    const struct matrix_facts *m = compare(*state, &f, CLUSTER, rows, COUNT(rows));

    assert_int_equal(m->differences_count, 1);
    assert_string_equal(m->differences[0].target, "t1");
    assert_int_equal(m->differences[0].questions, 2);
    assert_false(f.probes[3].outlier);
    assert_true(f.probes[4].outlier && f.probes[5].outlier);
    assert_non_null(strstr(m->differences[0].text, "2 of 3"));
}

/* A target that is silent in one, fails in another and answers otherwise in a third: each with its own fault.
 */
static void test_faults(void **state)
{
    static const char *rows[] = {"a-a", "asa", "aba", "ara", "afa"};
    static const int faults[] = {FAULT_SILENCE, FAULT_SERVFAIL, -1};
    struct fixture f;
    const struct matrix_facts *m = compare(*state, &f, CLUSTER, rows, 3);

    assert_int_equal(m->differences_count, 3);
    for (size_t i = 0; i < COUNT(faults); i++)
        assert_int_equal(m->differences[i].fault, faults[i]);
    assert_non_null(strstr(m->differences[1].text, "(SERVFAIL)")); /* not of the silent one */
    assert_int_equal(compare(*state, &f, CLUSTER, &rows[3], 1)->differences[0].fault, FAULT_REFUSED);
    assert_int_equal(compare(*state, &f, CLUSTER, &rows[4], 1)->differences[0].fault, FAULT_OTHER);
}

/* Whether the ClusterIP is blamed that is silent in so many flows, where so many of its replicas are. */
static bool blames_cluster_ip(struct arena *arena, const char *letters, size_t flows)
{
    const char *rows[8];
    struct fixture f;
    struct matrix_facts *m;

    for (size_t i = 0; i < flows; i++)
        rows[i] = letters;
    m = compare(arena, &f, CLUSTER, rows, flows);
    for (size_t i = 0; i < flows; i++)
        f.probes[i].source_port = 40000 + (int)i; /* those of the first target */
    matrix_compare(arena, m);
    for (size_t i = 0; i < m->differences_count; i++)
        if (m->differences[i].target && strcmp(m->differences[i].target, "t0") == 0)
            return true;
    return false;
}

/* Silence of the ClusterIP is chance when under 1 % is not reached: 0.5^6 is over it, 0.5^7 below. */
static void test_flows_enough(void **state)
{
    assert_false(blames_cluster_ip(*state, "/--a", 6));
    assert_true(blames_cluster_ip(*state, "/--a", 7));
    assert_false(blames_cluster_ip(*state, "/-aa-", 4)); /* a third: 0.0123 */
    assert_true(blames_cluster_ip(*state, "/-aa-", 5));
    assert_true(blames_cluster_ip(*state, "/-aa", 1)); /* none of them is silent */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_single_questions), ARENA_TEST(test_asked_again),  ARENA_TEST(test_several_questions),
        ARENA_TEST(test_faults),           ARENA_TEST(test_flows_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
