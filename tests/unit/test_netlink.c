/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour tables and UDP sockets as a kernel showed them (tests/data/netlink). */
#include "recording.h"
#include <errno.h>
#include <k8sdns/model/node/socket_sharing.h>
#include <k8sdns/wire/node/neighbour_message.h>

struct tables {
    unsigned count, whole, arp;
};

static void on_table(void *user, const uint8_t *bytes, size_t len)
{
    struct tables *tables = user;
    struct neighbour_table table;

    assert_int_equal(neighbour_table_read(bytes, len, &table), 0);
    tables->count++;
    if (table.entries == NEIGHBOUR_UNSET)
        return;
    tables->whole++;
    tables->arp += strcmp(table.name, "arp_cache") == 0;
    assert_int_equal(table.threshold3, 1024);
    assert_int_equal(table.fulls, 0);
}

static void test_neighbours(void **state)
{
    struct tables tables = {0};
    struct neighbour_table table;

    replay(*state, RECORDED "neighbour-tables.bin", on_table, &tables);
    assert_int_equal(tables.whole, 2); /* ARP and its IPv6 counterpart */
    assert_int_equal(tables.arp, 1);
    assert_true(tables.count > tables.whole);
    assert_int_equal(neighbour_table_read((const uint8_t *)"", 0, &table), -EBADMSG);
}

struct sockets {
    struct arena *arena;
    struct socket_entry *items;
    size_t count;
};

static void on_socket(void *user, const uint8_t *bytes, size_t len)
{
    struct sockets *sockets = user;
    struct socket_entry *entry = ARENA_PUSH(sockets->arena, sockets->items, sockets->count);

    assert_int_equal(socket_entry_read(bytes, len, entry), 0);
}

/* Two that share port 50500, a server on 53 with a small buffer that ten queries overflow, its client, and
 * one of IPv6. */
static void test_sockets(void **state)
{
    struct sockets sockets = {.arena = *state};
    struct shared_port_facts *shared;
    size_t shared_count;
    bool server = false;

    replay(*state, RECORDED "udp-sockets.bin", on_socket, &sockets);
    assert_int_equal(sockets.count, 5);
    for (size_t i = 0; i < sockets.count; i++) {
        const struct socket_entry *s = &sockets.items[i];

        assert_true(s->receive_limit != SOCKET_UNSET && s->send_limit != SOCKET_UNSET);
        if (s->local.port != 53)
            continue;
        server = true;
        assert_int_equal(s->receive_limit, 8192);
        assert_true(s->receive_used > 0 && s->drops > 0 && s->drops < 10);
    }
    assert_true(server);
    socket_sharing_find(*state, sockets.items, sockets.count, &shared, &shared_count);
    assert_int_equal(shared_count, 1);
    assert_string_equal(shared[0].local, "0.0.0.0:50500");
    assert_int_equal(shared[0].sockets, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_neighbours), ARENA_TEST(test_sockets)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
