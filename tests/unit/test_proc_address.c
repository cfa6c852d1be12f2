/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/wire/node/proc_address.h>
#include <stdio.h>

static const char *read_all(const char *text, bool (*next)(const char **text, struct address *ret))
{
    static char all[512];
    struct address address;
    size_t len = 0;

    all[0] = '\0';
    while (next(&text, &address)) {
        char one[ADDRESS_TEXT];

        len +=
            (size_t)snprintf(all + len, sizeof(all) - len, "%s ", address_format(&address, one, sizeof(one)));
    }
    return all;
}

static void test_fib_trie(void **state)
{
    (void)state;
    assert_string_equal(read_all("Main:\n  +-- 0.0.0.0/1 2 0 2\n"
                                 "           |-- 10.244.0.0\n              /24 link UNICAST\n"
                                 "           |-- 10.244.0.10\n              /32 host LOCAL\n"
                                 "        |-- 10.244.0.255\n           /32 link BROADCAST\n"
                                 "           |-- 127.0.0.1\n              /32 host LOCAL\n"
                                 "           |-- 169.254.20.10\n              /32 host LOCAL\n"
                                 "           |-- 192.0.2.1\n              /24 link UNICAST\n"
                                 "              /32 host LOCAL\n",
                                 proc_fib_trie_next),
                        "10.244.0.10 192.0.2.1 ");
    assert_string_equal(
        read_all("/32 host LOCAL\n|-- 10.0.0.300\n/32 host LOCAL\n|-- \n/32 host LOCAL", proc_fib_trie_next),
        "");
}

static void test_if_inet6(void **state)
{
    (void)state;
    assert_string_equal(read_all("fe80000000000000cc3319fffe1aab2d 02 40 20 c0       b0\n"
                                 "00000000000000000000000000000001 01 80 10 80       lo\n"
                                 "fd000244000000000000000000000010 02 40 00 82       b0\n"
                                 "fd00024400000000000000000000001 02 40 00 82 b0\n"
                                 "fd00024400000000000000000000001g 02 40 00 82 b0\n"
                                 "fd000244000000000000000000000011 02 40\n",
                                 proc_if_inet6_next),
                        "fd00:244::10 ");
    assert_string_equal(read_all("", proc_if_inet6_next), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fib_trie), cmocka_unit_test(test_if_inet6)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
