/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names like one that does not exist: by the Services that are known, and by what people mistake. */
#include "unit.h"
#include <k8sdns/model/probe/name_suggestions.h>
#include <string.h>

static const struct kube_name services[] = {
    {"database", "default"}, {"database", "prod"},        {"databank", "prod"},
    {"web", "default"},      {"kube-dns", "kube-system"}, {"prod", "database"},
};

#define NAMES_MAX 8

/* What is typed in the namespace "default"; the first of the names, in order, without the cluster's domain.
 */
static const struct {
    const char *typed;
    bool known; /* the Services are */
    const char *names[NAMES_MAX];
} rows[] = {
    {"databse", true, {"database.default", "database.prod"}},
    {"databse.prod", true, {"database.prod"}},
    {"databse.pord", true, {"database.prod"}},
    {"kubedns", true, {"kube-dns.kube-system"}},
    {"web.defualt.svc.cluster.local", true, {"web.default"}},
    {"prod.database.svc.cluster.local.", false, {"database.prod", "prod.default"}},
    {"db", false, {"db.default", "db.kube-system"}},
    {"db.prod.cluster.local", false, {"db.prod", "db.default"}},
    {"db.svc.prod", false, {"db.prod", "db.default"}},
    {"db.svc.svc.cluster.local", false, {"db.default", "db.kube-system"}},
    {"db.prod.svc.cluster.locl", false, {"db.prod", "db.default"}},
    {"db-0.db.prod", false, {"db-0.db", "db.prod"}},
    {"wbe.prod", false, {"web.prod", "wbe.default"}},
    {"databse", false, {"database.default"}},
    {"webb.prod", false, {"web.prod"}},
    {"dasboard.prod", false, {"dasboard.default"}},
    {"adres.prod.svc.cluster.local", false, {"addres.prod", "adress.prod"}},
};

static bool has(const char **names, size_t count, const char *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], wanted) == 0)
            return true;
    return false;
}

static void test_rows(void **state)
{
    struct arena *arena = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char **names;
        size_t count = name_suggestions(arena, rows[i].typed, "cluster.local", "default", services,
                                        rows[i].known ? COUNT(services) : 0, rows[i].known ? 12 : 50, &names);

        for (size_t k = 0; k < NAMES_MAX && rows[i].names[k]; k++)
            if (!has(names, count, arena_printf(arena, "%s.svc.cluster.local", rows[i].names[k])))
                fail_msg("%s: no %s", rows[i].typed, rows[i].names[k]);
        if (rows[i].known)
            assert_string_equal(names[0], arena_printf(arena, "%s.svc.cluster.local", rows[i].names[0]));
        for (size_t k = 0; k < count; k++)
            assert_false(has(names + k + 1, count - k - 1, names[k]));
    }
}

/* No more than asked for, never the name itself, nothing of names that are none. */
static void test_edges(void **state)
{
    const char **names;

    assert_int_equal(
        name_suggestions(*state, "databse", "cluster.local", "default", services, COUNT(services), 1, &names),
        1);
    assert_int_equal(name_suggestions(*state, "", "cluster.local", NULL, NULL, 0, 12, &names), 0);
    assert_int_equal(name_suggestions(*state, ".", "cluster.local", NULL, NULL, 0, 12, &names), 0);
    assert_int_equal(
        name_suggestions(*state, "svc.cluster.local", "cluster.local", NULL, NULL, 0, 12, &names), 0);
    for (size_t count = name_suggestions(*state, "web.default.svc.cluster.local", "cluster.local", "default",
                                         services, COUNT(services), 12, &names);
         count; count--)
        assert_string_not_equal(names[count - 1], "web.default.svc.cluster.local");
    assert_true(name_suggestions(*state, "a.b.c.d.e.f.g.h.i.j.k", "cluster.local", NULL, services,
                                 COUNT(services), 12, &names) <= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_rows), ARENA_TEST(test_edges)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
