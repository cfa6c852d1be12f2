/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded answers of a kernel (tests/data/netlink), and made-up entries, summed up. */
#include "../../lib/source/node/conntrack_library.h"
#include "recording.h"
#include <arpa/inet.h>
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/node/conntrack_summary.h>
#include <string.h>

struct counting {
    struct conntrack_summary *summary;
    uint64_t all, dns, with_packets, with_start, tcp;
};

static void count_entry(void *user, const uint8_t *bytes, size_t len)
{
    struct counting *counting = user;
    struct conntrack_entry entry;

    assert_int_equal(conntrack_entry_read(bytes, len, 0, &entry), 1);
    counting->all++;
    assert_true(entry.timeout_s < 600);
    if (conntrack_entry_read(bytes, len, 53, &entry) == 0)
        return;
    counting->dns++;
    counting->tcp += entry.protocol == IPPROTO_TCP;
    counting->with_packets += entry.orig_packets != CONNTRACK_UNSET && entry.reply_packets != CONNTRACK_UNSET;
    counting->with_start += entry.started_ns != CONNTRACK_UNSET;
    assert_true(entry.replied);
    conntrack_summary_add(counting->summary, &entry);
}

/* Two attributes of 8 bytes in the other order. */
static void swap8(uint8_t *at)
{
    uint8_t first[8];

    memcpy(first, at, 8);
    memcpy(at, at + 8, 8);
    memcpy(at + 8, first, 8);
}

/* An entry whose attributes are in another order than the kernel's says the same. */
static void read_in_another_order(void *user, const uint8_t *bytes, size_t len)
{
    size_t *compared = user;
    struct conntrack_entry entry = {0}, again = {0};
    uint8_t copy[512];

    /* Of IPv4, and both tuples without a zone: 52 bytes each behind the family's header. */
    if (bytes[0] != AF_INET || len > sizeof(copy) || len < 108 || bytes[4] != 52 || bytes[56] != 52)
        return;
    memcpy(copy, bytes, len);
    for (size_t tuple = 4; tuple <= 56; tuple += 52) {
        swap8(copy + tuple + 8);
        swap8(copy + tuple + 36);
    }
    assert_int_equal(conntrack_entry_read(bytes, len, 0, &entry), 1);
    assert_int_equal(conntrack_entry_read(copy, len, 0, &again), 1);
    assert_true(address_equal(&entry.orig_src, &again.orig_src));
    assert_true(address_equal(&entry.orig_dst, &again.orig_dst));
    assert_true(address_equal(&entry.reply_src, &again.reply_src));
    assert_true(address_equal(&entry.reply_dst, &again.reply_dst));
    assert_true(entry.orig_src.port && entry.orig_dst.port && entry.orig_src.v4.s_addr);
    assert_int_equal(entry.protocol, again.protocol);
    assert_int_equal(entry.status, again.status);
    (*compared)++;
}

static void test_order_of_attributes(void **state)
{
    size_t compared = 0;

    replay(*state, RECORDED "conntrack-entries.bin", read_in_another_order, &compared);
    assert_true(compared > 20);
}

static struct address at(const char *text)
{
    struct address address;

    assert_int_equal(address_parse(text, 53, &address, NULL), 0);
    return address;
}

static void test_recorded_entries(void **state)
{
    const struct address replicas[] = {at("10.244.1.21"), at("10.244.1.23")}, cluster_ip = at("10.96.0.10");
    const struct conntrack_summary_options options = {.port = 53,
                                                      .replicas = replicas,
                                                      .replicas_count = 2,
                                                      .cluster_ips = &cluster_ip,
                                                      .cluster_ips_count = 1,
                                                      .port_low = 32768,
                                                      .port_high = 60999};
    struct counting counting = {.summary = conntrack_summary_new(&options)};
    struct conntrack_facts facts = {0};
    uint64_t rewritten = 0;

    /* The numbers are those that /proc/net/nf_conntrack showed at the same moment. */
    replay(*state, RECORDED "conntrack-entries.bin", count_entry, &counting);
    assert_int_equal(counting.all, 30);
    assert_int_equal(counting.dns, 27);
    assert_int_equal(counting.tcp, 1);
    assert_int_equal(counting.with_packets, 21);
    assert_int_equal(counting.with_start, 21);
    conntrack_summary_facts(counting.summary, *state, &facts);
    assert_int_equal(facts.dns->entries, 27);
    assert_int_equal(facts.dns->assured, 1);
    assert_int_equal(facts.dns->by_backend_count, 4);
    assert_string_equal(facts.dns->by_backend[0].address, "10.244.2.53");
    assert_int_equal(facts.dns->by_backend[0].entries, 12);
    assert_int_equal(facts.dns->by_backend[0].known, -1); /* no way of the ClusterIP leads there */
    assert_int_equal(facts.dns->by_client_count, 4);
    assert_string_equal(facts.dns->by_client[0].address, "10.244.0.10");
    assert_int_equal(facts.dns->by_client[0].entries, 15);
    /* 10.244.1.22 is behind two entries of the ClusterIP, and not among the replicas here. */
    assert_int_equal(facts.stale_total, 2);
    assert_string_equal(facts.stale[0].reply_src, "10.244.1.22:53");
    assert_int_equal(facts.collisions_total, 2);
    for (size_t i = 0; i < facts.collisions_count; i++) {
        assert_string_equal(facts.collisions[i].client, "10.244.0.10:50500");
        rewritten += facts.collisions[i].kind == COLLISION_REWRITTEN;
    }
    assert_int_equal(rewritten, 1);
    assert_int_equal(facts.dns->port_use[0].ports, 7);
    conntrack_summary_free(counting.summary);
}

/* A whole message again, as the library takes it. */
static void read_twice(void *user, const uint8_t *bytes, size_t len)
{
    struct conntrack_library *library = user;
    struct conntrack_entry ours, theirs;
    union {
        struct nlmsghdr head;
        uint8_t bytes[4096];
    } message = {.head = {.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len), .nlmsg_type = 1 << 8}};

    assert_true(len <= sizeof(message) - NLMSG_HDRLEN);
    memcpy(message.bytes + NLMSG_HDRLEN, bytes, len);
    assert_int_equal(conntrack_entry_read(bytes, len, 0, &ours), 1);
    assert_int_equal(conntrack_library_read(library, &message.head, &theirs), 0);
    assert_true(address_equal(&ours.orig_src, &theirs.orig_src) &&
                address_equal(&ours.orig_dst, &theirs.orig_dst));
    assert_true(address_equal(&ours.reply_src, &theirs.reply_src) &&
                address_equal(&ours.reply_dst, &theirs.reply_dst));
    assert_int_equal(ours.protocol, theirs.protocol);
    assert_int_equal(ours.status, theirs.status);
    assert_int_equal(ours.replied, theirs.replied);
    assert_int_equal(ours.assured, theirs.assured);
    assert_int_equal(ours.timeout_s, theirs.timeout_s);
    assert_int_equal(ours.orig_packets, theirs.orig_packets);
    assert_int_equal(ours.reply_packets, theirs.reply_packets);
    assert_int_equal(ours.started_ns, theirs.started_ns);
    assert_int_equal(ours.stopped_ns, theirs.stopped_ns);
    assert_int_equal(ours.mark, theirs.mark);
    assert_int_equal(ours.id, theirs.id);
    assert_true(ours.id != 0);
    assert_int_equal(ours.zone, theirs.zone);
    assert_int_equal(ours.orig_zone, theirs.orig_zone);
    assert_int_equal(ours.reply_zone, theirs.reply_zone);
    assert_memory_equal(ours.labels, theirs.labels, sizeof(ours.labels));
    assert_string_equal(ours.helper, theirs.helper);
}

/* libnetfilter_conntrack and the reader built in see the same, so that builds without it tell the same. */
static void test_both_readers(void **state)
{
    struct conntrack_library *library;
    struct err err;

    assert_int_equal(conntrack_library_new(&library, &err), 0);
    replay(*state, RECORDED "conntrack-entries.bin", read_twice, library);
    conntrack_library_free(library);
}

static void count_cpu(void *user, const uint8_t *bytes, size_t len)
{
    struct conntrack_counters counters;
    uint64_t *sum = user;

    assert_int_equal(conntrack_counters_read(bytes, len, &counters), 0);
    assert_true(counters.cpu < 2);
    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++) {
        assert_true(counters.values[i] != CONNTRACK_UNSET);
        sum[i] += counters.values[i];
    }
}

static void read_totals(void *user, const uint8_t *bytes, size_t len)
{
    uint64_t *totals = user;

    assert_int_equal(conntrack_totals_read(bytes, len, &totals[0], &totals[1]), 0);
}

static void test_recorded_counters(void **state)
{
    uint64_t sum[CONNTRACK_COUNTERS] = {0}, totals[2], entries;
    struct conntrack_counters cpus[4];
    char *text;
    size_t len;

    replay(*state, RECORDED "conntrack-cpus.bin", count_cpu, sum);
    replay(*state, RECORDED "conntrack-totals.bin", read_totals, totals);
    assert_int_equal(totals[0], 30);
    assert_int_equal(totals[1], 262144);
    assert_int_equal(sum[CONNTRACK_FOUND], 3);
    /* /proc says the same. */
    assert_int_equal(file_read(*state, RECORDED "proc-stat-nf_conntrack", 1 << 20, &text, &len, NULL), 0);
    assert_int_equal(conntrack_proc_read(text, cpus, 4, &entries), 2);
    assert_int_equal(entries, 30);
    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++)
        assert_int_equal(cpus[0].values[i] + cpus[1].values[i], sum[i]);
    assert_int_equal(conntrack_proc_read(text, cpus, 1, &entries), 1);
    assert_int_equal(conntrack_proc_read("cpu0 1 2\n", cpus, 4, &entries), -EBADMSG);
    assert_int_equal(conntrack_proc_read("", cpus, 4, &entries), -EBADMSG);
    assert_int_equal(conntrack_proc_read("entries found\nzz 1\n", cpus, 4, &entries), -EBADMSG);
}

static void try_cut(void *user, const uint8_t *bytes, size_t len)
{
    struct conntrack_entry entry;

    (void)user;
    for (size_t cut = 0; cut < len; cut++)
        (void)conntrack_entry_read(bytes, cut, 0, &entry);
    assert_int_equal(conntrack_entry_read(bytes, 3, 0, &entry), -EBADMSG);
    assert_int_equal(conntrack_entry_read(bytes, 4, 0, &entry), -EBADMSG);
    assert_int_equal(conntrack_entry_read(bytes, len - 2, 0, &entry), -EBADMSG);
}

static void test_cut_short(void **state)
{
    replay(*state, RECORDED "conntrack-entries.bin", try_cut, NULL);
}

static struct conntrack_entry entry_of(const char *src, const char *dst, const char *backend)
{
    return (struct conntrack_entry){.protocol = IPPROTO_UDP,
                                    .orig_src = at(src),
                                    .orig_dst = at(dst),
                                    .reply_src = at(backend),
                                    .reply_dst = at(src),
                                    .replied = true,
                                    .timeout_s = 30,
                                    .orig_packets = 2,
                                    .reply_packets = 2,
                                    .started_ns = CONNTRACK_UNSET};
}

static void test_kinds(void **state)
{
    const struct address cluster_ip = at("10.96.0.10");
    const struct conntrack_summary_options options = {
        .port = 53, .cluster_ips = &cluster_ip, .cluster_ips_count = 1, .port_low = CONNTRACK_UNSET};
    struct conntrack_summary *s = conntrack_summary_new(&options);
    struct conntrack_entry plain = entry_of("10.1.0.1:1000", "10.96.0.10", "10.2.0.1"),
                           half = entry_of("10.1.0.2:1000", "10.96.0.10", "10.2.0.1"),
                           masqueraded = entry_of("10.1.0.3:1000", "10.96.0.10", "10.2.0.1"),
                           unrouted = entry_of("10.1.0.4:1000", "10.96.0.10", "10.96.0.10"),
                           one = entry_of("[fd00::1]:1000", "fd00:96::a", "fd00:2::1"),
                           two = entry_of("[fd00::1]:1000", "fd00:96::b", "fd00:2::1");
    struct conntrack_facts facts = {0};

    half.reply_packets = 1;
    masqueraded.reply_dst = at("10.9.9.9:4000");
    unrouted.replied = false;
    conntrack_summary_add(s, &plain);
    conntrack_summary_add(s, &half);
    conntrack_summary_add(s, &masqueraded);
    conntrack_summary_add(s, &unrouted);
    assert_false(conntrack_summary_wants_again(s));
    conntrack_summary_add(s, &one);
    conntrack_summary_add(s, &two);
    assert_true(conntrack_summary_wants_again(s));
    conntrack_summary_again(s, &one);
    conntrack_summary_again(s, &two);
    conntrack_summary_again(s, &plain);
    conntrack_summary_facts(s, *state, &facts);
    assert_int_equal(facts.collisions_count, 2);
    assert_int_equal(facts.collisions[0].kind, COLLISION_HALF);
    assert_string_equal(facts.collisions[0].client, "10.1.0.2:1000");
    assert_int_equal(facts.collisions[1].kind, COLLISION_SHARED);
    assert_int_equal(facts.collisions[1].entries_count, 2);
    assert_int_equal(facts.dns->unrouted, 1);
    assert_int_equal(facts.dns->unreplied, 1);
    assert_int_equal(facts.stale_total, 0); /* nobody said who the replicas are */
    assert_int_equal(facts.dns->by_backend[0].known, -1);
    conntrack_summary_free(s);
}

/* More than is kept in mind is counted, and the totals stay right. */
static void test_bounds(void **state)
{
    const struct conntrack_summary_options options = {.port = 53, .port_low = CONNTRACK_UNSET};
    struct conntrack_summary *s = conntrack_summary_new(&options);
    struct conntrack_entry entry = entry_of("10.1.0.1:1", "10.96.0.10", "10.2.0.1");
    struct conntrack_facts facts = {0};

    for (uint32_t i = 0; i < 300000; i++) {
        entry.orig_src.v4.s_addr = htonl(0x0a000000 + i);
        conntrack_summary_add(s, &entry);
    }
    conntrack_summary_facts(s, *state, &facts);
    assert_int_equal(facts.dns->entries, 300000);
    assert_int_equal(facts.dns->by_backend[0].entries, 300000);
    assert_int_equal(facts.dns->by_client_count, 10);
    assert_true(facts.dns->untracked >= 300000 - 262144);
    conntrack_summary_free(s);
}

/* A cluster of one replica behind one ClusterIP. */
static struct conntrack_summary_options options_of(const struct address *replica,
                                                   const struct address *cluster_ip)
{
    return (struct conntrack_summary_options){.port = 53,
                                              .replicas = replica,
                                              .replicas_count = 1,
                                              .cluster_ips = cluster_ip,
                                              .cluster_ips_count = 1,
                                              .port_low = CONNTRACK_UNSET};
}

/* A connection of TCP to a replica that is gone ends by itself; only a client of UDP stays with it. */
static void test_stale_of_udp_alone(void **state)
{
    const struct address replica = at("10.2.0.1"), cluster_ip = at("10.96.0.10");
    const struct conntrack_summary_options options = options_of(&replica, &cluster_ip);
    static const struct {
        int protocol;
        const char *backend;
        uint64_t stale;
    } rows[] = {
        {IPPROTO_UDP, "10.2.0.1", 0},
        {IPPROTO_UDP, "10.2.0.9", 1},
        {IPPROTO_TCP, "10.2.0.1", 0},
        {IPPROTO_TCP, "10.2.0.9", 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct conntrack_summary *s = conntrack_summary_new(&options);
        struct conntrack_entry entry = entry_of("10.1.0.1:1000", "10.96.0.10", rows[i].backend);
        struct conntrack_facts facts = {0};

        entry.protocol = (uint8_t)rows[i].protocol;
        conntrack_summary_add(s, &entry);
        conntrack_summary_facts(s, *state, &facts);
        assert_int_equal(facts.stale_total, rows[i].stale);
        conntrack_summary_free(s);
    }
}

/*
 * What answers at the ClusterIP itself: a node's cache there, or the rules of another namespace, as in a Pod
 * that tracks. Neither such entries nor those that wait beside them are stale, or made while rules were
 * missing.
 */
static void test_answered_at_the_cluster_ip(void **state)
{
    const struct address replica = at("10.2.0.1"), cluster_ip = at("10.96.0.10");
    const struct conntrack_summary_options options = options_of(&replica, &cluster_ip);

    for (int answered = 0; answered < 2; answered++) {
        struct conntrack_summary *s = conntrack_summary_new(&options);
        struct conntrack_entry waits = entry_of("10.1.0.1:1000", "10.96.0.10", "10.96.0.10"),
                               done = entry_of("10.1.0.1:1001", "10.96.0.10", "10.96.0.10");
        struct conntrack_facts facts = {0};

        waits.replied = false;
        conntrack_summary_add(s, &waits);
        if (answered)
            conntrack_summary_add(s, &done);
        conntrack_summary_facts(s, *state, &facts);
        assert_int_equal(facts.dns->unrouted, !answered);
        assert_int_equal(facts.stale_total, 0);
        assert_int_equal(facts.dns->by_backend[0].known, -1);
        conntrack_summary_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_recorded_entries),
        ARENA_TEST(test_order_of_attributes),
        ARENA_TEST(test_both_readers),
        ARENA_TEST(test_recorded_counters),
        ARENA_TEST(test_cut_short),
        ARENA_TEST(test_kinds),
        ARENA_TEST(test_bounds),
        ARENA_TEST(test_stale_of_udp_alone),
        ARENA_TEST(test_answered_at_the_cluster_ip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
