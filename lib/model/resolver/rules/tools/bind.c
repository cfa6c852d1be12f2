/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nslookup, host and dig of BIND 9.18 and 9.20: with ndots dots a name is asked as it is and no more; the
 * search list stops at anything but NXDOMAIN. nslookup asks for AAAA, and host for AAAA, MX and HTTPS, when A
 * brought no error.
 */
#include "bind.h"

#define DIALECT(tries, ...)                                                                                 \
    {                                                                                                       \
        .comments = COMMENT_ENDS_LIST, .stops_at_cr = true, .refuses_address = true, .refuses_empty = true, \
        .numbers = NUMBER_OR_FATAL, .ndots = true, .timeout = true, .attempts = true,                       \
        .default_timeout_ms = 5000, .default_attempts = (tries), .servers_max = 3, .search_max = 8,         \
        .default_servers = {"::1", "127.0.0.1"}, __VA_ARGS__                                                \
    }
static const struct resolv_dialect dialect = DIALECT(3, .ignores_search = false);
static const struct resolv_dialect host_dialect = DIALECT(2, .ignores_search = false);

static void nslookup_look_up(struct lookup_run *run)
{
    struct bind b = {.transport = TRANSPORT_UDP};
    struct lane lane, second = {0};

    if (bind_look_up_address(run, &b))
        return;
    lane = bind_search(run, &b, bind_list_of(run));
    if (bind_is_good(&lane) && lane.type == DNS_TYPE_A)
        second = bind_ask(run, &b, lane.name, DNS_TYPE_AAAA);
    run->result->ok = lane.found || second.found;
    if (!run->result->ok)
        bind_fail(run, &lane);
}

static void host_look_up(struct lookup_run *run)
{
    static const uint16_t more[] = {DNS_TYPE_AAAA, DNS_TYPE_MX, DNS_TYPE_HTTPS};
    struct bind b = {.transport = TRANSPORT_UDP};
    struct lane lane;

    if (bind_look_up_address(run, &b))
        return;
    lane = bind_search(run, &b, bind_list_of(run));
    run->result->ok = bind_is_good(&lane);
    if (!run->result->ok)
        bind_fail(run, &lane);
    for (size_t i = 0; bind_is_good(&lane) && lane.type == DNS_TYPE_A && i < sizeof(more) / sizeof(more[0]);
         i++) {
        struct lane next = bind_ask(run, &b, lane.name, more[i]);

        run->result->ok = run->result->ok && bind_is_good(&next);
        if (!bind_is_good(&next))
            bind_fail(run, &next);
    }
}

static void dig(struct lookup_run *run, int list)
{
    struct bind b = {.dig = true, .transport = TRANSPORT_UDP};
    struct lane lane = bind_search(run, &b, list);

    run->result->ok = lane.found;
    if (!lane.found)
        bind_fail(run, &lane);
}

static void dig_look_up(struct lookup_run *run)
{
    dig(run, LIST_AS_IS_FIRST);
}

static void dig_search_look_up(struct lookup_run *run)
{
    dig(run, bind_list_of(run));
}

const struct resolver_rules rules_nslookup = {
    .about = "nslookup of BIND 9.18 and 9.20",
    .dialect = &dialect,
    .look_up = nslookup_look_up,
    .connects = true,
    .tool = true,
};

const struct resolver_rules rules_host = {
    .about = "host of BIND 9.18 and 9.20",
    .dialect = &host_dialect,
    .look_up = host_look_up,
    .connects = true,
    .tool = true,
};

const struct resolver_rules rules_dig = {
    .about = "dig of BIND 9.18 and 9.20",
    .dialect = &dialect,
    .look_up = dig_look_up,
    .udp_size = 1232,
    .connects = true,
    .tool = true,
};

const struct resolver_rules rules_dig_search = {
    .about = "dig +search of BIND 9.18 and 9.20",
    .dialect = &dialect,
    .look_up = dig_search_look_up,
    .udp_size = 1232,
    .connects = true,
    .tool = true,
};
