/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which plugin of which server block gets a query, and what therefore never gets one: a shadowed forward, a
 * rewrite to a zone of another block.
 */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/base/text.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <string.h>
#include <strings.h>

/* They answer names of their own, or all of one type. */
static const char *const answering_some[] = {"acl",   "any",   "chaos",      "local",
                                             "nomad", "proxy", "federation", NULL};

/* More forwards in one server block are not compared; nobody has as many. */
#define FORWARDS_MAX 200

/* The zone that a word means, lower case and with a final dot; the root for what is none. */
static const char *zone_of(struct arena *arena, const char *text)
{
    struct corefile_key key;

    return corefile_key_read(arena, text, &key) ? key.zone : ".";
}

static bool is_forward(const struct corefile_directive *d)
{
    return strcmp(d->name, "forward") == 0 && d->args_count >= 2;
}

/* Whether a forward passes some query on to the next one, though its zone has it. */
static bool passes_on(struct arena *arena, const struct corefile_directive *d, const char *zone)
{
    const struct corefile_option *except = directive_find(d, "except");

    for (size_t i = 0; except && i < except->args_count; i++)
        if (zone_is_under(zone, zone_of(arena, except->args[i])))
            return true;
    return directive_find(d, "next") || directive_find(d, "next_on_nodata");
}

/* One of the forwards of a server block. */
struct forward_line {
    const struct corefile_directive *d;
};

/* The earlier one that takes all queries of a forward; NULL. */
static const struct corefile_directive *taken_by(struct judgement *j, const struct forward_line *earlier,
                                                 size_t count, const struct corefile_directive *d)
{
    const char *zone = zone_of(j->arena, d->args[0]);

    for (size_t i = 0; i < count; i++)
        if (zone_is_under(zone, zone_of(j->arena, earlier[i].d->args[0])) &&
            !passes_on(j->arena, earlier[i].d, zone) && !argument_is_placeholder(earlier[i].d->args[0]))
            return earlier[i].d;
    return NULL;
}

/* Forwards are tried in the order of the file, and one that has the zone of a query ends it. */
static void judge_shadowed(struct judgement *j, const struct judged_block *block)
{
    const char *version = j->environment->version;
    const struct corefile_block *b = block->block;
    const struct corefile_directive *earlier;
    struct forward_line *forwards = NULL;
    size_t count = 0;

    /* Before 1.9.4 a second one is refused. */
    if (version && version_compare(version, "1.9.4") < 0)
        return;
    for (size_t i = 0; i < b->directives_count && count < FORWARDS_MAX; i++) {
        const struct corefile_directive *d = &b->directives[i];

        if (!is_forward(d))
            continue;
        earlier = argument_is_placeholder(d->args[0]) ? NULL : taken_by(j, forwards, count, d);
        ARENA_PUSH(j->arena, forwards, count)->d = d;
        if (earlier)
            judgement_remark(
                j, MATTER_FORWARD, SEVERITY_WARNING, block, d->line,
                "Forwards are tried in the order of the file; the first whose zone has the name takes the "
                "query. CoreDNS before 1.9.4 does not start with a second forward.",
                "forward %s never gets a query: forward %s in %s takes them first", d->args[0],
                earlier->args[0], judgement_line(j, earlier->line))
                ->write = strcasecmp(d->args[0], earlier->args[0]) == 0
                              ? "one forward for this zone, with all its upstreams"
                              : arena_printf(j->arena, "forward %s ... before forward %s", d->args[0],
                                             earlier->args[0]);
    }
}

/* A forward for names that never come to its server block. */
static void judge_foreign(struct judgement *j, const struct judged_block *block,
                          const struct corefile_directive *d)
{
    const char *zone = zone_of(j->arena, d->args[0]);
    bool meets = !block->keys_count;

    for (size_t i = 0; i < block->keys_count; i++)
        meets = meets || zone_is_under(zone, block->keys[i].zone) || zone_is_under(block->keys[i].zone, zone);
    if (!meets && !argument_is_placeholder(d->args[0]) && !judged_rewrites_to(j, block, zone))
        judgement_remark(j, MATTER_ZONES, SEVERITY_WARNING, block, d->line,
                         "Names of it never come to this server block.",
                         "forward is for %s, which this server block does not serve", d->args[0])
            ->write = arena_printf(j->arena, "%s:53 {", d->args[0]);
}

static bool has_root(struct arena *arena, const char *const *zones, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(zone_of(arena, zones[i]), ".") == 0)
            return true;
    return false;
}

/* Whether a plugin may answer any name of the root zone. */
static bool answers_root(struct judgement *j, const struct judged_block *block,
                         const struct corefile_directive *d)
{
    const char *const *args = (const char *const *)d->args;

    if (strcmp(d->name, "forward") == 0 || strcmp(d->name, "proxy") == 0 || strcmp(d->name, "grpc") == 0)
        /* One without a zone has a remark of its own. */
        return d->args_count <= 1 || has_root(j->arena, args, 1) || argument_is_placeholder(args[0]);
    if (strcmp(d->name, "whoami") == 0 || strcmp(d->name, "erratic") == 0)
        return true;
    if (strcmp(d->name, "template") == 0)
        return d->args_count <= 2 || has_root(j->arena, args + 2, d->args_count - 2);
    if (strcmp(d->name, "file") == 0)
        return d->args_count <= 1 || has_root(j->arena, args + 1, d->args_count - 1);
    if (strcmp(d->name, "auto") == 0 || strcmp(d->name, "secondary") == 0 || strcmp(d->name, "etcd") == 0)
        return !d->args_count || has_root(j->arena, args, d->args_count);
    /* Of a plugin that another build has nobody knows. */
    (void)block;
    return !grammar_find(d->name);
}

/* What passes on what it does not know, and nothing behind it answers; NULL. */
static const struct corefile_directive *passes_to_nobody(const struct judged_block *block)
{
    const struct corefile_directive *last = NULL;

    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *d = &block->block->directives[i];

        if (!grammar_find(d->name))
            return NULL;
        if (plugin_answers(d->name) && (!last || plugin_place(d->name) > plugin_place(last->name)))
            last = d;
    }
    return last && strcmp(last->name, "hosts") == 0 && directive_find(last, "fallthrough") ? last : NULL;
}

/* A server block of some zone alone: one that has all its names answered, but for a slip. */
static void judge_no_answer(struct judgement *j, const struct judged_block *block, bool some)
{
    static const char why[] = "Such a name ends in SERVFAIL (\"no next plugin found\").";
    const struct corefile_directive *d = passes_to_nobody(block);

    if (some && d)
        judgement_remark(j, MATTER_FORWARD, SEVERITY_INFO, block, d->line, why,
                         "hosts passes on the names that it does not know, and nothing here answers them")
            ->write = "forward . /etc/resolv.conf";
    for (size_t i = 0; i < block->block->directives_count && !some; i++)
        some = !grammar_find(block->block->directives[i].name) ||
               plugin_index(answering_some, block->block->directives[i].name) >= 0;
    if (!some && block->keys_count && !j->corefile->fault && !j->corefile->slips_count)
        judgement_remark(j, MATTER_FORWARD, SEVERITY_WARNING, block, block->block->line, why,
                         "nothing in this server block answers a name of %s", block->keys[0].zone)
            ->write = "forward . UPSTREAM_IP";
}

/* A server block of the root zone without anything that answers its names. */
static void judge_unanswered(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_block *b = block->block;
    bool some = false, elsewhere = false;

    for (size_t i = 0; i < b->directives_count; i++) {
        if (answers_root(j, block, &b->directives[i]))
            return;
        some = some || plugin_answers(b->directives[i].name);
    }
    for (size_t i = 0; i < j->blocks_count; i++)
        elsewhere = elsewhere || (&j->blocks[i] != block && j->blocks[i].root);
    if (b->imports_count || !b->directives_count)
        return;
    for (size_t i = 0; i < b->directives_count; i++)
        if (directive_options_own(&b->directives[i]) < b->directives[i].options_count)
            return; /* some may stand in the braces of another */
    if (!block->root) {
        judge_no_answer(j, block, some);
        judge_path_end(j, block);
        return;
    }
    if (!some && elsewhere)
        return;
    judgement_remark(
        j, MATTER_FORWARD, SEVERITY_WARNING, block, b->line,
        "Every name that the plugins here do not know ends in SERVFAIL (\"no next plugin found\"): all "
        "external names among them.",
        "no forward: nothing here answers external names")
        ->write = "forward . /etc/resolv.conf";
}

/* The best of the server blocks for a name, as CoreDNS picks it: the longest zone. */
static const struct judged_block *server_of(const struct judgement *j, const struct judged_block *like,
                                            const char *name, size_t *ret_len)
{
    const struct judged_block *best = NULL;

    *ret_len = 0;
    for (size_t i = 0; i < j->blocks_count; i++)
        for (size_t k = 0; k < j->blocks[i].keys_count; k++) {
            const struct corefile_key *key = &j->blocks[i].keys[k];

            if (!like->keys_count || key->port != like->keys[0].port ||
                key->transport != like->keys[0].transport || !zone_is_under(name, key->zone) ||
                (best && strlen(key->zone) <= *ret_len))
                continue;
            best = &j->blocks[i];
            *ret_len = strlen(key->zone);
        }
    return best;
}

/* Whether kubernetes or a forward of a block has a zone with this name, besides the forward for all. */
static bool has_zone_for(struct judgement *j, const struct corefile_directive *d, const char *name)
{
    bool kubernetes = strcmp(d->name, "kubernetes") == 0, forward = is_forward(d);

    for (size_t k = 0; (kubernetes || forward) && k < (forward ? 1 : d->args_count); k++) {
        const char *zone = zone_of(j->arena, d->args[k]);

        if (strcmp(zone, ".") != 0 && zone_is_under(name, zone))
            return true;
    }
    return false;
}

/* The block of the root zone may have no more for a name than any upstream has. */
static bool is_of_all(struct judgement *j, const struct judged_block *block, size_t len, const char *name)
{
    for (size_t i = 0; i < block->block->directives_count && len == 1; i++)
        if (has_zone_for(j, &block->block->directives[i], name))
            return false;
    return len == 1;
}

/* Whether a block has something for a name of its own. */
static bool serves_itself(struct judgement *j, const struct judged_block *block, const char *name)
{
    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *d = &block->block->directives[i];

        if (has_zone_for(j, d, name))
            return true;
        if (!grammar_find(d->name) || strcmp(d->name, "hosts") == 0 || strcmp(d->name, "file") == 0)
            return true;
    }
    return false;
}

/* A name rule of rewrite, in the words that it has on its line or in its braces. */
struct name_rule {
    const char *matching, *from, *to;
    uint64_t line;
    bool answers, goes_on;
};

static bool read_name_rule(struct arena *arena, const struct corefile_directive *d, struct name_rule *ret)
{
    const char **words = NULL;
    size_t count = 0, at = 0;

    for (size_t i = 0; i < d->args_count; i++)
        *ARENA_PUSH(arena, words, count) = d->args[i];
    for (size_t i = 0; d->args_count < 2 && i < d->options_count; i++) {
        *ARENA_PUSH(arena, words, count) = d->options[i].name;
        for (size_t k = 0; k < d->options[i].args_count; k++)
            *ARENA_PUSH(arena, words, count) = d->options[i].args[k];
    }
    *ret = (struct name_rule){.matching = "exact", .line = d->line};
    if (count && (strcasecmp(words[0], "stop") == 0 || strcasecmp(words[0], "continue") == 0))
        ret->goes_on = strcasecmp(words[at++], "continue") == 0;
    if (count < at + 3 || strcasecmp(words[at], "name") != 0)
        return false;
    ret->from = words[at + 1];
    ret->to = words[at + 2];
    if (count >= at + 4) {
        ret->matching = words[at + 1];
        ret->from = words[at + 2];
        ret->to = words[at + 3];
    }
    for (size_t i = at + 4; i < count; i++)
        ret->answers = ret->answers || strcmp(words[i], "answer") == 0;
    return true;
}

/* The end of a replacement that stands fast: ".svc.cluster.local" of "{1}.svc.cluster.local". */
static const char *fixed_end(struct arena *arena, const char *to)
{
    const char *brace = strrchr(to, '}'), *end = brace ? brace + 1 : to;
    size_t len;

    end += *end == '.';
    len = strlen(end);
    return len ? arena_printf(arena, "%s%s", end, end[len - 1] == '.' ? "" : ".") : NULL;
}

/* What it puts in is no end of a name. */
static bool is_partial(const struct name_rule *rule)
{
    return strcasecmp(rule->matching, "prefix") == 0 || strcasecmp(rule->matching, "substring") == 0;
}

bool judged_rewrites_to(struct judgement *j, const struct judged_block *block, const char *zone)
{
    const struct corefile_block *b = block->block;

    for (size_t i = 0; i < b->directives_count; i++) {
        struct name_rule rule;
        const char *end;

        if (strcmp(b->directives[i].name, "rewrite") != 0 ||
            !read_name_rule(j->arena, &b->directives[i], &rule))
            continue;
        end = fixed_end(j->arena, rule.to);
        if (!end || is_partial(&rule) || argument_is_placeholder(rule.to) || zone_is_under(end, zone))
            return true;
    }
    return b->imports_count > 0; /* which may have one */
}

/* A rewrite does not start over: the new name goes on to the plugins of the same server block. */
static void judge_rewritten(struct judgement *j, const struct judged_block *block,
                            const struct name_rule *rule)
{
    const char *name = is_partial(rule) ? NULL : fixed_end(j->arena, rule->to);
    const struct judged_block *best;
    size_t len, own = 0;

    if (!name || argument_is_placeholder(rule->to))
        return;
    best = server_of(j, block, name, &len);
    for (size_t i = 0; i < block->keys_count; i++)
        if (zone_is_under(name, block->keys[i].zone) && strlen(block->keys[i].zone) > own)
            own = strlen(block->keys[i].zone);
    if (!best || best == block || own >= len || serves_itself(j, block, name) ||
        is_of_all(j, best, len, name))
        return;
    judgement_remark(
        j, MATTER_REWRITE, SEVERITY_WARNING, block, rule->line,
        "rewrite does not start over: the new name goes on to the plugins of this server block, whose "
        "upstream does not know it.",
        "rewrites to %s, which the server block %s (%s) serves", rule->to, best->label,
        judgement_line(j, best->block->line));
}

/* The answer keeps the new name unless it is told to go back; resolvers drop an answer for another name. */
static void judge_answer(struct judgement *j, const struct judged_block *block, const struct name_rule *rule)
{
    const char *version = j->environment->version;

    if (rule->answers || rule->goes_on || strcasecmp(rule->matching, "exact") == 0)
        return;
    judgement_remark(
        j, MATTER_REWRITE, SEVERITY_WARNING, block, rule->line,
        "The question is set back, and the records keep the new name. Resolvers drop records of a name that "
        "they did not ask for.",
        "rewrite name %s has no answer rule: the answer is for another name than the query", rule->matching)
        ->write =
        version && version_compare(version, "1.8.4") < 0 ? "... answer name FROM TO" : "... answer auto";
}

/* Whether a server block may know a name that no forward would find. */
static bool knows_more(const struct judged_block *block)
{
    static const char *const plugins[] = {"hosts", "file", "auto", "template", "etcd", "secondary", NULL};

    for (size_t i = 0; i < block->block->directives_count; i++)
        if (plugin_index(plugins, block->block->directives[i].name) >= 0 ||
            !grammar_find(block->block->directives[i].name))
            return true;
    return block->block->imports_count > 0;
}

/* The new name is asked for as it stands: no search list completes it, and an address is no name. */
static void judge_target_name(struct judgement *j, const struct judged_block *block,
                              const struct name_rule *rule)
{
    const char *to = rule->to;
    size_t len = strlen(to);
    bool exact = strcasecmp(rule->matching, "exact") == 0;

    len -= len > 1 && to[len - 1] == '.';
    if (argument_is_placeholder(to))
        return;
    if (go_ip(to)) {
        judgement_remark(
            j, MATTER_REWRITE, SEVERITY_WARNING, block, rule->line,
            "rewrite changes the name that is asked for, and gives no address: nobody knows a name "
            "like this.",
            "rewrites to %s, an address, which is no name", to)
            ->write = "hosts, with the address and the name on a line of its own in its braces";
    } else if (len >= 4 && strncmp(to + len - 4, ".svc", 4) == 0) {
        judgement_remark(j, MATTER_REWRITE, SEVERITY_WARNING, block, rule->line,
                         "No search list completes the new name; it goes to the upstream as it stands.",
                         "rewrites to %s, which lacks the cluster's domain", to)
            ->write = arena_printf(j->arena, "... %.*s.cluster.local", (int)len, to);
    } else if (exact && len && !memchr(to, '.', len) && strcmp(to, ".") != 0 && !knows_more(block)) {
        judgement_remark(j, MATTER_REWRITE, SEVERITY_WARNING, block, rule->line,
                         "No search list completes the new name; it goes to the upstream as it stands.",
                         "rewrites to %s, a name without a domain", to)
            ->write = arena_printf(j->arena, "... %.*s.NAMESPACE.svc.cluster.local", (int)len, to);
    }
}

/* Names are compared as they stand but by regex. */
static void judge_wildcard(struct judgement *j, const struct judged_block *block,
                           const struct name_rule *rule)
{
    struct text escaped = {0};

    if (strncmp(rule->from, "*.", 2) != 0 || strcasecmp(rule->matching, "regex") == 0)
        return;
    for (const char *at = rule->from + 1; *at; at++)
        text_addf(&escaped, *at == '.' ? "\\%c" : "%c", *at);
    judgement_remark(j, MATTER_REWRITE, SEVERITY_WARNING, block, rule->line,
                     "* is no wildcard here: the rule is for this one name, which nobody asks for.",
                     "rewrite name for '%s'", rule->from)
        ->write =
        arena_printf(j->arena, "rewrite name regex (.*)%s %s answer auto", text_string(&escaped), rule->to);
    text_fini(&escaped);
}

/* NXDOMAIN says that there is no such name, of whatever type. */
static void judge_denied_type(struct judgement *j, const struct judged_block *block,
                              const struct corefile_directive *d)
{
    const struct corefile_option *rcode = directive_find(d, "rcode");

    if (strcmp(d->name, "template") != 0 || d->args_count < 2 || !rcode || !rcode->args_count ||
        strcasecmp(rcode->args[0], "NXDOMAIN") != 0 || directive_find(d, "match") || !block->root ||
        strcmp(d->args[1], "AAAA") != 0 ||
        (d->args_count > 2 && !has_root(j->arena, (const char *const *)d->args + 2, d->args_count - 2)))
        return;
    judgement_remark(
        j, MATTER_FALLTHROUGH, SEVERITY_WARNING, block, rcode->line,
        "NXDOMAIN says that the name does not exist at all, so that resolvers do without its other "
        "records: musl (Alpine) then finds no address. An empty NOERROR says that this type is not "
        "there.",
        "template answers AAAA of every name with NXDOMAIN")
        ->write = "rcode NOERROR";
}

void judge_routes(struct judgement *j, const struct judged_block *block)
{
    struct name_rule rule;

    judge_shadowed(j, block);
    if (!j->environment->partial || corefile_line_file(block->block->line))
        judge_unanswered(j, block);
    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *d = &block->block->directives[i];
        size_t ignored;

        if (is_forward(d))
            judge_foreign(j, block, d);
        judge_denied_type(j, block, d);
        if (strcmp(d->name, "rewrite") != 0 ||
            (d->args_count >= 2 &&
             rewrite_fault(j->arena, (const char *const *)d->args, d->args_count, &ignored)) ||
            !read_name_rule(j->arena, d, &rule))
            continue;
        judge_target_name(j, block, &rule);
        judge_wildcard(j, block, &rule);
        judge_rewritten(j, block, &rule);
        judge_answer(j, block, &rule);
    }
}
