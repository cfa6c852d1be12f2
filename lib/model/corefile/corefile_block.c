/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One server block as a whole: what a block for the cluster should have (cache, errors, loop, ready),
 * and lacks; the entries of hosts.
 */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/base/suggest.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <string.h>

/* Where a file that was not read may have what seems missing, it is but a remark. */
static int missing(const struct judged_block *block, int severity)
{
    return block->block->imports_count ? SEVERITY_INFO : severity;
}

/* The first forward that leads out of this Corefile, or to what has no cache; NULL. */
static const struct corefile_directive *uncached_forward(const struct judgement *j,
                                                         const struct judged_block *block)
{
    const struct corefile_block *b = block->block;

    for (size_t i = 0; i < b->directives_count; i++)
        if (strcmp(b->directives[i].name, "forward") == 0 && !judged_forwards_within(j, &b->directives[i]))
            return &b->directives[i];
    return NULL;
}

static void judge_cache(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *cache = judged_find(block, "cache"),
                                    *forward = uncached_forward(j, block);
    const char *const *zones;
    size_t zones_count;
    uint64_t ttl;
    int64_t ns;
    bool numbered;

    if (!cache) {
        if (forward)
            judgement_remark(
                j, MATTER_CACHE, missing(block, SEVERITY_WARNING), block, forward->line,
                "Each query for an external name goes to the upstream: slower answers, more load, and "
                "nothing to live on while the upstream is away.",
                "forwards without a cache")
                ->write = "cache 30";
        return;
    }
    if (cache->args_count && go_duration(cache->args[0], &ns) && !go_int(cache->args[0], &ns)) {
        judgement_remark(j, MATTER_CACHE, SEVERITY_WARNING, block, cache->line,
                         "cache takes a number of seconds without a unit; anything else is a zone.",
                         "'%s' is taken for a zone, and no other name is kept", cache->args[0])
            ->write = "cache 30";
        return;
    }
    numbered = cache->args_count && number_parse(cache->args[0], 0, UINT64_MAX, &ttl, NULL) == 0;
    if (numbered && !ttl)
        judgement_remark(j, MATTER_CACHE, SEVERITY_CRITICAL, block, cache->line,
                         "CoreDNS does not start with it, and a running one keeps what it had.",
                         "cache 0: the time must be more than zero")
            ->write = "cache 30";
    else if (numbered && ttl < 5)
        judgement_remark(j, MATTER_CACHE, SEVERITY_INFO, block, cache->line,
                         "Answers are soon forgotten and asked for again.",
                         "cache keeps answers for %s s at most", cache->args[0])
            ->write = "cache 30";
    zones = (const char *const *)(numbered ? cache->args + 1 : cache->args);
    zones_count = directive_args_own(cache) - numbered;
    for (size_t i = 0; i < zones_count; i++)
        if (strcmp(zones[i], ".") == 0)
            zones_count = 0;
    if (zones_count && forward && block->root)
        judgement_remark(j, MATTER_CACHE, SEVERITY_WARNING, block, cache->line,
                         "All other names go to the upstream each time.", "cache is for %s alone",
                         arena_join(j->arena, zones, zones_count, ", "))
            ->write = "cache 30";
    for (size_t i = 0; i < cache->options_count; i++) {
        const struct corefile_option *option = &cache->options[i];

        /* kubeadm's own Corefile leaves the cluster's names out, which kubernetes has in memory anyway. */
        if (strcmp(option->name, "disable") == 0 && option->args_count &&
            (option->args_count == 1 || strcmp(option->args[1], ".") == 0))
            judgement_remark(
                j, MATTER_CACHE, SEVERITY_WARNING, block, option->line,
                strcmp(option->args[0], "denial") == 0
                    ? "Most queries of a search list are answered NXDOMAIN, and none of these is kept."
                    : "Good answers are not kept: each query goes the whole way.",
                "the cache is off for %s answers", option->args[0]);
    }
}

static void judge_loop(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *forward = judged_find(block, "forward");
    bool file = false;

    if (!forward || judged_find(block, "loop") || !block->root)
        return;
    for (size_t i = 1; i < forward->args_count; i++)
        file = file || forward->args[i][0] == '/';
    judgement_remark(
        j, MATTER_LOOP, missing(block, file && !judged_is_openshift(j) ? SEVERITY_WARNING : SEVERITY_INFO),
        block, forward->line,
        "When the upstream leads back to CoreDNS nothing notices: it eats CPU and memory until it is "
        "killed. loop ends it with a clear message.",
        "forwards without loop")
        ->write = "loop";
}

static void judge_errors(struct judgement *j, const struct judged_block *block)
{
    bool matters = block->root || judged_find(block, "kubernetes");

    if (!judged_find(block, "errors") && block->block->directives_count)
        judgement_remark(j, MATTER_ERRORS, missing(block, matters ? SEVERITY_WARNING : SEVERITY_INFO), block,
                         block->block->line,
                         "Upstreams that fail, and plugins that do, leave no word in the log.",
                         "no errors plugin")
            ->write = "errors";
}

static void judge_tapping(struct judgement *j, const struct judged_block *block)
{
    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *d = &block->block->directives[i];
        bool full = false;

        if (strcmp(d->name, "dnstap") == 0) {
            for (size_t k = 1; k < d->args_count; k++)
                full = full || strcmp(d->args[k], "full") == 0;
            if (!full)
                judgement_remark(
                    j, MATTER_DNSTAP, SEVERITY_WARNING, block, d->line,
                    "It sends addresses and times and no message: neither names nor codes nor ids can be "
                    "told.",
                    "dnstap without full")
                    ->write = arena_printf(j->arena, "dnstap %s full", d->args_count ? d->args[0] : "SOCKET");
        }
        if (strcmp(d->name, "trace") == 0 && d->args_count < 2 &&
            !(d->args_count == 1 && strcmp(d->args[0], "zipkin") != 0 && strcmp(d->args[0], "datadog") != 0))
            judgement_remark(j, MATTER_TRACE, SEVERITY_INFO, block, d->line,
                             "In CoreDNS's Pod nobody listens there.", "trace sends to localhost:9411")
                ->write = "trace zipkin COLLECTOR_IP:9411";
    }
}

static void judge_debug(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *debug = judged_find(block, "debug"),
                                    *erratic = judged_find(block, "erratic");

    if (debug)
        judgement_remark(
            j, MATTER_DEBUG, SEVERITY_WARNING, block, debug->line,
            "With it a panic is not caught: one bad query ends CoreDNS for all. Its messages fill the log.",
            "debug is on");
    if (erratic)
        judgement_remark(j, MATTER_ERRATIC, SEVERITY_WARNING, block, erratic->line,
                         "It drops and delays queries on purpose, for tests.", "erratic is on");
}

/* hosts takes FILE first and ZONES after. */
static void judge_file(struct judgement *j, const struct judged_block *block,
                       const struct corefile_directive *d)
{
    bool path = false;

    for (size_t i = 1; i < d->args_count; i++)
        path = path || d->args[i][0] == '/';
    if (d->args_count && (path || strcmp(d->args[0], ".") == 0) && d->args[0][0] != '/')
        judgement_remark(
            j, MATTER_HOSTS, SEVERITY_WARNING, block, d->line,
            "hosts takes FILE first and ZONES behind it. What stands first is no file here, so no entry of "
            "a file is ever served.",
            "'%s' stands where hosts takes a file", d->args[0])
            ->write =
            path ? arena_printf(j->arena, "hosts %s %s", d->args[1], d->args[0]) : "hosts FILE ZONES";
}

/* A wildcard in an entry works since 1.14.5 (PR 8185). */
static void judge_wildcard(struct judgement *j, const struct judged_block *block, uint64_t line,
                           const char *name)
{
    const char *version = j->environment->version;

    if (!strchr(name, '*') || (version && version_compare(version, "1.14.5") >= 0))
        return;
    judgement_remark(j, MATTER_HOSTS, version ? SEVERITY_WARNING : SEVERITY_INFO, block, line,
                     "hosts has wildcards since CoreDNS 1.14.5; before, the entry never matches.",
                     "'%s' is a wildcard", name)
        ->write = "template IN A ZONE { ... }, with match and answer on lines of their own";
}

/* "192.0.2.1", "fe80::1%eth0": what plugin/hosts takes for an address. */
static bool is_address(struct arena *arena, const char *text)
{
    const char *percent = strchr(text, '%');

    return go_ip(percent ? arena_text_n(arena, text, (size_t)(percent - text)) : text);
}

/* A line that is no entry is passed over by CoreDNS without a word. */
static void judge_passed_over(struct judgement *j, const struct judged_block *block,
                              const struct corefile_option *option)
{
    static const char *const options[] = {
        "fallthrough", "fallthrough_unsupported", "no_reverse", "reload", "ttl", NULL};
    static const char why[] = "CoreDNS passes over such a line, and says nothing.";
    const char *near = suggest_word(option->name, options);
    bool turned = option->args_count == 1 && is_address(j->arena, option->args[0]);

    if (near)
        judgement_remark(j, MATTER_HOSTS, SEVERITY_WARNING, block, option->line, why,
                         "hosts takes '%s' for an entry; did you mean %s?", option->name, near)
            ->write = near;
    else
        judgement_remark(j, MATTER_HOSTS, SEVERITY_WARNING, block, option->line, why,
                         "an entry of hosts begins with an IP address, and '%s' is none", option->name)
            ->write = turned ? arena_printf(j->arena, "%s %s", option->args[0], option->name)
                             : arena_printf(j->arena, "IP_ADDRESS %s",
                                            option->args_count == 1 ? option->args[0] : "NAME");
}

/* Whether hosts keeps an entry for a name: its zones, else those of its server block, have it. */
static bool keeps(struct judgement *j, const struct judged_block *block, const struct corefile_directive *d,
                  const char *name)
{
    const char *whole = arena_printf(j->arena, "%s%s", name, name[strlen(name) - 1] == '.' ? "" : ".");
    struct corefile_key zone;

    for (size_t i = 1; i < d->args_count; i++)
        if (argument_is_placeholder(d->args[i]) || !corefile_key_read(j->arena, d->args[i], &zone) ||
            zone_is_under(whole, zone.zone))
            return true;
    for (size_t i = 0; d->args_count < 2 && i < block->keys_count; i++)
        if (argument_is_placeholder(block->keys[i].zone) || zone_is_under(whole, block->keys[i].zone))
            return true;
    return d->args_count < 2 && !block->keys_count;
}

static void judge_entry(struct judgement *j, const struct judged_block *block,
                        const struct corefile_directive *d, const struct corefile_option *option)
{
    if (argument_is_placeholder(option->name))
        return;
    if (!is_address(j->arena, option->name)) {
        judge_passed_over(j, block, option);
        return;
    }
    if (!option->args_count)
        judgement_remark(j, MATTER_HOSTS, SEVERITY_WARNING, block, option->line,
                         "CoreDNS passes over such a line, and says nothing.",
                         "the entry of hosts for %s has no name", option->name)
            ->write = arena_printf(j->arena, "%s NAME", option->name);
    for (size_t i = 0; i < option->args_count; i++) {
        const char *name = option->args[i];

        judge_wildcard(j, block, option->line, name);
        /* Of a port, a list with commas, an address of a page. */
        if (!argument_is_placeholder(name) && strpbrk(name, ",;:/'"))
            judgement_remark(
                j, MATTER_HOSTS, SEVERITY_WARNING, block, option->line,
                "An entry is an IP address and names with blanks between them; no query asks for "
                "such a name.",
                "'%s' is no host name", name);
        else if (*name && strcmp(name, "}") != 0 && !argument_is_placeholder(name) &&
                 !keeps(j, block, d, name))
            judgement_remark(
                j, MATTER_HOSTS, SEVERITY_WARNING, block, option->line,
                "hosts keeps the names of its zones alone, which are those of its server block unless "
                "they stand behind its file.",
                "'%s' is not in the zones of hosts, and is passed over", name);
    }
}

void judge_hosts_entries(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *d = judged_find(block, "hosts");
    const struct plugin_grammar *grammar = grammar_find("hosts");
    size_t own = d ? directive_options_own(d) : 0;

    if (!d)
        return;
    judge_file(j, block, d);
    for (size_t i = 0; i < own; i++)
        if (!grammar_has_option(grammar, d->options[i].name))
            judge_entry(j, block, d, &d->options[i]);
}

static void judge_binds(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *bind = judged_find(block, "bind");
    size_t loopback = 0;

    for (size_t i = 0; i < block->binds_count; i++)
        loopback += address_is_loopback(&block->binds[i]);
    if (bind && loopback && loopback == bind->args_count && block->root)
        judgement_remark(j, MATTER_BIND, SEVERITY_WARNING, block, bind->line,
                         "No Pod but its own can reach it.", "it listens on loopback alone");
}

void judge_block(struct judgement *j, const struct judged_block *block)
{
    judge_cache(j, block);
    judge_loop(j, block);
    judge_errors(j, block);
    judge_tapping(j, block);
    judge_debug(j, block);
    judge_binds(j, block);
}

static const char *zone_of(struct judgement *j, const char *text)
{
    struct corefile_key key;

    return corefile_key_read(j->arena, text, &key) ? key.zone : ".";
}

static bool is_served(const struct judged_block *block, const char *zone)
{
    for (size_t i = 0; i < block->keys_count; i++)
        if (zone_is_under(zone, block->keys[i].zone))
            return true;
    return false;
}

static void judge_autopath(struct judgement *j, const struct judged_block *block,
                           const struct corefile_directive *kubernetes, const char *pods)
{
    const struct corefile_directive *autopath = judged_find(block, "autopath");
    bool of_kubernetes = false;

    for (size_t i = 0; autopath && i < autopath->args_count; i++)
        of_kubernetes = of_kubernetes || strcmp(autopath->args[i], "@kubernetes") == 0;
    if (of_kubernetes && strcmp(pods, "verified") != 0)
        judgement_remark(
            j, MATTER_AUTOPATH, SEVERITY_WARNING, block, autopath->line,
            "It finds a Pod's search list by the Pod's address, which kubernetes knows with pods verified "
            "alone: as it is, it does nothing, or answers from the wrong namespace.",
            "autopath with pods %s", pods)
            ->write = "pods verified";
    else if (of_kubernetes)
        judgement_remark(
            j, MATTER_AUTOPATH, SEVERITY_INFO, block, autopath->line,
            "A Pod that gets the address of one that went may be answered from the other's namespace; "
            "before 1.5.1 this was common.",
            "autopath guesses the Pod by its address");
    (void)kubernetes;
}

void judge_kubernetes(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *kubernetes = judged_find(block, "kubernetes");
    const struct corefile_option *pods = directive_find(kubernetes, "pods");
    const struct corefile_option *pass = directive_find(kubernetes, "fallthrough");
    const struct corefile_option *ttl = directive_find(kubernetes, "ttl");
    const char *mode = pods && pods->args_count ? pods->args[0] : "disabled";
    bool reverse = false;

    if (!kubernetes)
        return;
    judge_autopath(j, block, kubernetes, mode);
    for (size_t i = 0; i < kubernetes->args_count; i++) {
        const char *zone = zone_of(j, kubernetes->args[i]);

        reverse = reverse || zone_is_under(zone, "in-addr.arpa.") || zone_is_under(zone, "ip6.arpa.");
        if (!strstr(kubernetes->args[i], "{$") && block->keys_count && !is_served(block, zone) &&
            !zone_is_under(zone, "arpa.") && !judged_rewrites_to(j, block, zone))
            judgement_remark(j, MATTER_ZONES, SEVERITY_WARNING, block, kubernetes->line,
                             "Names of it never come to this server block.",
                             "kubernetes serves %s, which this server block does not", kubernetes->args[i])
                ->write = arena_printf(j->arena, "%s:53 {", kubernetes->args[i]);
    }
    if (strcmp(mode, "insecure") == 0)
        judgement_remark(
            j, MATTER_PODS, SEVERITY_INFO, block, pods->line,
            "Any 1-2-3-4.NAMESPACE.pod name gets its address, whether there is such a Pod or not; it is "
            "kubeadm's default.",
            "pods insecure");
    if (reverse && !pass && judged_find(block, "forward"))
        judgement_remark(
            j, MATTER_FALLTHROUGH, SEVERITY_INFO, block, kubernetes->line,
            "Reverse lookups of addresses outside the cluster end in NXDOMAIN here, instead of going to "
            "the upstream.",
            "kubernetes passes no reverse lookup on")
            ->write = "fallthrough in-addr.arpa ip6.arpa";
    if (ttl && ttl->args_count && strcmp(ttl->args[0], "0") == 0)
        judgement_remark(j, MATTER_CACHE, SEVERITY_INFO, block, ttl->line,
                         "Nothing in a Pod can keep the answers.", "answers of the cluster have a ttl of 0");
}
