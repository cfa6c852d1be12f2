/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/base/text.h>
#include <k8sdns/wire/resolver/hosts_file.h>
#include <string.h>

static const char text[] = "127.0.0.1\tlocalhost\n"
                           "::1 localhost ip6-localhost\r\n"
                           "10.0.0.7 web.default web\n"
                           "10.0.0.8 WEB # other\n"
                           "ten web\n"
                           "#10.0.0.9 web\n"
                           "10.0.0.10 x #web\n"
                           "10.0.0.11 last";

static const char *find(struct arena *arena, const char *name, bool fold_case)
{
    struct text all = {0};
    const char **addresses, *copy;
    size_t count = hosts_file_find(arena, text, strlen(text), name, fold_case, &addresses);

    for (size_t i = 0; i < count; i++)
        text_addf(&all, "%s ", addresses[i]);
    copy = arena_text(arena, text_string(&all));
    text_fini(&all);
    return copy;
}

static void test_find(void **state)
{
    assert_string_equal(find(*state, "localhost", true), "127.0.0.1 ::1 ");
    assert_string_equal(find(*state, "web", true), "10.0.0.7 10.0.0.8 ");
    assert_string_equal(find(*state, "web", false), "10.0.0.7 ");
    assert_string_equal(find(*state, "last", true), "10.0.0.11 ");
    assert_string_equal(find(*state, "10.0.0.7", true), "");
    assert_string_equal(find(*state, "we", true), "");
    assert_string_equal(find(*state, "", true), "");
}

static void test_nsswitch(void **state)
{
    static const struct {
        const char *text;
        bool files, dns, dns_first;
    } cases[] = {
        {"", true, true, false},
        {"passwd: files\n", true, true, false},
        {"hosts: files dns\n", true, true, false},
        {"hosts:\tdns [!UNAVAIL=return] files", true, true, true},
        {"# hosts: dns\nhosts: files\n", true, false, false},
        {"hosts: files mdns4_minimal [NOTFOUND=return] dns # x\n", true, true, false},
        {"hosts: resolve\n", false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nsswitch_hosts hosts;

        nsswitch_hosts_read(cases[i].text, strlen(cases[i].text), &hosts);
        assert_int_equal(hosts.files, cases[i].files);
        assert_int_equal(hosts.dns, cases[i].dns);
        assert_int_equal(hosts.dns_first, cases[i].dns_first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_find), cmocka_unit_test(test_nsswitch)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
