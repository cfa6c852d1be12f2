/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/arena.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <string.h>

const char *const resolver_names[] = {"glibc", "musl", "go", NULL};
const char *const application_runtime_names[] = {"none",    "node",   "java", "python", "envoy",  "nginx",
                                                 "haproxy", "erlang", "ruby", "php",    "dotnet", NULL};

bool resolver_is_musl(int resolver)
{
    return resolver == RESOLVER_MUSL || resolver == RESOLVER_MUSL_OLD;
}

const char *const resolver_all_names[] = {
    [RESOLVER_GLIBC] = "glibc",
    [RESOLVER_MUSL] = "musl",
    [RESOLVER_GO] = "go",
    [RESOLVER_MUSL_OLD] = "musl-1.2.3",
    [RESOLVER_CARES] = "c-ares",
    [RESOLVER_CARES_QUERY] = "c-ares-query",
    [RESOLVER_CARES_OLD] = "c-ares-1.18",
    [RESOLVER_NODE] = "node-resolve",
    [RESOLVER_NODE_OLD] = "node-resolve-16",
    [RESOLVER_GRPC] = "grpc",
    [RESOLVER_NETTY] = "netty",
    [RESOLVER_NETTY_ALL] = "netty-resolve-all",
    [RESOLVER_NETTY_TCP] = "netty-tcp",
    [RESOLVER_HICKORY] = "hickory",
    [RESOLVER_RUBY] = "ruby-resolv",
    [RESOLVER_RUBY_ONE] = "ruby-resolv-getaddress",
    [RESOLVER_ERLANG] = "erlang",
    [RESOLVER_ERLANG_NATIVE] = "erlang-native",
    [RESOLVER_PERL] = "perl-net-dns",
    [RESOLVER_PERL_QUERY] = "perl-net-dns-query",
    [RESOLVER_DNSPYTHON] = "dnspython",
    [RESOLVER_DNSPYTHON_SEARCH] = "dnspython-search",
    [RESOLVER_PHP] = "php-dns",
    [RESOLVER_NGINX] = "nginx",
    [RESOLVER_HAPROXY] = "haproxy",
    [RESOLVER_RESOLVED] = "resolved",
    [RESOLVER_RESOLVED_STUB] = "resolved-stub",
    [RESOLVER_BUSYBOX] = "busybox-nslookup",
    [RESOLVER_BUSYBOX_MUSL] = "busybox-nslookup-musl",
    [RESOLVER_BUSYBOX_OLD] = "busybox-nslookup-1.28",
    [RESOLVER_NSLOOKUP] = "nslookup",
    [RESOLVER_HOST] = "host",
    [RESOLVER_DIG] = "dig",
    [RESOLVER_DIG_SEARCH] = "dig-search",
    [RESOLVER_GETENT_HOSTS] = "getent-hosts",
    [RESOLVERS_KNOWN] = NULL,
};
const char *const resolver_kind_names[] = {"glibc", "musl", "go", "static", "unknown", NULL};

static const struct shape_field view_fields[] = {
    SHAPE_FIELD_CHOICE(struct resolver_view, resolver, "resolver", resolver_names, "whose reading this is"),
    SHAPE_FIELD_TEXTS(struct resolver_view, nameservers, "nameservers",
                      "as used: at most three, or the default"),
    SHAPE_FIELD_TEXTS(struct resolver_view, search, "search",
                      "search list in order, without final dots; an empty text is the root"),
    SHAPE_FIELD_COUNT(struct resolver_view, ndots, "ndots", "names with fewer dots are searched first"),
    SHAPE_FIELD_COUNT(struct resolver_view, timeout_ms, "timeout_ms",
                      "of one try; for musl of the whole lookup"),
    SHAPE_FIELD_COUNT(struct resolver_view, attempts, "attempts", "tries at each server"),
    SHAPE_FIELD_TEXTS(struct resolver_view, options, "options", "the other options that are on"),
    SHAPE_FIELD_TEXTS(struct resolver_view, ignored, "ignored", "what it drops of the file, by line"),
    SHAPE_FIELD_TEXT(struct resolver_view, fatal, "fatal",
                     "why a program sends no query with this file; null when it does"),
    SHAPE_FIELD_BOOL(struct resolver_view, stops_at_bad_name, "stops_at_bad_name",
                     "a search domain that makes no valid name ends the lookup (old musl)"),
    SHAPE_FIELD_BOOL(
        struct resolver_view, tcp_on_truncation, "tcp_on_truncation",
        "musl 1.2.4 and later: a truncated answer is asked for again over TCP, as the others always do"),
};
const struct shape resolver_view_shape = SHAPE(struct resolver_view, view_fields, "resolver_view");

static const struct shape_field warning_fields[] = {
    SHAPE_FIELD_COUNT(struct resolv_warning, line, "line", "from 1; null when it is about the whole file"),
    SHAPE_FIELD_NAME(struct resolv_warning, text, "text", "one sentence"),
    SHAPE_FIELD_TEXTS(struct resolv_warning, resolvers, "resolvers", "whom it concerns"),
    SHAPE_FIELD_BOOL(struct resolv_warning, loses, "loses",
                     "whether lookups may differ from what the writer of the file meant"),
    SHAPE_FIELD_BOOL(struct resolv_warning, of_nameserver, "of_nameserver",
                     "whether its line is one of a nameserver, so that names are completed as the file says"),
};
const struct shape resolv_warning_shape = SHAPE(struct resolv_warning, warning_fields, "resolv_warning");

static const struct shape_field identity_fields[] = {
    SHAPE_FIELD_CHOICE(struct resolver_identity, kind, "kind", resolver_kind_names,
                       "the resolver of the process looked at"),
    SHAPE_FIELD_TEXT(struct resolver_identity, version, "version", "null when it cannot be read"),
    SHAPE_FIELD_NAME(struct resolver_identity, how, "how", "the evidence"),
    SHAPE_FIELD_COUNT(struct resolver_identity, pid, "pid",
                      "the process that was looked at; null for an image or a system"),
    SHAPE_FIELD_TEXT(struct resolver_identity, program, "program", "its executable"),
    SHAPE_FIELD_WORD(struct resolver_identity, runtime, "runtime", application_runtime_names,
                     "a program that has a resolver or a cache of its own besides"),
    SHAPE_FIELD_TEXTS(struct resolver_identity, choices, "choices",
                      "names for --as that such a program may follow beside the C library's"),
};
const struct shape resolver_identity_shape =
    SHAPE(struct resolver_identity, identity_fields, "resolver_identity");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct resolv_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_NAME(struct resolv_facts, file, "file", "path that was read"),
    SHAPE_FIELD_TEXTS(struct resolv_facts, nameservers, "nameservers", "all that the file names"),
    SHAPE_FIELD_TEXTS(struct resolv_facts, search, "search", "the last search or domain line"),
    SHAPE_FIELD_MAP(struct resolv_facts, options, "options",
                    "value by option, the last one wins; an empty text for a bare word"),
    SHAPE_FIELD_TEXT(struct resolv_facts, dns_policy, "dns_policy",
                     "dnsPolicy of the Pod as inferred; null when it cannot be told"),
    SHAPE_FIELD_TEXT(struct resolv_facts, dns_policy_reason, "dns_policy_reason", "why it is thought so"),
    SHAPE_FIELD_TEXT(struct resolv_facts, as_pod, "as_pod",
                     "namespace of the Pod as which the views complete names; null when as the file says"),
    SHAPE_FIELD_POINTER(struct resolv_facts, names_as, "names_as", &name_view_shape,
                        "the same with the cluster's domain and how it is known"),
    SHAPE_FIELD_OBJECT(struct resolv_facts, resolver, "resolver", &resolver_identity_shape,
                       "the resolver of the process looked at"),
    SHAPE_FIELD_OBJECTS(struct resolv_facts, views, "views", &resolver_view_shape,
                        "what glibc, musl and Go each make of the file"),
    SHAPE_FIELD_OBJECTS(struct resolv_facts, warnings, "warnings", &resolv_warning_shape,
                        "what is not taken as written, by line"),
};
const struct shape resolv_facts_shape = SHAPE(struct resolv_facts, fields, "resolv");

bool resolver_view_has(const struct resolver_view *view, const char *option)
{
    for (size_t i = 0; i < view->options_count; i++)
        if (strcmp(view->options[i], option) == 0)
            return true;
    return false;
}

int resolver_of_kind(int kind)
{
    switch (kind) {
    case KIND_MUSL:
        return RESOLVER_MUSL;
    case KIND_GO:
        return RESOLVER_GO;
    default:
        return RESOLVER_GLIBC;
    }
}

const char *resolv_facts_fatal(const struct resolv_facts *facts, int kind)
{
    return facts->views_count == RESOLVERS ? facts->views[resolver_of_kind(kind)].fatal : NULL;
}

bool resolv_facts_loses(const struct resolv_facts *facts, int kind)
{
    const char *word = resolver_names[resolver_of_kind(kind)];

    for (size_t i = 0; i < facts->warnings_count; i++)
        for (size_t k = 0; facts->warnings[i].loses && k < facts->warnings[i].resolvers_count; k++)
            if (strcmp(facts->warnings[i].resolvers[k], word) == 0)
                return true;
    return resolv_facts_fatal(facts, kind);
}

/* The file that such a Pod has, for resolvers that have no view. */
static void rewrite(struct arena *arena, struct resolv_facts *facts)
{
    const struct resolver_view *view = &facts->views[RESOLVER_GLIBC];
    struct text out = {0};

    for (size_t i = 0; i < view->nameservers_count; i++)
        text_addf(&out, "nameserver %s\n", view->nameservers[i]);
    text_add(&out, "search");
    for (size_t i = 0; i < view->search_count; i++)
        text_addf(&out, " %s", *view->search[i] ? view->search[i] : ".");
    text_add(&out, "\noptions ndots:5");
    for (size_t i = 0; i < facts->options_count; i++)
        if (strcmp(facts->options[i].name, "ndots") != 0)
            text_addf(&out, " %s%s%s", facts->options[i].name, *facts->options[i].text ? ":" : "",
                      facts->options[i].text);
    text_add(&out, "\n");
    facts->text = arena_text(arena, text_string(&out));
    facts->text_len = strlen(facts->text);
    text_fini(&out);
}

void resolv_facts_as_pod(struct arena *arena, struct resolv_facts *facts, const struct name_view *as)
{
    const char *const cluster[] = {arena_printf(arena, "%s.svc.%s", as->space, as->domain),
                                   arena_printf(arena, "svc.%s", as->domain), as->domain};
    const size_t count = sizeof(cluster) / sizeof(cluster[0]);

    for (size_t i = 0; i < facts->views_count; i++) {
        struct resolver_view *view = &facts->views[i];
        const char **search = NULL;
        size_t search_count = 0;

        for (size_t k = 0; k < count; k++)
            *ARENA_PUSH(arena, search, search_count) = cluster[k];
        for (size_t k = facts->names_as ? count : 0; k < view->search_count; k++)
            *ARENA_PUSH(arena, search, search_count) = view->search[k];
        view->search = search;
        view->search_count = search_count;
        view->ndots = 5;
    }
    facts->as_pod = as->space;
    facts->names_as = ARENA_NEW(arena, struct name_view);
    *facts->names_as = *as;
    if (facts->views_count)
        rewrite(arena, facts);
}

void resolv_facts_ask(struct arena *arena, struct resolv_facts *facts, const struct address *servers,
                      size_t count)
{
    for (size_t i = 0; i < facts->views_count; i++) {
        struct resolver_view *view = &facts->views[i];

        view->nameservers = NULL;
        view->servers = NULL;
        view->nameservers_count = 0;
        for (size_t k = 0; k < count && k < RESOLV_SERVERS_MAX; k++) {
            char text[ADDRESS_TEXT];
            size_t at = view->nameservers_count;

            *ARENA_PUSH(arena, view->servers, at) = servers[k];
            *ARENA_PUSH(arena, view->nameservers, view->nameservers_count) =
                arena_text(arena, address_format(&servers[k], text, sizeof(text)));
        }
    }
    if (facts->names_as && facts->views_count)
        rewrite(arena, facts);
}

const char *resolver_cluster_domain(const struct resolver_view *view)
{
    for (size_t i = 0; i < view->search_count; i++)
        for (size_t k = 0; k < view->search_count; k++)
            if (strncmp(view->search[i], "svc.", 4) == 0 && strcmp(view->search[i] + 4, view->search[k]) == 0)
                return view->search[k];
    return NULL;
}

void resolv_facts_name_host(struct arena *arena, const struct resolv_facts *resolv, struct host_facts *host)
{
    const char *first = resolv && resolv->search_count > 1 && !resolv->as_pod ? resolv->search[0] : NULL;
    size_t len = first ? strcspn(first, ".") : 0;

    if (!host->in_pod)
        return;
    if (!host->pod && !host->host_network)
        host->pod = host->hostname;
    if (!host->space && len && first[len] && strncmp(first + len, ".svc.", 5) == 0 &&
        strcmp(first + len + 1, resolv->search[1]) == 0)
        host->space = arena_text_n(arena, first, len);
}
