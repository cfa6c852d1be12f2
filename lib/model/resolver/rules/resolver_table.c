/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"
#include <k8sdns/base/text.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <string.h>

/* musl before 1.2.4 has this of the versions recorded. */
#define MUSL_OLD "1.2.3"
#define MUSL_NEW "1.2.5"

static const struct resolver_rules *const table[RESOLVERS_KNOWN] = {
    [RESOLVER_CARES] = &rules_cares,
    [RESOLVER_CARES_QUERY] = &rules_cares_query,
    [RESOLVER_CARES_OLD] = &rules_cares_old,
    [RESOLVER_NODE] = &rules_node,
    [RESOLVER_NODE_OLD] = &rules_node_old,
    [RESOLVER_GRPC] = &rules_grpc,
    [RESOLVER_NETTY] = &rules_netty,
    [RESOLVER_NETTY_ALL] = &rules_netty_all,
    [RESOLVER_NETTY_TCP] = &rules_netty_tcp,
    [RESOLVER_HICKORY] = &rules_hickory,
    [RESOLVER_RUBY] = &rules_ruby,
    [RESOLVER_RUBY_ONE] = &rules_ruby_one,
    [RESOLVER_ERLANG] = &rules_erlang,
    [RESOLVER_ERLANG_NATIVE] = &rules_erlang_native,
    [RESOLVER_PERL] = &rules_perl,
    [RESOLVER_PERL_QUERY] = &rules_perl_query,
    [RESOLVER_DNSPYTHON] = &rules_dnspython,
    [RESOLVER_DNSPYTHON_SEARCH] = &rules_dnspython_search,
    [RESOLVER_PHP] = &rules_php,
    [RESOLVER_NGINX] = &rules_nginx,
    [RESOLVER_HAPROXY] = &rules_haproxy,
    [RESOLVER_RESOLVED] = &rules_resolved,
    [RESOLVER_RESOLVED_STUB] = &rules_resolved_stub,
    [RESOLVER_BUSYBOX] = &rules_busybox,
    [RESOLVER_BUSYBOX_MUSL] = &rules_busybox_musl,
    [RESOLVER_BUSYBOX_OLD] = &rules_busybox_old,
    [RESOLVER_NSLOOKUP] = &rules_nslookup,
    [RESOLVER_HOST] = &rules_host,
    [RESOLVER_DIG] = &rules_dig,
    [RESOLVER_DIG_SEARCH] = &rules_dig_search,
    [RESOLVER_GETENT_HOSTS] = &rules_getent_hosts,
};

const struct resolver_rules *resolver_rules_of(int resolver)
{
    return table[resolver];
}

/* Those whose rules stand in lookup_*.c. */
static const struct resolver_entry own[] = {
    [RESOLVER_GLIBC] = {.about = "getaddrinfo() of glibc 2.36 to 2.41",
                        .left_open = "with rotate, the server asked first",
                        .connects = true,
                        .hears_routes = true,
                        .reads_hosts = true,
                        .reads_nsswitch = true},
    [RESOLVER_MUSL] = {.about = "getaddrinfo() of musl 1.2.4 and later: Alpine since 3.18",
                       .left_open = "which of several servers is heard first",
                       .reads_hosts = true},
    [RESOLVER_GO] = {.about = "net.Resolver of Go 1.19 to 1.27 without cgo",
                     .left_open = "the order of A and AAAA",
                     .connects = true,
                     .reads_hosts = true,
                     .reads_nsswitch = true},
    [RESOLVER_MUSL_OLD] = {.about = "getaddrinfo() of musl 1.2.3: Alpine up to 3.17, Debian 12",
                           .left_open = "which of several servers is heard first",
                           .reads_hosts = true},
};

const struct resolver_entry *resolver_entry(int resolver)
{
    return table[resolver] ? (const struct resolver_entry *)table[resolver] : &own[resolver];
}

const struct resolver_alias resolver_aliases[] = {
    {"python", RESOLVER_GLIBC, "socket.getaddrinfo() is the C library's getaddrinfo()"},
    {"java", RESOLVER_GLIBC, "InetAddress calls the C library's getaddrinfo()"},
    {"curl", RESOLVER_GLIBC, "it calls the C library's getaddrinfo() in a thread"},
    {"wget", RESOLVER_GLIBC, "it calls the C library's getaddrinfo()"},
    {"node-lookup", RESOLVER_GLIBC,
     "dns.lookup(), which http and fetch use, calls the C library's getaddrinfo()"},
    {"php", RESOLVER_GLIBC, "gethostbyname() and streams call the C library"},
    {"ruby", RESOLVER_GLIBC, "Socket and Net::HTTP call the C library's getaddrinfo()"},
    {"go-cgo", RESOLVER_GLIBC, "with cgo, Go calls the C library's getaddrinfo()"},
    {"getent-ahosts", RESOLVER_GLIBC, "it calls getaddrinfo()"},
    {"envoy", RESOLVER_CARES, "it uses c-ares; with dns_lookup_family V4_ONLY it asks A alone"},
    {NULL, 0, NULL},
};

/* Kept in step with the two tables by a test. */
const char *const resolver_as_names[] = {"glibc",
                                         "musl",
                                         "go",
                                         "all",
                                         "everything",
                                         "musl-1.2.3",
                                         "c-ares",
                                         "c-ares-query",
                                         "c-ares-1.18",
                                         "node-resolve",
                                         "node-resolve-16",
                                         "grpc",
                                         "netty",
                                         "netty-resolve-all",
                                         "netty-tcp",
                                         "hickory",
                                         "ruby-resolv",
                                         "ruby-resolv-getaddress",
                                         "erlang",
                                         "erlang-native",
                                         "perl-net-dns",
                                         "perl-net-dns-query",
                                         "dnspython",
                                         "dnspython-search",
                                         "php-dns",
                                         "nginx",
                                         "haproxy",
                                         "resolved",
                                         "resolved-stub",
                                         "busybox-nslookup",
                                         "busybox-nslookup-musl",
                                         "busybox-nslookup-1.28",
                                         "nslookup",
                                         "host",
                                         "dig",
                                         "dig-search",
                                         "getent-hosts",
                                         "python",
                                         "java",
                                         "curl",
                                         "wget",
                                         "node-lookup",
                                         "php",
                                         "ruby",
                                         "go-cgo",
                                         "getent-ahosts",
                                         "envoy",
                                         NULL};

static void add_once(struct arena *arena, int resolver, int **resolvers, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if ((*resolvers)[i] == resolver)
            return;
    *ARENA_PUSH(arena, *resolvers, *count) = resolver;
}

bool resolver_add_named(struct arena *arena, const char *name, int **resolvers, size_t *count)
{
    int last = strcmp(name, "everything") == 0 ? RESOLVERS_KNOWN : strcmp(name, "all") == 0 ? RESOLVERS : 0;

    for (int i = 0; i < last; i++)
        add_once(arena, i, resolvers, count);
    for (int i = 0; !last && i < RESOLVERS_KNOWN; i++)
        if (strcmp(resolver_all_names[i], name) == 0) {
            add_once(arena, i, resolvers, count);
            return true;
        }
    for (const struct resolver_alias *alias = resolver_aliases; !last && alias->name; alias++)
        if (strcmp(alias->name, name) == 0) {
            add_once(arena, alias->resolver, resolvers, count);
            return true;
        }
    return last != 0;
}

void resolver_choices_fill(struct arena *arena, bool netty, struct resolver_identity *identity)
{
    static const struct {
        int runtime, resolver;
    } rows[] = {
        {RUNTIME_NODE, RESOLVER_NODE},
        {RUNTIME_ENVOY, RESOLVER_CARES},
        {RUNTIME_NGINX, RESOLVER_NGINX},
        {RUNTIME_HAPROXY, RESOLVER_HAPROXY},
        {RUNTIME_ERLANG, RESOLVER_ERLANG_NATIVE},
        {RUNTIME_ERLANG, RESOLVER_ERLANG},
        {RUNTIME_RUBY, RESOLVER_RUBY},
        {RUNTIME_PHP, RESOLVER_PHP},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].runtime == identity->runtime)
            *ARENA_PUSH(arena, identity->choices, identity->choices_count) =
                resolver_all_names[rows[i].resolver];
    if (identity->runtime == RUNTIME_JAVA && netty)
        *ARENA_PUSH(arena, identity->choices, identity->choices_count) = resolver_all_names[RESOLVER_NETTY];
}

/* What a capture tells of the file, as a file. */
static void write_outline(const struct resolv_facts *facts, struct text *out)
{
    for (size_t i = 0; i < facts->nameservers_count; i++)
        text_addf(out, "nameserver %s\n", facts->nameservers[i]);
    if (facts->search_count)
        text_add(out, "search");
    for (size_t i = 0; i < facts->search_count; i++)
        text_addf(out, " %s", *facts->search[i] ? facts->search[i] : ".");
    text_add(out, "\n");
    for (size_t i = 0; i < facts->options_count; i++)
        text_addf(out, "options %s%s%s\n", facts->options[i].name, *facts->options[i].text ? ":" : "",
                  facts->options[i].text);
}

void resolver_view_of(struct arena *arena, const struct resolv_facts *facts, int resolver,
                      struct resolver_view *ret_view)
{
    const struct resolver_rules *rules = table[resolver];
    struct resolv_environment environment =
        facts->environment ? *facts->environment : (struct resolv_environment){0};
    bool musl = resolver == RESOLVER_MUSL || resolver == RESOLVER_MUSL_OLD;
    const char *text = facts->text;
    size_t len = facts->text_len;
    struct resolv_reading reading;

    if (resolver < RESOLVERS && !(musl && !(facts->resolver.kind == KIND_MUSL && facts->resolver.version))) {
        *ret_view = facts->views[resolver];
        return;
    }
    if (!text) {
        struct text outline = {0};

        write_outline(facts, &outline);
        text = arena_text(arena, text_string(&outline));
        len = strlen(text);
        text_fini(&outline);
    }
    if (musl) {
        environment.musl_version = resolver == RESOLVER_MUSL ? MUSL_NEW : MUSL_OLD;
        resolv_musl_read(arena, text, len, &environment, &reading);
    } else if (rules->read) {
        rules->read(arena, text, len, &environment, &reading);
    } else {
        resolv_dialect_read(arena, rules->dialect, text, len, &environment, &reading);
    }
    resolver_view_make(arena, resolver, &reading, ret_view);
}
