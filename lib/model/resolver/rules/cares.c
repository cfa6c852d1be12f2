/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ares_getaddrinfo() of c-ares 1.34.9 and 1.18.1: the usual search list, A and AAAA at once over one socket a
 * server. What is not NXDOMAIN or NODATA ends the lookup. 1.18 waits 5 s and four tries whatever resolv.conf
 * says; 1.34 reads timeout and attempts.
 */
#include "cares.h"
#include <string.h>

static const char *const options[] = {"rotate", NULL};

const struct resolv_dialect cares_dialect = {
    .comments = COMMENT_ENDS_LIST,
    .tabs = TAB_LOSES,
    .first_search_counts = true,
    .searches_hostname = true,
    .res_options = true,
    .localdomain = 1,
    .ndots = true,
    .timeout = true,
    .attempts = true,
    .options = options,
    .default_timeout_ms = 2000,
    .default_attempts = 3,
    .default_servers = {"127.0.0.1"},
};

static const struct resolv_dialect old_dialect = {
    .comments = COMMENT_ENDS_LIST,
    .tabs = TAB_JOINS,
    .searches_hostname = true,
    .res_options = true,
    .localdomain = 2,
    .ndots = true,
    .numbers = NUMBER_AS_STRTOL,
    .options = options,
    .default_timeout_ms = 5000,
    .default_attempts = 4,
    .default_servers = {"127.0.0.1"},
};

/* What one candidate came to: PROBE_ANSWER, or the status that ended it last. */
static int ask(struct lookup_run *run, struct cares *c, const struct lookup_candidate *candidate)
{
    const struct lane_rules rules = {c, cares_try_next, cares_judge};
    struct lane lanes[FAMILIES_MAX] = {0};
    int status = PROBE_NXDOMAIN;

    c->no_retry = false;
    for (size_t i = 0; i < candidate->types_count; i++)
        lanes[i] = (struct lane){.name = candidate->name, .type = candidate->types[i]};
    lanes_run(run, &rules, lanes, candidate->types_count);
    for (size_t i = 0; i < candidate->types_count; i++) {
        if (lanes[i].found)
            return PROBE_ANSWER;
        if (lanes[i].status != PROBE_NXDOMAIN &&
            (rules_is_absent(status) || lanes[i].status == PROBE_TIMEOUT))
            status = lanes[i].status;
    }
    return status;
}

/* 1.18 has the answer to an IPv4 address, and asks for the first name of its list all the same. */
static void ask_in_vain(struct lookup_run *run, struct cares *c, int list)
{
    if (!rules_make_list(run, list) || !run->candidates_count)
        return;
    (void)ask(run, c, &run->candidates[0]);
    run->result->note = "this is an address, which it finds whatever comes of the queries";
}

/* One candidate after the other; `whole`: each is a valid name. */
static void ask_all(struct lookup_run *run, struct cares *c, bool old, bool whole)
{
    struct lookup_result *result = run->result;
    int status = PROBE_NXDOMAIN;
    bool nodata = false;

    for (size_t i = 0; i < run->candidates_count && rules_is_absent(status); i++) {
        status = ask(run, c, &run->candidates[i]);
        nodata = nodata || status == PROBE_NODATA;
    }
    result->ok = status == PROBE_ANSWER;
    if (result->ok)
        return;
    if (rules_is_absent(status) && !whole)
        result->error = "Misformatted domain name";
    else
        result->error = cares_words(rules_is_absent(status) && nodata ? PROBE_NODATA : status, old);
    if (!run->candidates_count)
        result->note = "c-ares takes this name, or one with a search domain, for malformed: nothing is asked";
}

static void look_up(struct lookup_run *run, bool old, int list)
{
    struct cares c;
    bool whole;

    cares_init(&c, run, old);
    if (rules_is_literal(run)) {
        if (old && !strchr(run->name, ':'))
            ask_in_vain(run, &c, list);
        return;
    }
    if (rules_is_localhost(run))
        return;
    whole = rules_make_list(run, list);
    for (size_t i = 0; old && i < run->view->search_count && !rules_rooted(run); i++)
        if (!*run->view->search[i]) {
            size_t before = i + (run->candidates_count && run->candidates[0].as_is);

            whole = false; /* 1.18 makes "h.." of the search domain "." and asks nothing behind it */
            if (before < run->candidates_count)
                run->candidates_count = before;
            break;
        }
    ask_all(run, &c, old, whole);
}

static void look_up_new(struct lookup_run *run)
{
    look_up(run, false, rules_usual_list(run));
}

static void look_up_old(struct lookup_run *run)
{
    look_up(run, true, rules_usual_list(run));
}

/* ares_query(), for A: the name as it is, whatever it is. */
static void query(struct lookup_run *run)
{
    struct cares c;

    if (run->families == FAMILY_ANY)
        run->families = FAMILY_A;
    cares_init(&c, run, false);
    ask_all(run, &c, false, rules_make_list(run, LIST_AS_IS_FIRST));
}

const struct resolver_rules rules_cares_query = {
    .about = "ares_query() of c-ares 1.34, for A",
    .dialect = &cares_dialect,
    .look_up = query,
    .udp_size = 1232,
    .connects = true,
    .left_open = "the waits after the first round (up to half of each is taken off)",
};

const struct resolver_rules rules_cares = {
    .about = "ares_getaddrinfo() of c-ares 1.34: Envoy, and gRPC with it",
    .dialect = &cares_dialect,
    .look_up = look_up_new,
    .udp_size = 1232,
    .connects = true,
    .reads_hosts = true,
    .left_open =
        "the waits after the first round (up to half of each is taken off), and with rotate the server",
};

const struct resolver_rules rules_cares_old = {
    .about = "ares_getaddrinfo() of c-ares 1.18",
    .dialect = &old_dialect,
    .look_up = look_up_old,
    .connects = true,
    .reads_hosts = true,
};
