/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <errno.h>
#include <k8sdns/base/err.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>

static void test_from_text(void **state)
{
    uint8_t wire[DNS_NAME_WIRE_MAX];
    char label63[70] = "", text[1100] = "";
    struct err err = {0};

    (void)state;
    assert_int_equal(dns_name_from_text("a.bc.", wire, NULL), 6);
    assert_memory_equal(wire, "\1a\2bc\0", 6);
    assert_int_equal(dns_name_from_text("a.bc", wire, NULL), 6);
    assert_int_equal(dns_name_from_text(".", wire, NULL), 1);
    assert_int_equal(dns_name_from_text("a\\.b\\032\\\\.c", wire, NULL), 9);
    assert_memory_equal(wire, "\5a.b \\\1c\0", 9);

    memset(label63, 'x', 63);
    assert_int_equal(dns_name_from_text(label63, wire, NULL), 65);
    strcat(label63, "x");
    assert_int_equal(dns_name_from_text(label63, wire, &err), -EINVAL);
    assert_non_null(strstr(err.text, "63"));
    /* 127 labels of one octet: 255 in all; one more octet is too much. */
    for (int i = 0; i < 127; i++)
        strcat(text, "a.");
    assert_int_equal(dns_name_from_text(text, wire, NULL), 255);
    text[0] = 'b';
    memmove(text + 1, text, strlen(text) + 1);
    assert_int_equal(dns_name_from_text(text, wire, &err), -EINVAL);
    assert_non_null(strstr(err.text, "255"));
    for (const char **bad = (const char *[]){"", "a..b", ".a", "a\\25", "a\\256", "a\\", "..", NULL}; *bad;
         bad++)
        assert_int_equal(dns_name_from_text(*bad, wire, &err), -EINVAL);
}

static void test_read(void **state)
{
    /* 0: "b.c."; 5: "a" and a pointer to 0; 9: a pointer to itself; 11: a pointer forward; 13: a cut label */
    static const uint8_t message[] = "\1b\1c\0\1a\xc0\0\xc0\x09\xc0\x0d\3ab";
    char text[DNS_NAME_TEXT];
    const char *why;
    size_t where;

    (void)state;
    assert_int_equal(dns_name_read(message, 16, 0, text, &why, &where), 5);
    assert_string_equal(text, "b.c.");
    assert_int_equal(dns_name_read(message, 16, 5, text, &why, &where), 4);
    assert_string_equal(text, "a.b.c.");
    assert_int_equal(dns_name_read(message, 16, 4, text, &why, &where), 1);
    assert_string_equal(text, ".");
    for (size_t bad = 9; bad <= 13; bad += 2) {
        assert_int_equal(dns_name_read(message, 16, bad, text, &why, &where), -EBADMSG);
        assert_true(where >= bad && where <= 16);
    }
    assert_int_equal(dns_name_read(message, 16, 16, text, &why, &where), -EBADMSG);
    assert_int_equal(dns_name_read((const uint8_t *)"\x40\0", 2, 0, text, &why, &where), -EBADMSG);
}

/* Every octet survives the way to text and back. */
static void test_round_trip(void **state)
{
    uint8_t wire[DNS_NAME_WIRE_MAX], again[DNS_NAME_WIRE_MAX];
    char text[DNS_NAME_TEXT];
    const char *why;
    size_t where;

    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        memcpy(wire, "\3a\0b\1c\0", 7);
        wire[2] = (uint8_t)octet;
        assert_int_equal(dns_name_read(wire, 7, 0, text, &why, &where), 7);
        for (const char *p = text; *p; p++)
            assert_true(*p > ' ' && *p < 0x7f);
        assert_int_equal(dns_name_from_text(text, again, NULL), 7);
        assert_memory_equal(wire, again, 7);
    }
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(dns_name_equal("Www.Example.", "www.example"));
    assert_true(dns_name_equal(".", "."));
    assert_false(dns_name_equal("www.example", "ww.example"));
    assert_false(dns_name_equal("www.example", "www.examples"));
    /* However the texts escape them. */
    assert_true(dns_name_equal("a\\@b\\$.example", "a@b$.example."));
    assert_true(dns_name_equal("\\009\\(x\\041", "\t(x)"));
    assert_false(dns_name_equal("a\\.b", "a.b"));
    assert_false(dns_name_equal("a\\.", "a."));
    assert_false(dns_name_equal("a\\", "a"));
    assert_int_equal(dns_name_dots("a.b.c."), 3);
    assert_int_equal(dns_name_dots("abc"), 0);
}

static void test_within(void **state)
{
    static const struct {
        const char *name, *zone;
        bool is;
    } rows[] = {
        {"a.cluster.local", "cluster.local", true},
        {"a.b.cluster.local.", "cluster.local", true},
        {"a.cluster.local", "cluster.local.", true},
        {"a.CLUSTER.Local", "cluster.lOCAL", true},
        {"cluster.local", "cluster.local", true}, /* the zone itself */
        {"cluster.local.", "cluster.local", true},
        {"acluster.local", "cluster.local", false}, /* no dot between */
        {"local", "cluster.local", false},
        {"a.cluster.local.example", "cluster.local", false},
        {"a\\.cluster.local", "cluster.local", false},  /* a dot within a label */
        {"a\\\\.cluster.local", "cluster.local", true}, /* a backslash, then a dot between */
        {"a", ".", true},
        {".", ".", true},
        {"a", "", true},
        {"", "cluster.local", false},
        {"a", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (dns_name_is_within(rows[i].name, strlen(rows[i].name), rows[i].zone) != rows[i].is)
            fail_msg("%s, %s", rows[i].name, rows[i].zone);
    assert_true(dns_name_is_within("a.cluster.local and more", 15, "cluster.local"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_text), cmocka_unit_test(test_read),   cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_equal),     cmocka_unit_test(test_within),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
