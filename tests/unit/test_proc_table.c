/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <errno.h>
#include <k8sdns/model/node/node_facts.h>
#include <k8sdns/wire/node/proc_table.h>
#include <math.h>

static const char snmp[] = "Ip: Forwarding DefaultTTL\n"
                           "Ip: 1 64\n"
                           "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\n"
                           "Udp: 100 2 3 4 18446744073709551615 6\n"
                           "UdpLite: InDatagrams\n"
                           "UdpLite: 9\n"
                           "Icmp: InMsgs\n";

static void test_snmp(void **state)
{
    (void)state;
    assert_int_equal(proc_snmp_value(snmp, "Udp", "InDatagrams"), 100);
    assert_int_equal(proc_snmp_value(snmp, "Udp", "SndbufErrors"), 6);
    assert_true(proc_snmp_value(snmp, "Udp", "RcvbufErrors") == UINT64_MAX);
    assert_int_equal(proc_snmp_value(snmp, "UdpLite", "InDatagrams"), 9);
    assert_true(proc_snmp_value(snmp, "Udp", "MemErrors") == PROC_UNSET);
    assert_true(proc_snmp_value(snmp, "Icmp", "InMsgs") == PROC_UNSET);
    assert_true(proc_snmp_value("", "Udp", "InDatagrams") == PROC_UNSET);
    assert_true(proc_snmp_value("Udp: a b\nUdp: 1\n", "Udp", "b") == PROC_UNSET);
    assert_true(proc_snmp_value("Udp: a\nUdp: -1\n", "Udp", "a") == PROC_UNSET);
}

static void test_lines_and_words(void **state)
{
    const char *stat =
        "sockets: used 120\nTCP: inuse 4 orphan 1 tw 7 alloc 9 mem 2\nUDP: inuse 3 mem 5\nUDPLITE: inuse 0\n";
    const char *pressure = "some avg10=1.50 avg60=0.10 avg300=0.00 total=123\nfull avg10=0.00 avg60=0.00\n";

    (void)state;
    assert_int_equal(proc_line_value("Udp6InErrors        \t5\nUdp6RcvbufErrors 7\n", "Udp6RcvbufErrors"), 7);
    assert_int_equal(proc_line_value("nr_periods 10\nnr_throttled 3\n", "nr_throttled"), 3);
    assert_true(proc_line_value("nr_periods 10\n", "nr") == PROC_UNSET);
    assert_int_equal(proc_word_value(stat, "UDP", "mem"), 5);
    assert_int_equal(proc_word_value(stat, "TCP", "tw"), 7);
    assert_true(proc_word_value(stat, "TCP", "none") == PROC_UNSET);
    assert_true(proc_word_value(stat, "SCTP", "mem") == PROC_UNSET);
    assert_int_equal(proc_word_value("Max open files   1024   4096   files\n", "Max open", "files"), 1024);
    assert_true(proc_word_value("Max open files   unlimited\n", "Max open", "files") == PROC_UNSET);
    assert_true(fabs(proc_word_real(pressure, "some", "avg10") - 1.5) < 1e-9);
    assert_true(isnan(proc_word_real(pressure, "some", "avg1")));
    assert_int_equal(proc_number_at("1 22\t333\n", 2), 333);
    assert_true(proc_number_at("1 22\n", 2) == PROC_UNSET);
}

static void test_columns(void **state)
{
    const char *stat = "entries  allocs table_fulls\n0000000a 1 0000000f\n0000000a 1 00000001\n";

    (void)state;
    assert_int_equal(proc_stat_sum(stat, "table_fulls"), 16);
    assert_true(proc_stat_sum(stat, "none") == PROC_UNSET);
    assert_int_equal(proc_hex_column_sum("0000ffff 00000001 00000002\n00000001 00000002 00000000\n", 1), 3);
    assert_true(proc_hex_column_sum("", 1) == PROC_UNSET);
    assert_true(proc_hex_column_sum("xyz 1\n", 5) == PROC_UNSET);
}

static void test_udp(void **state)
{
    static const char text[] =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
        "  123: 0100007F:0035 00000000:0000 07 00000000:00000100 00:00000000 00000000     0        0 17 2 0000000000000000 5\n"
        " 4567: 00000000:8001 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 18 2 0000000000000000 1\n";
    struct proc_udp udp = {0};

    (void)state;
    assert_int_equal(proc_udp_read(text, 53, 32768, 60999, &udp), 0);
    assert_int_equal(udp.sockets, 2);
    assert_int_equal(udp.in_range, 1);
    assert_int_equal(udp.dns_sockets, 1);
    assert_int_equal(udp.dns_queued_bytes, 256);
    assert_int_equal(udp.dns_drops, 5);
    assert_int_equal(proc_udp_read("", 53, 0, 0, &udp), -EBADMSG);
    assert_int_equal(proc_udp_read("local_address\n  1: 0100007F:0035 \n", 53, 0, 0, &udp), -EBADMSG);
}

static void test_rates(void **state)
{
    struct limit_facts before[] = {
        {.id = "a", .events = 10}, {.id = "b", .events = SHAPE_UNSET}, {.id = "c", .events = 9}};
    struct limit_facts now[] = {{.id = "c", .events = 8, .events_per_second = (double)NAN},
                                {.id = "a", .events = 15, .events_per_second = (double)NAN},
                                {.id = "b", .events = 3, .events_per_second = (double)NAN}};
    struct node_facts was = {before, 3}, is = {now, 3};

    (void)state;
    node_facts_compare(&was, &is, 2);
    assert_true(isnan(now[0].events_per_second)); /* it was reset */
    assert_true(fabs(now[1].events_per_second - 2.5) < 1e-9);
    assert_true(isnan(now[2].events_per_second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snmp), cmocka_unit_test(test_lines_and_words), cmocka_unit_test(test_columns),
        cmocka_unit_test(test_udp),  cmocka_unit_test(test_rates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
