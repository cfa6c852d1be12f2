/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node with one backend removed and one of weight 0, as its kernel showed it (tests/data/netlink). */
#include "recording.h"
#include <k8sdns/model/node/ipvs_summary.h>

struct reading {
    struct arena *arena;
    struct ipvs_table table;
    struct ipvs_facts facts;
};

static void on_service(void *user, const uint8_t *bytes, size_t len)
{
    struct reading *r = user;
    struct ipvs_listed *listed = ARENA_PUSH(r->arena, r->table.services, r->table.services_count);

    *listed = (struct ipvs_listed){0};
    assert_int_equal(ipvs_service_read(bytes, len, &listed->service), 0);
    r->table.services_total++;
}

/* The recording has those of the IPv4 and of the IPv6 service, over UDP. */
static void on_destination(void *user, const uint8_t *bytes, size_t len)
{
    struct reading *r = user;
    struct ipvs_destination d;

    assert_int_equal(ipvs_destination_read(bytes, len, AF_INET, &d), 0);
    for (size_t i = 0; i < r->table.services_count; i++) {
        struct ipvs_listed *listed = &r->table.services[i];

        if (listed->service.protocol == IPPROTO_UDP && listed->service.where.family == d.where.family)
            *ARENA_PUSH(r->arena, listed->destinations, listed->destinations_count) = d;
    }
}

static void on_config(void *user, const uint8_t *bytes, size_t len)
{
    struct reading *r = user;

    assert_int_equal(ipvs_timeouts_read(bytes, len, &r->table.timeouts), 0);
}

static const char *text_of(struct arena *arena, const char *path)
{
    char *bytes;
    size_t len;

    assert_int_equal(file_read(arena, path, 1 << 20, &bytes, &len, NULL), 0);
    return bytes;
}

static const struct ipvs_service_facts *service_at(const struct ipvs_facts *facts, const char *protocol,
                                                   const char *address)
{
    for (size_t i = 0; i < facts->services_count; i++)
        if (strcmp(facts->services[i].protocol, protocol) == 0 &&
            strcmp(facts->services[i].address, address) == 0)
            return &facts->services[i];
    fail();
    return NULL;
}

static void read_all(struct reading *r)
{
    struct ipvs_connection connection;

    r->table.how = TABLE_BY_NETLINK;
    replay(r->arena, RECORDED "ipvs-services.bin", on_service, r);
    replay(r->arena, RECORDED "ipvs-destinations.bin", on_destination, r);
    replay(r->arena, RECORDED "ipvs-config.bin", on_config, r);
    ipvs_summary_begin(r->arena, &r->table, NULL, 0, &r->facts);
    for (const char *line = text_of(r->arena, RECORDED "proc-ip_vs_conn"); *line;
         line = strchr(line, '\n') + 1)
        if (ipvs_connection_read(line, &connection) == 0)
            ipvs_summary_add(r->arena, &connection, &r->facts);
}

static void test_recorded(void **state)
{
    struct reading r = {.arena = *state};
    const struct ipvs_service_facts *udp, *v6;

    read_all(&r);
    assert_int_equal(r.facts.services_count, 4);
    assert_int_equal(r.facts.timeouts.udp_s, 300);
    assert_int_equal(r.facts.timeouts.tcp_s, 900);
    udp = service_at(&r.facts, "UDP", "10.96.0.10:53");
    assert_string_equal(udp->scheduler, "rr");
    assert_false(udp->persistent);
    assert_int_equal(udp->destinations_count, 3);
    assert_string_equal(udp->destinations[0].address, "10.244.1.21:53");
    assert_int_equal(udp->destinations[0].state, IPVS_DRAINED);
    assert_int_equal(udp->destinations[0].connections, 1);
    assert_int_equal(udp->destinations[1].state, IPVS_ALIVE);
    assert_int_equal(udp->destinations[1].connections, 2);
    assert_string_equal(udp->destinations[2].address, "10.244.1.23:53");
    assert_int_equal(udp->destinations[2].state, IPVS_REMOVED);
    assert_int_equal(udp->destinations[2].connections, 2);
    assert_int_equal(r.facts.connections_total, 5);
    assert_int_equal(r.facts.stale_total, 3);
    assert_int_equal(r.facts.stale_connections_count, 3);
    assert_string_equal(r.facts.stale_connections[0].client, "10.244.0.10:41002");
    assert_int_equal(r.facts.stale_connections[0].why, IPVS_REMOVED);
    assert_int_equal(r.facts.stale_connections[0].expires_s, 298);
    v6 = service_at(&r.facts, "UDP", "[fd00:10:96::a]:53");
    assert_true(v6->persistent);
    assert_int_equal(v6->persistent_s, 60);
    assert_string_equal(v6->destinations[0].address, "[fd00:10:244:1::21]:53");
    assert_string_equal(service_at(&r.facts, "TCP", "10.96.0.10:53")->scheduler, "rr");
    service_at(&r.facts, "", "mark 7");
}

static void test_proc(void **state)
{
    struct ipvs_destination d;
    struct ipvs_service s;
    unsigned services = 0, destinations = 0, persistent = 0, drained = 0, marks = 0;

    for (const char *line = text_of(*state, RECORDED "proc-ip_vs"); *line; line = strchr(line, '\n') + 1) {
        switch (ipvs_line_read(line, &s, &d)) {
        case IPVS_LINE_SERVICE:
            services++;
            persistent += s.persistent;
            marks += s.fwmark == 7;
            break;
        case IPVS_LINE_DESTINATION:
            destinations++;
            drained += d.weight == 0;
            assert_int_equal(d.where.port, 53);
            assert_int_equal(d.method, IPVS_MASQUERADE);
            break;
        case IPVS_LINE_OTHER:
            break;
        }
    }
    assert_int_equal(services, 4);
    assert_int_equal(destinations, 6);
    assert_int_equal(persistent, 1);
    assert_int_equal(drained, 1);
    assert_int_equal(marks, 1);
}

static void test_damaged_lines(void **state)
{
    static const char *const lines[] = {
        "",
        "UDP",
        "UDP  0A60000A rr",
        "UDP  0A60000A:00350 rr",
        "UDP  [fd00::zz]:0035 rr",
        "XYZ  0A60000A:0035 rr",
        "FWM  00000000 rr",
        "  -> 0AF40117:0035      Other    1      0          0",
        "  -> 0AF40117:0035      Masq    -1      0          0",
        "  -> 0AF40117:0035      Masq",
        "UDP 0AF4000A A02A 0A60000A 0035 0AF40117 0035 UDP",
        "UDP 0AF4000A A02A 0A60000A 0035 0AF40117 35 UDP 298",
    };
    struct ipvs_connection connection;
    struct ipvs_destination d;
    struct ipvs_service s;

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_int_equal(ipvs_line_read(lines[i], &s, &d), IPVS_LINE_OTHER);
        assert_true(ipvs_connection_read(lines[i], &connection) < 0);
    }
}

/* What is said of a kernel, by its release and settings. */
static void test_behaviour(void **state)
{
    static const struct {
        const char *release;
        uint64_t expire, reuse;
        bool one_packet;
        size_t said;
    } rows[] = {
        {"6.1.0-18-amd64", 0, 1, false, 1},
        {"6.1.0-18-amd64", 1, 1, false, 0},
        {"6.1.0-18-amd64", 0, 0, false, 2},
        {"6.1.0-18-amd64", 0, 1, true, 0},
        {"4.19.0", 0, 1, false, 2},
        {"4.19.0", 1, 1, false, 2},
        {"5.9", 1, 1, false, 0},
        {"5.8.18", 1, 0, false, 2},
        {"unknown", 1, 1, false, 0},
        {"6.1.0", SHAPE_UNSET, SHAPE_UNSET, false, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct shape_tally sysctls[] = {{"expire_nodest_conn", rows[i].expire},
                                        {"conn_reuse_mode", rows[i].reuse}};
        struct ipvs_service_facts service = {.one_packet = rows[i].one_packet};
        struct ipvs_facts facts = {.services = &service,
                                   .services_count = 1,
                                   .sysctls = sysctls,
                                   .sysctls_count = 2,
                                   .timeouts = {IPVS_UNSET, IPVS_UNSET, 300}};

        ipvs_summary_behaviour(*state, rows[i].release, &facts);
        assert_int_equal(facts.behaviour_count, rows[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_recorded),
        ARENA_TEST(test_proc),
        cmocka_unit_test(test_damaged_lines),
        ARENA_TEST(test_behaviour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
