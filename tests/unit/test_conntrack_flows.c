/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows put together from made-up events: what is told, and what never is. */
#include "unit.h"
#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/model/node/conntrack_flows.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <string.h>

#define SECOND   UINT64_C(1000000000)
#define TOLD_MAX 64

struct told {
    enum flow_event events[TOLD_MAX];
    bool other[TOLD_MAX];
    size_t count;
};

static void take_notice(void *user, const struct conntrack_flow_notice *notice)
{
    struct told *told = user;

    assert_true(told->count < TOLD_MAX);
    /* What is made up from what was kept is translated as the event said. */
    if (notice->event == FLOW_UNANSWERED)
        assert_int_equal(
            notice->entry->status & IPS_NAT_MASK,
            (address_equal(&notice->entry->orig_dst, &notice->entry->reply_src) ? 0 : IPS_DST_NAT) |
                (address_equal(&notice->entry->orig_src, &notice->entry->reply_dst) ? 0 : IPS_SRC_NAT));
    told->other[told->count] = notice->other != NULL;
    told->events[told->count++] = notice->event;
}

static struct address at(const char *text)
{
    struct address address;

    assert_int_equal(address_parse(text, 53, &address, NULL), 0);
    return address;
}

static struct conntrack_entry entry_of(const char *src, const char *dst, const char *backend)
{
    return (struct conntrack_entry){.protocol = IPPROTO_UDP,
                                    .orig_src = at(src),
                                    .orig_dst = at(dst),
                                    .reply_src = at(backend),
                                    .reply_dst = at(src)};
}

static struct conntrack_flows *flows_of(struct told *told, size_t flows_max)
{
    const struct conntrack_flows_options options = {
        .port = 53, .wait_ns = 2 * SECOND, .flows_max = flows_max, .tell = take_notice, .user = told};

    return conntrack_flows_new(&options, 0);
}

static void expect(struct told *told, const enum flow_event *events, size_t count)
{
    assert_int_equal(told->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(told->events[i], events[i]);
    told->count = 0;
}
#define EXPECT(told, ...)                                \
    expect(told, (const enum flow_event[]){__VA_ARGS__}, \
           sizeof((const enum flow_event[]){__VA_ARGS__}) / sizeof(enum flow_event))

/* Each outcome once, by the clock alone. */
static void test_outcomes(void **state)
{
    struct conntrack_entry answered = entry_of("10.1.0.1:1000", "10.96.0.10", "10.2.0.1"),
                           lost = entry_of("10.1.0.1:1001", "10.96.0.10", "10.2.0.2"),
                           late = entry_of("10.1.0.2:1002", "10.96.0.10", "10.2.0.2"),
                           cut = entry_of("10.1.0.2:1003", "10.96.0.10", "10.2.0.2");
    struct conntrack_follow_facts facts = {0};
    struct told told = {0};
    struct conntrack_flows *flows = flows_of(&told, 16);

    conntrack_flows_take(flows, CONNTRACK_NEW, &answered, SECOND);
    conntrack_flows_take(flows, CONNTRACK_NEW, &lost, SECOND);
    answered.replied = true;
    conntrack_flows_take(flows, CONNTRACK_UPDATE, &answered, SECOND + 1000);
    answered.assured = true;
    conntrack_flows_take(flows, CONNTRACK_UPDATE, &answered, SECOND + 2000);
    EXPECT(&told, FLOW_NEW, FLOW_NEW, FLOW_ANSWERED, FLOW_UPDATED);
    conntrack_flows_take(flows, CONNTRACK_NEW, &late, 2 * SECOND);
    conntrack_flows_tick(flows, 3 * SECOND - 1);
    EXPECT(&told, FLOW_NEW);
    assert_false(conntrack_flows_wait(flows, SECOND - 1));
    assert_true(conntrack_flows_wait(flows, SECOND));
    conntrack_flows_tick(flows, 3 * SECOND);
    EXPECT(&told, FLOW_UNANSWERED);
    assert_false(conntrack_flows_wait(flows, 2 * SECOND - 1));
    assert_true(conntrack_flows_wait(flows, 2 * SECOND));
    conntrack_flows_tick(flows, 4 * SECOND);
    late.replied = true;
    conntrack_flows_take(flows, CONNTRACK_UPDATE, &late, 4 * SECOND + 1);
    EXPECT(&told, FLOW_UNANSWERED, FLOW_LATE);
    /* One that ends without a reply needs no wait; one that was told is told once. */
    conntrack_flows_take(flows, CONNTRACK_NEW, &cut, 5 * SECOND);
    conntrack_flows_take(flows, CONNTRACK_DESTROY, &cut, 5 * SECOND + 1);
    conntrack_flows_take(flows, CONNTRACK_DESTROY, &lost, 6 * SECOND);
    conntrack_flows_tick(flows, 60 * SECOND);
    EXPECT(&told, FLOW_NEW, FLOW_UNANSWERED, FLOW_ENDED, FLOW_ENDED);
    conntrack_flows_facts(flows, *state, 10 * SECOND, &facts);
    assert_int_equal(facts.created, 4);
    assert_int_equal(facts.answered, 1);
    assert_int_equal(facts.unanswered, 3);
    assert_int_equal(facts.late, 1);
    assert_int_equal(facts.ended, 2);
    assert_int_equal(facts.waiting, 0);
    assert_int_equal(facts.by_backend_count, 2);
    assert_string_equal(facts.by_backend[0].address, "10.2.0.2");
    assert_int_equal(facts.by_backend[0].unanswered, 3);
    assert_int_equal(facts.by_backend[0].known, -1);
    assert_string_equal(facts.by_client[0].address, "10.1.0.2");
    assert_true(facts.rate > 0.39 && facts.rate < 0.41);
    assert_int_equal(conntrack_follow_status(&facts, &(struct conntrack_table_facts){.hooks = 1}),
                     HEALTH_FAILING);
    conntrack_flows_free(flows);
}

/* Whose reply may be among what was lost is never called unanswered, and a reply that comes still counts. */
static void test_overrun(void **state)
{
    struct conntrack_entry one = entry_of("10.1.0.1:1000", "10.96.0.10", "10.2.0.1"),
                           two = entry_of("10.1.0.1:1001", "10.96.0.10", "10.2.0.1"),
                           three = entry_of("10.1.0.1:1002", "10.96.0.10", "10.2.0.1");
    struct conntrack_follow_facts facts = {0};
    struct told told = {0};
    struct conntrack_flows *flows = flows_of(&told, 16);

    conntrack_flows_take(flows, CONNTRACK_NEW, &one, SECOND);
    conntrack_flows_take(flows, CONNTRACK_NEW, &two, SECOND);
    conntrack_flows_overrun(flows);
    conntrack_flows_take(flows, CONNTRACK_NEW, &three, SECOND);
    two.replied = true;
    conntrack_flows_take(flows, CONNTRACK_UPDATE, &two, 2 * SECOND);
    conntrack_flows_tick(flows, 9 * SECOND);
    EXPECT(&told, FLOW_NEW, FLOW_NEW, FLOW_NEW, FLOW_ANSWERED, FLOW_UNANSWERED);
    conntrack_flows_facts(flows, *state, 9 * SECOND, &facts);
    assert_int_equal(facts.unsure, 1);
    assert_int_equal(facts.unanswered, 1);
    assert_int_equal(facts.answered, 1);
    conntrack_flows_free(flows);
}

/* What is beyond the room is counted; what is followed stays right. */
static void test_bounds(void **state)
{
    struct conntrack_entry entry = entry_of("10.1.0.1:1", "10.96.0.10", "10.2.0.1");
    const struct conntrack_flows_options options = {.port = 53, .wait_ns = 2 * SECOND, .flows_max = 1000};
    struct conntrack_flows *flows = conntrack_flows_new(&options, 0);
    struct conntrack_follow_facts facts = {0};

    for (uint32_t i = 0; i < 50000; i++) {
        entry.orig_src.v4.s_addr = htonl(0x0a000000 + i);
        entry.orig_src.port = (uint16_t)(1024 + i);
        entry.reply_dst = entry.orig_src;
        conntrack_flows_take(flows, CONNTRACK_NEW, &entry, SECOND);
    }
    conntrack_flows_tick(flows, 9 * SECOND);
    conntrack_flows_facts(flows, *state, 9 * SECOND, &facts);
    assert_int_equal(facts.created, 50000);
    assert_int_equal(facts.unanswered, 1000);
    assert_int_equal(facts.untracked, 49000);
    assert_int_equal(facts.by_backend[0].flows, 50000);
    assert_int_equal(facts.by_client_count, 100);
    conntrack_flows_free(flows);
}

/* One port, several flows: odd only where one of them is translated. */
static void test_ports(void **state)
{
    struct conntrack_entry plain = entry_of("10.1.0.1:1000", "10.2.0.1", "10.2.0.1"),
                           plain_too = entry_of("10.1.0.1:1000", "10.2.0.2", "10.2.0.2"),
                           translated = entry_of("10.1.0.1:1000", "10.96.0.10", "10.2.0.3"),
                           rewritten = entry_of("10.1.0.1:1000", "10.2.0.3", "10.2.0.3"),
                           masqueraded = entry_of("10.1.0.7:1000", "10.2.0.3", "10.2.0.3"),
                           clash = entry_of("10.1.0.1:1000", "10.96.0.11", "10.2.0.3");
    struct conntrack_follow_facts facts = {0};
    struct told told = {0};
    struct conntrack_flows *flows = flows_of(&told, 16);

    rewritten.reply_dst.port = 4000;
    masqueraded.reply_dst = at("10.9.9.9:4000");
    conntrack_flows_take(flows, CONNTRACK_NEW, &plain, SECOND);
    conntrack_flows_take(flows, CONNTRACK_NEW, &plain_too, SECOND);
    EXPECT(&told, FLOW_NEW, FLOW_NEW);
    conntrack_flows_take(flows, CONNTRACK_NEW, &translated, SECOND);
    EXPECT(&told, FLOW_NEW, FLOW_REUSED);
    conntrack_flows_take(flows, CONNTRACK_NEW, &rewritten, SECOND);
    EXPECT(&told, FLOW_NEW, FLOW_REWRITTEN, FLOW_REUSED);
    conntrack_flows_take(flows, CONNTRACK_NEW, &masqueraded, SECOND);
    EXPECT(&told, FLOW_NEW);
    conntrack_flows_take(flows, CONNTRACK_DESTROY, &rewritten, SECOND);
    EXPECT(&told, FLOW_UNANSWERED, FLOW_ENDED);
    conntrack_flows_take(flows, CONNTRACK_NEW, &clash, SECOND);
    assert_true(told.other[1]);
    EXPECT(&told, FLOW_NEW, FLOW_CLASH);
    conntrack_flows_facts(flows, *state, SECOND, &facts);
    assert_int_equal(facts.rewritten, 1);
    assert_int_equal(facts.masqueraded, 1);
    assert_int_equal(facts.reused, 2);
    assert_int_equal(facts.clash, 1);
    conntrack_flows_free(flows);
}

/* Entries from before, and UDP alone is stale. */
static void test_stale(void **state)
{
    const struct address replica = at("10.2.0.1"), cluster_ip = at("10.96.0.10");
    struct conntrack_entry gone = entry_of("10.1.0.1:1000", "10.96.0.10", "10.2.0.9"),
                           good = entry_of("10.1.0.1:1001", "10.96.0.10", "10.2.0.1"),
                           tcp = entry_of("10.1.0.1:1002", "10.96.0.10", "10.2.0.9"),
                           upstream = entry_of("10.2.0.1:1003", "10.3.0.1", "10.3.0.1"),
                           itself = entry_of("10.1.0.1:1004", "10.96.0.10", "10.96.0.10");
    struct told told = {0};
    const struct conntrack_flows_options options = {.port = 53,
                                                    .wait_ns = 2 * SECOND,
                                                    .flows_max = 16,
                                                    .replicas = &replica,
                                                    .replicas_count = 1,
                                                    .cluster_ips = &cluster_ip,
                                                    .cluster_ips_count = 1,
                                                    .tell = take_notice,
                                                    .user = &told};
    struct conntrack_flows *flows = conntrack_flows_new(&options, 0);
    struct conntrack_follow_facts facts = {0};

    tcp.protocol = IPPROTO_TCP;
    conntrack_flows_seed(flows, &gone);
    conntrack_flows_seed(flows, &gone);
    conntrack_flows_seed(flows, &good);
    EXPECT(&told, FLOW_STALE);
    conntrack_flows_take(flows, CONNTRACK_NEW, &tcp, SECOND);
    conntrack_flows_take(flows, CONNTRACK_NEW, &upstream, SECOND);
    EXPECT(&told, FLOW_NEW, FLOW_NEW);
    conntrack_flows_take(flows, CONNTRACK_NEW, &itself, SECOND);
    EXPECT(&told, FLOW_NEW);
    gone.replied = true;
    conntrack_flows_take(flows, CONNTRACK_UPDATE, &gone, SECOND);
    conntrack_flows_take(flows, CONNTRACK_DESTROY, &gone, SECOND);
    EXPECT(&told, FLOW_UPDATED, FLOW_ENDED);
    gone.replied = false;
    conntrack_flows_take(flows, CONNTRACK_NEW, &gone, SECOND);
    EXPECT(&told, FLOW_NEW, FLOW_STALE);
    conntrack_flows_facts(flows, *state, SECOND, &facts);
    assert_int_equal(facts.stale, 2);
    assert_int_equal(facts.older, 2);
    assert_int_equal(facts.unanswered, 0); /* of what is older than the look nothing is known */
    conntrack_flows_free(flows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_outcomes), ARENA_TEST(test_overrun),
                                       ARENA_TEST(test_bounds), ARENA_TEST(test_ports),
                                       ARENA_TEST(test_stale)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
