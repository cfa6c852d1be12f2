/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in the wrong place: a plugin outside of every server block or within the braces of another, an
 * option outside of its braces or on the line of its plugin.
 */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <string.h>

/* Plugins whose names are ordinary names of zones as well. */
static const char *const zones_too[] = {"any", "azure", "local", "on", "root", "view", NULL};

/* Options with these names have plugins enough; more are not told. */
#define OWNERS_MAX 3

/* The plugin that a server block's first key is, where it can be no zone; NULL. */
static const char *plugin_of(const struct judged_block *block)
{
    const char *key = block->block->keys_count ? block->block->keys[0] : "";

    return plugin_place(key) >= 0 && plugin_index(zones_too, key) < 0 ? key : NULL;
}

/* Without its braces a server block goes on to the end of the file: then it is more than one plugin. */
const char *corefile_lone_plugin(const struct corefile *corefile)
{
    const struct judged_block block = {.block = corefile->blocks};

    if (corefile->blocks_count != 1 || corefile->fault || corefile->imports_count ||
        (!block.block->open_line && (block.block->directives_count || block.block->imports_count)))
        return NULL;
    return plugin_of(&block);
}

/* A key of coredns-custom has its kind by its name. */
static const char *where_it_belongs(struct judgement *j, const struct corefile_remark_facts *remark)
{
    size_t len = remark->file ? strlen(remark->file) : 0;

    return len > 7 && strcmp(remark->file + len - 7, ".server") == 0
               ? arena_printf(j->arena, "%.*s.override as the name of the key", (int)len - 7, remark->file)
               : ".:53 { before the plugins, and } behind the last of them";
}

bool judge_outside(struct judgement *j, const struct judged_block *block)
{
    const char *plugin = plugin_of(block);
    struct corefile_remark_facts *remark;

    if (!plugin)
        return false;
    remark = judgement_remark(
        j, MATTER_SYNTAX, SEVERITY_CRITICAL, block, block->block->line,
        "Plugins stand in the braces of a server block. What begins a server block is a zone, so that CoreDNS "
        "serves names below it alone, or does not start.",
        "plugin %s stands outside of any server block, and is taken for a zone", plugin);
    remark->write = where_it_belongs(j, remark);
    return true;
}

/* The plugins of the server block that have an option of this name; "another plugin" for one of others; NULL.
 */
static const char *owners_of(struct judgement *j, const struct judged_block *block, const char *option)
{
    const char *names[OWNERS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < block->block->directives_count && count < OWNERS_MAX; i++) {
        const char *name = block->block->directives[i].name;

        if (grammar_has_option(grammar_find(name), option))
            names[count++] = name;
    }
    if (count)
        return arena_join(j->arena, names, count, ", ");
    for (size_t i = 0; plugin_order[i]; i++)
        if (grammar_has_option(grammar_find(plugin_order[i]), option))
            return "another plugin";
    return NULL;
}

/* What somebody who knows resolv.conf writes. */
static bool judge_resolver_word(struct judgement *j, const struct judged_block *block,
                                const struct corefile_directive *d)
{
    static const char *const words[] = {"nameserver", "options", "search", "sortlist", NULL};
    struct corefile_remark_facts *remark;

    if (plugin_index(words, d->name) < 0)
        return false;
    remark = judgement_remark(j, MATTER_UNKNOWN_PLUGIN, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                              "'%s' is a word of resolv.conf, and no plugin", d->name);
    if (strcmp(d->name, "nameserver") == 0 && d->args_count)
        remark->write = arena_printf(j->arena, "forward . %s", d->args[0]);
    return true;
}

/* The plugin that a word begins with, where something else follows at once: "forward./etc/resolv.conf". */
static const char *glued_plugin(struct arena *arena, const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    const char *plugin = arena_text_n(arena, name, len);

    return name[len] && plugin_place(plugin) >= 0 ? plugin : NULL;
}

bool judge_stray(struct judgement *j, const struct judged_block *block, const struct corefile_directive *d)
{
    const char *owners, *glued = glued_plugin(j->arena, d->name);

    /* Nobody reads more remarks, and a huge file has as many such words. */
    if (j->facts->remarks_count >= COREFILE_REMARKS_MAX)
        return false;
    if (judge_resolver_word(j, block, d))
        return true;
    owners = owners_of(j, block, d->name);
    if (owners) {
        judgement_remark(j, MATTER_UNKNOWN_PLUGIN, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                         "'%s' is an option of %s, and stands outside of its braces", d->name, owners);
        return true;
    }
    if (glued && strchr("./=", d->name[strlen(glued)])) {
        judgement_remark(j, MATTER_UNKNOWN_PLUGIN, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                         "'%s' is no plugin: there is no blank behind %s", d->name, glued)
            ->write =
            d->name[strlen(glued)] != '.' ? glued
            : d->name[strlen(glued) + 1]
                ? arena_printf(j->arena, "%s . %s", glued, d->name + strlen(glued) + 1)
                : arena_printf(j->arena, "%s . %s", glued, arena_join(j->arena, d->args, d->args_count, " "));
        return true;
    }
    if (strncmp(d->name, "//", 2) == 0 || strncmp(d->name, "/*", 2) == 0) {
        judgement_remark(j, MATTER_SYNTAX, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                         "'%s' begins no comment; in a Corefile # does", d->name)
            ->write = "# ...";
        return true;
    }
    return false;
}

/* Plugins that take whatever words stand on their line, and for what; `from` is the first that may be one. */
static const struct {
    const char *plugin, *taken_for;
    size_t from;
    int severity;
} takers[] = {
    {"cache", "a zone", 0, SEVERITY_WARNING},
    {"kubernetes", "a zone", 0, SEVERITY_WARNING},
    {"log", "a zone", 0, SEVERITY_WARNING},
    {"template", "a zone", 2, SEVERITY_WARNING},
    {"file", "a zone", 1, SEVERITY_WARNING},
    {"hosts", "a file or a zone", 0, SEVERITY_WARNING},
    {"k8s_external", "a zone", 0, SEVERITY_WARNING},
    {"etcd", "a zone", 0, SEVERITY_WARNING},
    /* No host name of an upstream is called so. */
    {"forward", "an upstream", 1, SEVERITY_CRITICAL},
    {"grpc", "an upstream", 1, SEVERITY_CRITICAL},
    {"errors", "a place to write to", 0, SEVERITY_CRITICAL},
    {"health", "an address", 0, SEVERITY_CRITICAL},
    {"ready", "an address", 0, SEVERITY_CRITICAL},
    {"loadbalance", "a policy", 0, SEVERITY_CRITICAL},
    {"dns64", "a prefix", 0, SEVERITY_CRITICAL},
};

static size_t taker_of(const struct corefile_directive *d)
{
    size_t i = 0;

    while (i < sizeof(takers) / sizeof(takers[0]) && strcmp(takers[i].plugin, d->name) != 0)
        i++;
    return i;
}

size_t directive_args_own(const struct corefile_directive *d)
{
    size_t taker = taker_of(d);

    if (taker == sizeof(takers) / sizeof(takers[0]))
        return d->args_count;
    for (size_t i = takers[taker].from; i < d->args_count; i++)
        if (grammar_has_option(grammar_find(d->name), d->args[i]))
            return i;
    return d->args_count;
}

/* Options that stand one behind the other, as they are to stand one below the other: "pods insecure, ttl 30".
 */
static const char *option_lines(struct arena *arena, const struct corefile_directive *d, size_t own)
{
    const char *text = "";

    for (size_t i = own; i < d->args_count; i++) {
        bool begins = i > own && grammar_has_option(grammar_find(d->name), d->args[i]);
        const char *quote = d->args[i][strcspn(d->args[i], " \t")] ? "\"" : "";

        text = arena_printf(arena, "%s%s%s%s%s", text,
                            i == own ? ""
                            : begins ? ", "
                                     : " ",
                            quote, d->args[i], quote);
    }
    return text;
}

void judge_on_its_line(struct judgement *j, const struct judged_block *block,
                       const struct corefile_directive *d)
{
    size_t own = directive_args_own(d), taker = taker_of(d);
    const char *const *args = (const char *const *)d->args;

    if (own == d->args_count)
        return;
    judgement_remark(j, MATTER_ARGUMENTS, takers[taker].severity, block, d->line,
                     takers[taker].severity == SEVERITY_CRITICAL
                         ? corefile_refused
                         : "CoreDNS starts, and does not do what was meant.",
                     "'%s' is an option of %s; on the line of it, it is taken for %s", args[own], d->name,
                     takers[taker].taken_for)
        ->write =
        arena_printf(j->arena, "%s%s%s {, then on lines of their own: %s, }", d->name, own ? " " : "",
                     arena_join(j->arena, args, own, " "), option_lines(j->arena, d, own));
}

size_t directive_options_own(const struct corefile_directive *d)
{
    const struct plugin_grammar *grammar = grammar_find(d->name);

    /* Before 1.8.0 transfer was an option of several. */
    for (size_t i = 0; grammar && grammar->options && i < d->options_count; i++)
        if (plugin_place(d->options[i].name) >= 0 && !grammar_has_option(grammar, d->options[i].name) &&
            strcmp(d->options[i].name, "transfer") != 0)
            return i;
    return d->options_count;
}

void judge_unclosed(struct judgement *j, const struct judged_block *block, const struct corefile_directive *d)
{
    size_t own = directive_options_own(d);
    const struct corefile_option *first;

    if (own == d->options_count)
        return;
    first = &d->options[own];
    judgement_remark(
        j, MATTER_SYNTAX, SEVERITY_CRITICAL, block, first->line, corefile_refused,
        "plugin %s stands in the braces of %s, which %s opens: a closing brace is missing before it",
        first->name, d->name, judgement_line(j, d->line))
        ->write = arena_printf(j->arena, "} (on a line of its own, before %s)", first->name);
}

/* Its last try is the name as it stands, which the plugins behind it answer or nobody. Source:
 * plugin/autopath. */
void judge_path_end(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *d = judged_find(block, "autopath");
    const struct corefile_option *pods = directive_find(judged_find(block, "kubernetes"), "pods");

    /* Without pods verified it does nothing. */
    if (d && pods && pods->args_count && strcmp(pods->args[0], "verified") == 0)
        judgement_remark(
            j, MATTER_AUTOPATH, SEVERITY_WARNING, block, d->line,
            "After the search list autopath tries the name itself, in this server block alone: external names that "
            "come with the first search domain end in SERVFAIL (\"no next plugin found\").",
            "autopath in a server block that answers no external names")
            ->write = "forward . /etc/resolv.conf";
}
