/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions that a resolver sends for a name when every answer is NXDOMAIN.
 *
 * The three agree on the common path (fewer dots than ndots: the search list, then the name as it is; a
 * final dot: only that) and on little else. What is said here was tried on glibc 2.36, musl 1.2.3 and Go
 * 1.19; tests/oracle holds the recordings and tries it again.
 *
 * Left out: /etc/hosts but for localhost, nsswitch.conf, HOSTALIASES, and Go programs that call into libc.
 */
#include "candidate.h"
#include "rules/rules.h"
#include <arpa/inet.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <string.h>

enum {
    SOCKET_SHARED,   /* A and AAAA from one source port */
    SOCKET_SEPARATE, /* from two */
    SOCKET_ONLY_A,
    STAGE_SEARCH = 0,
    STAGE_AS_IS = 1,
    /* Both musl (1.2.3) and Go refuse longer names before they look at labels. */
    NAME_MAX_BYTES = 254,
};

struct planner {
    struct arena *arena;
    const struct resolver_view *view;
    struct plan *plan;
    int sockets;
    bool rotate, all_servers;
    uint64_t next_socket, next_server;
};

static bool view_has(const struct resolver_view *view, const char *option)
{
    for (size_t i = 0; i < view->options_count; i++)
        if (strcmp(view->options[i], option) == 0)
            return true;
    return false;
}

static const char *next_server(struct planner *planner)
{
    const struct resolver_view *view = planner->view;

    if (planner->all_servers || !view->nameservers_count)
        return NULL;
    return view->nameservers[planner->rotate ? planner->next_server++ % view->nameservers_count : 0];
}

/* One candidate: its A and AAAA. */
static void send_candidate(struct planner *planner, const char *name, int stage, const char *suffix)
{
    static const char *const types[] = {"A", "AAAA"};
    const char *server = NULL;

    for (int i = 0; i < (planner->sockets == SOCKET_ONLY_A ? 1 : 2); i++) {
        /* Go chooses a server for each question, glibc one for the pair. */
        if (i == 0 || planner->view->resolver == RESOLVER_GO)
            server = next_server(planner);
        *ARENA_PUSH(planner->arena, planner->plan->queries, planner->plan->queries_count) =
            (struct planned_query){
                .name = name,
                .type = types[i],
                .socket = planner->next_socket,
                .stage = stage,
                .suffix = suffix && !*suffix ? "." : suffix,
                .server = server,
            };
        if (planner->sockets == SOCKET_SEPARATE)
            planner->next_socket++;
    }
    if (planner->sockets != SOCKET_SEPARATE)
        planner->next_socket++;
}

static size_t count_dots(const char *name)
{
    size_t dots = 0;

    for (; *name; name++)
        dots += *name == '.';
    return dots;
}

/* Note a name that is an IPv4 address: `classic` as inet_aton(3) has it, with parts left out or in any base.
 */
static bool is_v4(struct planner *planner, const char *name, bool classic)
{
    struct address address = {.family = AF_INET};
    char text[ADDRESS_TEXT];

    if (classic ? !resolv_parse_aton(name, &address) : inet_pton(AF_INET, name, &address.v4) != 1)
        return false;
    address.port = 0;
    address_format(&address, text, sizeof(text));
    planner->plan->address = arena_text(planner->arena, text);
    planner->plan->note =
        strcmp(text, name) == 0
            ? "this is an address: nothing is asked"
            : arena_printf(planner->arena, "this means the address %s: nothing is asked", text);
    return true;
}

static bool is_v6(struct planner *planner, const char *name)
{
    struct address address;

    if (!resolv_parse_v6(name, strcspn(name, "%"), &address))
        return false;
    planner->plan->address = name;
    planner->plan->note = "this is an address: nothing is asked";
    return true;
}

static const char HOSTS_NOTE[] = "localhost stands in /etc/hosts, which is looked at first: nothing is asked";

/* glibc: a search domain that makes no valid name leaves the search list; the root in it replaces as-is. */
static void plan_glibc(struct planner *planner, const char *name, size_t len, bool rooted)
{
    const struct resolver_view *view = planner->view;
    struct candidate as_is = candidate_make(planner->arena, name, len, NULL, true);
    size_t dots = count_dots(name);
    bool tried = false;

    if (is_v4(planner, name, true) || is_v6(planner, name))
        return;
    if (strcasecmp(name, "localhost") == 0) {
        planner->plan->note = HOSTS_NOTE;
        return;
    }
    if (!as_is.text || !as_is.is_hostname) {
        planner->plan->note =
            as_is.text ? "glibc does not ask for names with such characters"
                       : "this is no valid name (an empty label, one over 63 bytes, or over 253 in all)";
        return;
    }
    if (dots >= view->ndots || rooted) {
        send_candidate(planner, as_is.text, STAGE_AS_IS, NULL);
        if (rooted)
            return;
        tried = true;
    }
    for (size_t i = 0; i < view->search_count; i++) {
        const char *domain = view->search[i];
        struct candidate candidate = {0};

        if (*domain == '.' && domain[1])
            domain++;
        candidate = candidate_make(planner->arena, name, len, domain, true);
        if (!candidate.text) {
            planner->plan->note =
                "a search domain makes no valid name here: glibc then leaves the search list";
            break;
        }
        if (!*domain)
            tried = true;
        send_candidate(planner, candidate.text, STAGE_SEARCH, view->search[i]);
    }
    if (tried)
        return;
    if (dots == 0 && view->search_count && view_has(view, "no-tld-query")) {
        planner->plan->note = "no-tld-query: a name without a dot is not asked for as it is";
        return;
    }
    send_candidate(planner, as_is.text, STAGE_AS_IS, NULL);
}

/* musl: a name with enough dots is never searched for. */
static void plan_musl(struct planner *planner, const char *name, size_t len, bool rooted)
{
    const struct resolver_view *view = planner->view;
    struct candidate as_is = candidate_make(planner->arena, name, len, NULL, false);

    if (is_v4(planner, name, true) || (strlen(name) <= NAME_MAX_BYTES && is_v6(planner, name)))
        return;
    if (strcmp(name, "localhost") == 0) {
        planner->plan->note = HOSTS_NOTE;
        return;
    }
    if (strlen(name) > NAME_MAX_BYTES || len == 0) {
        planner->plan->note = len ? "musl refuses names over 254 bytes" : "musl does not ask for the root";
        return;
    }
    if (!rooted && count_dots(name) < view->ndots) {
        for (size_t i = 0; i < view->search_count; i++) {
            struct candidate candidate;
            const char *domain = view->search[i];

            /* musl counts the domain's final dot, which was cut off; no valid name is that long. */
            if (strlen(domain) >= 256 - len - 1)
                continue;
            candidate = candidate_make(planner->arena, name, len, *domain ? domain : ".", false);
            if (candidate.text) {
                send_candidate(planner, candidate.text, STAGE_SEARCH, domain);
                continue;
            }
            if (!view->stops_at_bad_name)
                continue;
            planner->plan->waits_out = !*domain || domain[strlen(domain) - 1] == '.';
            planner->plan->note =
                planner->plan->waits_out
                    ? "the search domain '.' makes musl before 1.2.4 send a malformed query, wait out the timeout and fail"
                    : "a search domain makes no valid name here: musl before 1.2.4 then fails at once";
            return;
        }
    } else if (!rooted && view->search_count) {
        planner->plan->note = "musl does not search for a name that has ndots dots";
    }
    if (as_is.text)
        send_candidate(planner, as_is.text, STAGE_AS_IS, NULL);
    else
        planner->plan->note = "this is no valid name (an empty label, one over 63 bytes, or over 253 in all)";
}

/* What Go takes for a domain name: stricter than DNS, but underscores pass. */
static bool go_is_domain_name(const char *name)
{
    size_t len = strlen(name), label = 0;
    bool letters = false;
    char last = '.';

    if (strcmp(name, ".") == 0)
        return true;
    if (len == 0 || len > NAME_MAX_BYTES || (len == NAME_MAX_BYTES && name[len - 1] != '.'))
        return false;
    for (; *name; last = *name++) {
        if ((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || *name == '_') {
            letters = true;
            label++;
        } else if (*name >= '0' && *name <= '9') {
            label++;
        } else if (*name == '-') {
            if (last == '.')
                return false;
            letters = true;
            label++;
        } else if (*name == '.') {
            if (last == '.' || last == '-' || label > 63)
                return false;
            label = 0;
        } else {
            return false;
        }
    }
    return last != '-' && label <= 63 && letters;
}

static void plan_go(struct planner *planner, const char *name, size_t len, bool rooted)
{
    const struct resolver_view *view = planner->view;
    const struct candidate as_is = candidate_make(planner->arena, name, len, NULL, false);
    bool first = count_dots(name) >= view->ndots || rooted;

    if (is_v4(planner, name, false) || is_v6(planner, name))
        return;
    if (strcasecmp(name, "localhost") == 0) {
        planner->plan->note = HOSTS_NOTE;
        return;
    }
    if (!go_is_domain_name(name)) {
        planner->plan->note = "Go takes this for no domain name and asks nothing";
        return;
    }
    if (len >= 6 && strncasecmp(name + len - 6, ".onion", 6) == 0) {
        planner->plan->note = "Go never asks for names under .onion (RFC 7686)";
        return;
    }
    if (first && as_is.text)
        send_candidate(planner, as_is.text, STAGE_AS_IS, NULL);
    for (size_t i = 0; !rooted && i < view->search_count; i++) {
        const struct candidate candidate = candidate_make(planner->arena, name, len, view->search[i], false);

        /* Those that are too long or cannot be packed are passed over. */
        if (candidate.text)
            send_candidate(planner, candidate.text, STAGE_SEARCH, view->search[i]);
    }
    if (!first && as_is.text)
        send_candidate(planner, as_is.text, STAGE_AS_IS, NULL);
}

static int socket_use(const struct resolver_view *view)
{
    switch (view->resolver) {
    case RESOLVER_GO:
        return SOCKET_SEPARATE;
    case RESOLVER_GLIBC:
        if (view_has(view, "no-aaaa"))
            return SOCKET_ONLY_A;
        /* Over TCP both go through one connection whatever else is said. */
        return view_has(view, "single-request-reopen") && !view_has(view, "use-vc") ? SOCKET_SEPARATE
                                                                                    : SOCKET_SHARED;
    default:
        return SOCKET_SHARED;
    }
}

void plan_make(struct arena *arena, const struct resolver_view *view, const char *name, struct plan *ret_plan)
{
    struct plan plan = {.resolver = view->resolver, .asked_for = name};
    struct planner planner = {
        .arena = arena,
        .view = view,
        .plan = &plan,
        .sockets = socket_use(view),
        .rotate = !resolver_is_musl(view->resolver) && view_has(view, "rotate"),
        .all_servers = resolver_is_musl(view->resolver),
    };
    size_t len = strlen(name);
    bool rooted = len > 0 && name[len - 1] == '.';

    if (len == 0) {
        plan.note = "an empty name";
    } else if (resolver_rules_of(view->resolver)) {
        plan_by_rules(arena, view, name, &plan);
    } else if (view->resolver == RESOLVER_GLIBC) {
        plan_glibc(&planner, name, len - rooted, rooted);
    } else if (resolver_is_musl(view->resolver)) {
        plan_musl(&planner, name, len - rooted, rooted);
    } else {
        plan_go(&planner, name, len - rooted, rooted);
    }
    if (view->fatal && plan.queries_count) {
        plan.queries_count = 0;
        plan.note = view->fatal;
    }
    *ret_plan = plan;
}
