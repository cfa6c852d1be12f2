/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zones: words that no name has in it, and the server block that gets the names of the cluster, which may be
 * another than the one with kubernetes.
 */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/wire/corefile/go_value.h>
#include <string.h>

static const char *zone_of(struct arena *arena, const char *text)
{
    struct corefile_key key;

    return corefile_key_read(arena, text, &key) ? key.zone : ".";
}

/* From where on the words of a plugin's line are zones; SIZE_MAX for a plugin without. What cache takes for a
 * zone is told with it. */
static size_t zones_from(const struct corefile_directive *d)
{
    static const struct {
        const char *plugin;
        size_t from;
    } plugins[] = {
        {"auto", 0},       {"dnssec", 0}, {"etcd", 0}, {"file", 1},     {"hosts", 1},
        {"kubernetes", 0}, {"log", 0},    {"sign", 1}, {"template", 2}, {"secondary", 0},
    };

    /* Behind the first one these have upstreams. */
    if (strcmp(d->name, "forward") == 0 || strcmp(d->name, "grpc") == 0)
        return 0;
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        if (strcmp(plugins[i].plugin, d->name) == 0)
            return plugins[i].from;
    return SIZE_MAX;
}

/* The zone without what is wrong with it. */
static const char *without(struct arena *arena, const char *zone, const char *what)
{
    const char *at = strstr(zone, what);

    return arena_printf(arena, "%.*s%s", (int)(at - zone), zone, at + strlen(what));
}

static void judge_word(struct judgement *j, const struct judged_block *block, uint64_t line, const char *word,
                       const char *what)
{
    static const char why[] = "Such a zone has no names, so that no query is answered by it.";
    unsigned bits;
    bool v6;

    if (argument_is_placeholder(word))
        return;
    if (strncmp(word, "*.", 2) == 0)
        judgement_remark(
            j, MATTER_ZONES, SEVERITY_WARNING, block, line,
            "A zone has all names below it, and * is no wildcard there: no query is for a name of "
            "this one.",
            "%s '%s' begins with a wildcard", what, word)
            ->write = without(j->arena, word, "*.");
    else if (strchr(word, ','))
        judgement_remark(j, MATTER_ZONES, SEVERITY_WARNING, block, line, why,
                         "%s '%s' has a comma in it, which divides nothing", what, word)
            ->write = word[strlen(word) - 1] == ',' ? without(j->arena, word, ",")
                                                    : "the zones with blanks between them";
    else if (strstr(word, "://") && corefile_transport_cut(&word) == COREFILE_DNS && strstr(word, "://"))
        judgement_remark(j, MATTER_ZONES, SEVERITY_WARNING, block, line, why, "%s '%s' is a URL", what, word)
            ->write = strstr(word, "://") + 3;
    else if (strpbrk(word, ";'=()") ||
             (strchr(word, '/') && !go_cidr(arena_text_n(j->arena, word, strcspn(word, ":")), &v6, &bits) &&
              !strchr(word, ':')))
        judgement_remark(j, MATTER_ZONES, SEVERITY_WARNING, block, line, why, "%s '%s' is no name", what,
                         word);
}

/* Before an option that stands on the line, and behind what is no zone. */
static void judge_words_of(struct judgement *j, const struct judged_block *block,
                           const struct corefile_directive *d)
{
    size_t from = zones_from(d), until = directive_args_own(d);
    const struct corefile_option *except = directive_find(d, "except");

    if (strcmp(d->name, "forward") == 0 || strcmp(d->name, "grpc") == 0) {
        until = until > 1 ? 1 : 0;
        for (size_t i = 0; except && i < except->args_count; i++)
            judge_word(j, block, except->line, except->args[i], "the zone");
    }
    /* A format of log stands where zones may. */
    if (strcmp(d->name, "log") == 0)
        until = until > 1 ? 1 : until;
    for (size_t i = from; i < until; i++)
        judge_word(j, block, d->line, d->args[i], "the zone");
}

void judge_zone_words(struct judgement *j, const struct judged_block *block)
{
    for (size_t i = 0; i < block->block->keys_count; i++)
        judge_word(j, block, block->block->line, block->block->keys[i], "the zone");
    for (size_t i = 0; i < block->block->directives_count; i++)
        judge_words_of(j, block, &block->block->directives[i]);
}

static bool share_a_port(const struct corefile_key *a, const struct corefile_key *b)
{
    return a->port == b->port && a->transport == b->transport;
}

/* The longest zone of a server block that a name is in, at the port of `like`; 0 for none. */
static size_t best_zone(const struct judged_block *block, const struct corefile_key *like, const char *name,
                        const struct corefile_key **ret_key)
{
    size_t best = 0;

    for (size_t i = 0; i < block->keys_count; i++)
        if (share_a_port(&block->keys[i], like) && zone_is_under(name, block->keys[i].zone) &&
            strlen(block->keys[i].zone) > best) {
            best = strlen(block->keys[i].zone);
            *ret_key = &block->keys[i];
        }
    return best;
}

/* Whether another server block gets the queries for the Services of `zone`, which kubernetes here has. */
static bool judge_taken(struct judgement *j, const struct judged_block *block,
                        const struct corefile_directive *kubernetes, const char *zone)
{
    const char *name = arena_printf(j->arena, "svc.%s", zone);
    const struct corefile_key *ignored;
    size_t own = block->keys_count ? best_zone(block, &block->keys[0], name, &ignored) : 0;

    /* One that has no such names itself is told of by judge_kubernetes(). */
    for (size_t i = 0; i < j->blocks_count && own; i++) {
        const struct judged_block *other = &j->blocks[i];
        const struct corefile_key *key = NULL;

        if (other == block || other->block->imports_count || other->outside || other->binds_count ||
            judged_find(other, "kubernetes") || judged_find(other, "view") ||
            best_zone(other, &block->keys[0], name, &key) <= own)
            continue;
        judgement_remark(
            j, MATTER_ZONES, SEVERITY_CRITICAL, other, other->block->line,
            "A query goes to the server block with the longest zone that has its name. This one does not know "
            "the Services of the cluster.",
            "zone %s takes the cluster names (%s) away from kubernetes in %s", key->zone, zone,
            judgement_line(j, kubernetes->line));
        return true;
    }
    return false;
}

/* Without a zone of its own kubernetes has those of its server block; the root is none of a cluster. */
static void judge_no_zone(struct judgement *j, const struct judged_block *block,
                          const struct corefile_directive *kubernetes)
{
    bool rooted = !kubernetes->args_count && block->root;

    for (size_t i = 0; i < kubernetes->args_count; i++)
        rooted = rooted || strcmp(kubernetes->args[i], ".") == 0;
    if (rooted)
        judgement_remark(
            j, MATTER_ZONES, SEVERITY_CRITICAL, block, kubernetes->line,
            "A Service is then called NAME.NAMESPACE.svc, without a domain: no name that Pods ask for is found, "
            "and external names end here unless fallthrough passes them on.",
            "kubernetes has the root zone, and not the cluster's domain")
            ->write = "kubernetes cluster.local in-addr.arpa ip6.arpa";
}

void judge_cluster_zone(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *kubernetes = judged_find(block, "kubernetes");
    bool taken = false;

    if (!kubernetes)
        return;
    judge_no_zone(j, block, kubernetes);
    for (size_t i = 0; i < kubernetes->args_count && !taken; i++) {
        const char *zone = zone_of(j->arena, kubernetes->args[i]);

        if (!argument_is_placeholder(kubernetes->args[i]) && strcmp(zone, ".") != 0 &&
            !zone_is_under(zone, "arpa."))
            taken = judge_taken(j, block, kubernetes, zone);
    }
}
