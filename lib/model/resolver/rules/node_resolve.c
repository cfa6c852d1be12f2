/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns.resolve4() and its like of Node.js 16 to 24: one query of c-ares for the name as it is. There is no
 * search list; an error of the first server is the answer. Node looks at its timeouts once a second, so the
 * first takes a second more.
 */
#include "cares.h"

#define TICK_US UINT64_C(1000000)

static const char *const options[] = {"rotate", "use-vc", NULL};

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .ignores_search = true,
    .res_options = true,
    .timeout = true,
    .options = options,
    .default_timeout_ms = 2000,
    .default_attempts = 4,
    .default_servers = {"127.0.0.1"},
};

static const struct resolv_dialect old_dialect = {
    .comments = COMMENT_ENDS_LIST,
    .ignores_search = true,
    .default_timeout_ms = 5000,
    .default_attempts = 4,
    .default_servers = {"127.0.0.1"},
};

static const char *code_of(int status)
{
    switch (status) {
    case PROBE_NXDOMAIN:
        return "ENOTFOUND";
    case PROBE_NODATA:
    case PROBE_TRUNCATED:
        return "ENODATA";
    case PROBE_SERVFAIL:
        return "ESERVFAIL";
    case PROBE_REFUSED:
        return "EREFUSED";
    case PROBE_FORMERR:
        return "EFORMERR";
    case PROBE_NOTIMP:
        return "ENOTIMP";
    case PROBE_UNREACHABLE:
        return "ECONNREFUSED";
    default:
        return "ETIMEOUT";
    }
}

static void look_up(struct lookup_run *run, bool old)
{
    struct lane lane = {0};
    struct cares c;
    const struct lane_rules rules = {&c, cares_try_next, cares_judge};
    const char *code = "EBADNAME";

    cares_init(&c, run, old);
    c.plain = true;
    c.first = TICK_US;
    c.transport = rules_option(run, "use-vc") ? TRANSPORT_TCP : TRANSPORT_UDP;
    if (run->families == FAMILY_ANY)
        run->families = FAMILY_A;
    if (rules_make_list(run, LIST_AS_IS_FIRST)) {
        lane.name = run->candidates[0].name;
        lane.type = run->candidates[0].types[0];
        lanes_run(run, &rules, &lane, 1);
        code = code_of(lane.status);
    }
    run->result->ok = lane.found;
    if (!lane.found)
        run->result->error = arena_printf(run->arena, "query%s %s %s",
                                          run->families == FAMILY_AAAA ? "Aaaa"
                                          : run->families == FAMILY_A  ? "A"
                                                                       : "Any",
                                          code, run->name);
}

static void look_up_new(struct lookup_run *run)
{
    look_up(run, false);
}

static void look_up_old(struct lookup_run *run)
{
    look_up(run, true);
}

const struct resolver_rules rules_node = {
    .about = "dns.resolve4() of Node.js 18 to 24",
    .dialect = &dialect,
    .look_up = look_up_new,
    .connects = true,
    .left_open =
        "the waits after the first round (up to half of each is taken off), and with rotate the server",
};

const struct resolver_rules rules_node_old = {
    .about = "dns.resolve4() of Node.js 16",
    .dialect = &old_dialect,
    .look_up = look_up_old,
    .connects = true,
};
