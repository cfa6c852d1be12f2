/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv.conf as glibc, musl and Go each take it, and what of it that loses. */
#include "dns_policy.h"
#include "lookup_run.h"
#include "resolv_outsiders.h"
#include <k8sdns/base/line.h>
#include <k8sdns/model/probe/server_place.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

void resolver_view_make(struct arena *arena, int resolver, const struct resolv_reading *reading,
                        struct resolver_view *ret_view)
{
    struct resolver_view view = {
        .resolver = resolver,
        .nameservers = reading->nameservers,
        .nameservers_count = reading->nameservers_count,
        .servers = reading->servers,
        .search = reading->search,
        .search_count = reading->search_count,
        .ndots = reading->ndots,
        .timeout_ms = reading->timeout_ms,
        .attempts = reading->attempts,
        .options = reading->options,
        .options_count = reading->options_count,
        .fatal = reading->fatal,
        .stops_at_bad_name = reading->stops_at_bad_name,
        .tcp_on_truncation = reading->tcp_on_truncation,
    };

    for (size_t i = 0; i < reading->remarks_count; i++) {
        const struct resolv_remark *remark = &reading->remarks[i];

        if (!remark->ignored)
            continue;
        *ARENA_PUSH(arena, view.ignored, view.ignored_count) =
            remark->line ? arena_printf(arena, "line %zu: %s", remark->line, remark->text) : remark->text;
    }
    *ret_view = view;
}

/* Whether the line of that number, from 1, begins with the keyword of a nameserver. */
static bool is_of_nameserver(const char *bytes, size_t len, uint64_t number)
{
    static const char keyword[] = "nameserver";
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct line line;

    while (line_cursor_next(&cursor, &line))
        if (line.number == number)
            return line.len >= sizeof(keyword) - 1 && memcmp(line.text, keyword, sizeof(keyword) - 1) == 0;
    return false;
}

/* Add a remark of one resolver to the warnings: to the same one of another resolver when there is one. */
static void add_warning(struct arena *arena, struct resolv_facts *facts, int resolver, size_t line,
                        const char *text, bool loses)
{
    uint64_t number = line ? line : SHAPE_UNSET;
    struct resolv_warning *warning = NULL;

    for (size_t i = 0; i < facts->warnings_count && !warning; i++)
        if (facts->warnings[i].line == number && strcmp(facts->warnings[i].text, text) == 0)
            warning = &facts->warnings[i];
    if (!warning) {
        warning = ARENA_PUSH(arena, facts->warnings, facts->warnings_count);
        warning->line = number;
        warning->text = text;
    }
    for (size_t i = 0; i < warning->resolvers_count; i++)
        if (strcmp(warning->resolvers[i], resolver_all_names[resolver]) == 0)
            return;
    warning->loses = warning->loses || loses;
    *ARENA_PUSH(arena, warning->resolvers, warning->resolvers_count) = resolver_all_names[resolver];
}

static int compare_warnings(const void *a, const void *b)
{
    const struct resolv_warning *left = a, *right = b;

    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return strcmp(left->text, right->text);
}

/* Whether Pods read the file: it is read in one, or the kubelet wrote it for one. */
static bool is_of_pod(const struct resolv_facts *facts, const struct resolv_environment *environment)
{
    return environment->in_pod || (facts->dns_policy && strncmp(facts->dns_policy, "ClusterFirst", 12) == 0);
}

/* Of an address that no host has, what it is, so that no answer ever comes from there; NULL for any other. */
static const char *no_host(const struct address *where)
{
    const struct address plain = address_unmapped(where);
    uint32_t v4 = plain.family == AF_INET ? ntohl(plain.v4.s_addr) : 0;

    if (plain.family == AF_INET6)
        return IN6_IS_ADDR_MULTICAST(&plain.v6) ? "a multicast" : NULL;
    return v4 == INADDR_BROADCAST ? "the broadcast" : IN_MULTICAST(v4) ? "a multicast" : NULL;
}

/* Where the address of a server leads: words, or NULL; and whether nothing can answer there. */
static const char *place_text(struct arena *arena, const char *name, const struct address *where, bool of_pod,
                              bool *ret_loses)
{
    enum server_place place = server_place(where);
    const char *what = no_host(where);

    if (what) {
        *ret_loses = true;
        return arena_printf(arena, "nameserver %s is %s address, which no DNS server has", name, what);
    }
    *ret_loses = of_pod && (place == PLACE_STUB || place == PLACE_LINK);
    switch (place) {
    case PLACE_STUB:
        return arena_printf(
            arena,
            of_pod ? "nameserver %s is the Pod itself: systemd-resolved listens there on a node, "
                     "nothing does in a Pod"
                   : "nameserver %s is systemd-resolved on this machine; a Pod that gets this file "
                     "asks itself",
            name);
    case PLACE_SELF:
        return arena_printf(
            arena,
            of_pod ? "nameserver %s is the Pod itself: only a DNS server in this Pod answers there"
                   : "nameserver %s is this machine itself; a Pod that gets this file asks itself",
            name);
    case PLACE_NODE_CACHE:
        return arena_printf(
            arena, "nameserver %s is link-local: a DNS cache on this node, such as NodeLocal DNSCache", name);
    case PLACE_CLOUD:
        return arena_printf(
            arena, "nameserver %s is the resolver of the cloud provider (%s), not a cache of the cluster",
            name, server_place_cloud(where));
    case PLACE_LINK:
        return arena_printf(
            arena,
            of_pod ? "nameserver %s is a neighbour on a link of the node (often its router), which a "
                     "Pod cannot reach"
                   : "nameserver %s is a neighbour on a link of this machine (often its router); a "
                     "Pod cannot reach it",
            name);
    case PLACE_NETWORK:
        break;
    }
    return NULL;
}

/* What is worth knowing of the servers in use, whoever reads the file. */
static void note_servers(struct arena *arena, bool of_pod, const struct resolv_reading *reading, int resolver,
                         struct resolv_facts *facts)
{
    for (size_t i = 0; i < reading->nameservers_count; i++) {
        bool loses;
        const char *text = place_text(arena, reading->nameservers[i], &reading->servers[i], of_pod, &loses);

        if (text && reading->server_lines[i])
            add_warning(arena, facts, resolver, reading->server_lines[i], text, loses);
    }
}

/* What nameservers that know no cluster do; c-ares has no view, and takes the servers that glibc takes. */
static void note_outsiders(struct arena *arena, const struct resolv_reading *reading, int resolver,
                           struct resolv_facts *facts)
{
    const int readers[] = {resolver, RESOLVER_CARES};

    for (size_t i = 0; i < reading->nameservers_count; i++)
        for (size_t k = 0; k < (resolver == RESOLVER_GLIBC ? 2 : 1); k++) {
            const char *text = outsider_text(arena, reading, i, readers[k]);

            if (text && reading->server_lines[i])
                add_warning(arena, facts, readers[k], reading->server_lines[i], text, false);
        }
}

static void copy_outline(struct arena *arena, const struct resolv_outline *outline,
                         struct resolv_facts *facts)
{
    facts->nameservers = outline->nameservers;
    facts->nameservers_count = outline->nameservers_count;
    facts->search = outline->search;
    facts->search_count = outline->search_count;
    for (size_t i = 0; i < outline->options_count; i++)
        *ARENA_PUSH(arena, facts->options, facts->options_count) =
            (struct shape_keyed){outline->options[i].name, outline->options[i].value};
}

void resolv_facts_read(struct arena *arena, const char *bytes, size_t len,
                       const struct resolv_environment *environment, struct resolv_facts *ret_facts)
{
    static void (*const readers[RESOLVERS])(struct arena *, const char *, size_t,
                                            const struct resolv_environment *, struct resolv_reading *) = {
        [RESOLVER_GLIBC] = resolv_glibc_read,
        [RESOLVER_MUSL] = resolv_musl_read,
        [RESOLVER_GO] = resolv_go_read,
    };
    struct resolv_facts facts = {.status = -1, .views_count = RESOLVERS};
    struct resolv_outline outline;
    bool of_pod;

    resolv_outline_read(arena, bytes, len, &outline);
    copy_outline(arena, &outline, &facts);
    dns_policy_infer(arena, &facts);
    of_pod = is_of_pod(&facts, environment);
    facts.views = arena_array(arena, RESOLVERS, sizeof(*facts.views));
    for (int resolver = 0; resolver < RESOLVERS; resolver++) {
        struct resolv_reading reading;

        readers[resolver](arena, bytes, len, environment, &reading);
        resolver_view_make(arena, resolver, &reading, &facts.views[resolver]);
        for (size_t i = 0; i < reading.remarks_count; i++)
            add_warning(arena, &facts, resolver, reading.remarks[i].line, reading.remarks[i].text,
                        reading.remarks[i].loses);
        if (reading.fatal)
            add_warning(arena, &facts, resolver, 0, reading.fatal, true);
        note_servers(arena, of_pod, &reading, resolver, &facts);
        note_outsiders(arena, &reading, resolver, &facts);
    }
    for (size_t i = 0; i < facts.warnings_count; i++)
        facts.warnings[i].of_nameserver = is_of_nameserver(bytes, len, facts.warnings[i].line);
    if (facts.warnings_count) /* qsort(3) wants no NULL */
        qsort(facts.warnings, facts.warnings_count, sizeof(*facts.warnings), compare_warnings);
    facts.text = bytes;
    facts.text_len = len;
    facts.environment = arena_copy(arena, environment, sizeof(*environment));
    facts.file = ret_facts->file;
    facts.resolver = ret_facts->resolver;
    *ret_facts = facts;
}
