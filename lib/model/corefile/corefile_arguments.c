/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line's arguments and options against the grammar of its plugin, and what may stand there where
 * something else does.
 */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/base/suggest.h>
#include <string.h>

/* Words of one item that are offered; the longest list has eight. */
#define WORDS_MAX 16

/* The words of "=a|b@1.11.0". */
static size_t words_of(struct arena *arena, const char *item, size_t len, const char **words)
{
    size_t count = 0;

    for (size_t at = 1; at < len && count < WORDS_MAX;) {
        const char *bar = memchr(item + at, '|', len - at), *mark;
        size_t word = bar ? (size_t)(bar - item) - at : len - at;

        mark = memchr(item + at, '@', word);
        words[count++] = arena_text_n(arena, item + at, mark ? (size_t)(mark - item) - at : word);
        at += word + 1;
    }
    words[count] = NULL;
    return count;
}

/* "from 512 to 4096", "of at least 2s"; empty for no bounds. */
static const char *range_words(struct arena *arena, const char *range, size_t len)
{
    const char *dots = memmem(range, len, "..", 2);
    int low = dots ? (int)(dots - range) : 0, high = dots ? (int)len - low - 2 : 0;

    if (!dots || (!low && !high))
        return "";
    if (low && high)
        return arena_printf(arena, " from %.*s to %.*s", low, range, high, dots + 2);
    if (low && (strncmp(range, "1ns", 3) == 0 || strncmp(range, "1ms", 3) == 0))
        return " of more than zero";
    return low ? arena_printf(arena, " of at least %.*s", low, range)
               : arena_printf(arena, " of at most %.*s", high, dots + 2);
}

/* What an item of a pattern wants, for people. */
static const char *item_words(struct arena *arena, const char *item, size_t len)
{
    static const struct {
        const char *type, *words;
    } types[] = {
        {"hostport", "HOST:PORT or :PORT"},
        {"zone", "a zone, whose labels have 1 to 63 bytes"},
        {"domain", "a domain name, whose labels have 1 to 63 bytes"},
        {"ip", "an IP address"},
        {"iport", "an IP address, perhaps with a port"},
        {"xfer", "an IP address, perhaps with a port, or *"},
        {"cidr", "a network such as 10.0.0.0/8"},
        {"ip6prefix", "an IPv6 prefix of 32, 40, 48, ... or 96 bits, such as 64:ff9b::/96"},
        {"bind", "an IP address or the name of an interface, without a port"},
        {"regex", "a regular expression of Go"},
        {"gotmpl", "a template of Go"},
        {"rtype", "a record type in capital letters, such as AAAA"},
        {"class", "a class in capital letters, such as IN or ANY"},
        {"rcode", "a response code, such as NXDOMAIN"},
        {"opcode", "an opcode, such as QUERY"},
        {"percent", "a percentage from 10% to 90%"},
        {"bool", "true or false"},
        {"selector", "a label selector"},
        {"parts:2", "two texts with a colon between them"},
        {"parts:3", "three texts with colons between them"},
        {"any", "an argument"},
    };
    const char *words[WORDS_MAX + 1], *colon = memchr(item, ':', len);
    size_t type = colon ? (size_t)(colon - item) : len, count;
    const char *range = colon ? range_words(arena, colon + 1, len - type - 1) : "";

    if (*item == '=' || *item == '~') {
        count = words_of(arena, item, len, words);
        return count == 1 ? arena_printf(arena, "'%s'", words[0])
                          : arena_printf(arena, "one of %s", arena_join(arena, words, count, ", "));
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strlen(types[i].type) == len && memcmp(types[i].type, item, len) == 0)
            return types[i].words;
    if (*item == 'd')
        return arena_printf(arena, "a duration with its unit%s, such as 5s", range);
    if (*item == 'w')
        return arena_printf(arena, "a duration of whole seconds%s, such as 30s", range);
    if (*item == 's')
        return arena_printf(arena, "a duration%s, such as 30s", range);
    if (*item == 'u')
        return "a whole number without a sign";
    return arena_printf(arena, "a %snumber%s", *item == 'i' ? "whole " : "", range);
}

/* What was most likely meant; NULL. */
static const char *instead(struct arena *arena, const struct argument_finding *found, const char *text)
{
    const char *words[WORDS_MAX + 1];
    bool digits = *text && strspn(text, "0123456789") == strlen(text);

    if (*found->item == '=' || *found->item == '~') {
        words_of(arena, found->item, found->item_len, words);
        return words[1] ? suggest_word(text, words) : words[0];
    }
    if (found->item_len == 8 && memcmp(found->item, "hostport", 8) == 0)
        return digits              ? arena_printf(arena, ":%s", text)
               : strchr(text, ':') ? NULL
                                   : arena_printf(arena, "%s:PORT", text);
    if (*found->item == 'd' && digits && strncmp(found->item, "dur", 3) == 0 && strcmp(text, "0") != 0)
        return arena_printf(arena, "%ss", text);
    return NULL;
}

/* A line with one argument changed. */
static const char *line_with(struct arena *arena, const char *name, const char *const *args, size_t count,
                             size_t at, const char *text)
{
    const char *line = name;

    for (size_t i = 0; i < count; i++)
        line = arena_printf(arena, "%s %s", line, i == at ? text : args[i]);
    return line;
}

struct argument_line {
    const char *plugin, *option; /* NULL: the plugin's own */
    const char *const *args;
    size_t count;
    uint64_t number;
};

/* A piece of a text that has blanks in it, and stands in single quotes or in none. */
static bool is_unquoted(const struct argument_finding *found, const char *text)
{
    const char *open = strstr(text, "{{");

    if (found->item_len == 6 && memcmp(found->item, "gotmpl", 6) == 0)
        return open && !strstr(open, "}}") && !strchr(text, ' ');
    return false;
}

/* The words from the first of such a text on, as one. */
static const char *without_quotes(struct arena *arena, const struct argument_line *line)
{
    const char *text = arena_join(arena, line->args, line->count, " ");
    size_t len = strlen(text), from = strspn(text, "'`\xe2\x80\x9c\x9d");

    while (len > from && strchr("'`\xe2\x80\x9c\x9d", text[len - 1]))
        len--;
    return arena_text_n(arena, text + from, len - from);
}

static void say(struct judgement *j, const struct judged_block *block, const struct argument_line *line,
                const struct argument_finding *found)
{
    static const char *const places[] = {"", "a 2nd argument: ", "a 3rd argument: ", "a 4th argument: "};
    const char *name =
        line->option ? arena_printf(j->arena, "%s of %s", line->option, line->plugin) : line->plugin;
    const char *text = found->at < line->count ? line->args[found->at] : "", *better;
    struct corefile_remark_facts *remark;

    if (found->fault == ARGUMENT_MISSING) {
        judgement_remark(j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, block, line->number, corefile_refused,
                         "%s needs %s%s", name, places[found->at < 4 ? found->at : 0],
                         item_words(j->arena, found->item, found->item_len));
    } else if (found->fault == ARGUMENT_WRONG && is_unquoted(found, text)) {
        judgement_remark(j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, block, line->number, corefile_refused,
                         "%s must have double quotes around what has blanks in it", name)
            ->write = arena_printf(j->arena, "%s \"%s\"", line->option ? line->option : line->plugin,
                                   without_quotes(j->arena, line));
    } else if (found->fault == ARGUMENT_WRONG) {
        better = instead(j->arena, found, text);
        remark = judgement_remark(
            j, line->option && strcmp(line->option, "pods") == 0 ? MATTER_PODS : MATTER_ARGUMENTS,
            SEVERITY_CRITICAL, block, line->number, corefile_refused, "%s does not take '%s': it must be %s",
            name, text, item_words(j->arena, found->item, found->item_len));
        if (better)
            remark->write = line_with(j->arena, line->option ? line->option : line->plugin, line->args,
                                      line->count, found->at, better);
    } else if (found->fault == ARGUMENT_TOO_NEW) {
        judgement_remark(j, MATTER_VERSION, SEVERITY_CRITICAL, block, line->number, corefile_refused,
                         "%s takes '%s' since CoreDNS %.*s, and not in %s", name, text,
                         (int)strspn(found->since, "0123456789."), found->since, j->environment->version);
    } else if (strcmp(text, "}") == 0) {
        judgement_remark(j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, block, line->number, corefile_refused,
                         "the brace that closes on the line of %s is taken for an argument of it", name)
            ->write = "} (on a line of its own)";
    } else {
        judgement_remark(j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, block, line->number, corefile_refused,
                         "%s does not take '%s': that is one argument too many", name, text);
    }
}

/* Whether what is too much on a line is read as further options, and is some, or ends the braces. */
static bool is_further_option(const struct plugin_grammar *grammar, const struct option_grammar *option,
                              const char *text)
{
    size_t len = option->arguments ? strlen(option->arguments) : 0;
    bool goes_on = !option->arguments || (len && option->arguments[len - 1] == ';');

    return goes_on && (strcmp(text, "}") == 0 || grammar_option(grammar, text));
}

static void judge_option(struct judgement *j, const struct judged_block *block,
                         const struct plugin_grammar *grammar, const struct corefile_directive *directive,
                         const struct corefile_option *option)
{
    const struct option_grammar *known = grammar_option(grammar, option->name);
    struct argument_line line = {directive->name, option->name, (const char *const *)option->args,
                                 option->args_count, option->line};
    const char *version = j->environment->version;
    struct argument_finding found;

    if (!known)
        return;
    if (known->since && version && version_compare(version, known->since) < 0) {
        judgement_remark(j, MATTER_VERSION, SEVERITY_CRITICAL, block, option->line, corefile_refused,
                         "%s has %s since CoreDNS %s, and not in %s", directive->name, option->name,
                         known->since, version);
        return;
    }
    found = arguments_match(known->arguments ? known->arguments : "", line.args, line.count, version);
    if (found.fault &&
        !(found.fault == ARGUMENT_SURPLUS && is_further_option(grammar, known, line.args[found.at])))
        say(j, block, &line, &found);
}

static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = list; at && *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");

        if (word == len && memcmp(at, name, len) == 0)
            return true;
        at += word;
    }
    return false;
}

/* An option that CoreDNS takes once. */
static void judge_once(struct judgement *j, const struct judged_block *block,
                       const struct plugin_grammar *grammar, const struct corefile_directive *directive)
{
    for (size_t i = 1; grammar->once && i < directive->options_count; i++) {
        const struct corefile_option *option = &directive->options[i], *first;

        first = directive_find(directive, option->name);
        if (first != option && is_listed(grammar->once, option->name))
            judgement_remark(j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, block, option->line, corefile_refused,
                             "%s of %s stands in %s already; CoreDNS takes it once", option->name,
                             directive->name, judgement_line(j, first->line));
    }
}

static bool has_any_option(const struct corefile_directive *directive, const char *name)
{
    return *name ? directive_find(directive, name) != NULL : directive->options_count > 0;
}

static void judge_directive(struct judgement *j, const struct judged_block *block,
                            const struct plugin_grammar *grammar, const struct corefile_directive *directive)
{
    struct argument_line line = {directive->name, NULL, (const char *const *)directive->args,
                                 directive->args_count, directive->line};
    const char *version = j->environment->version;
    size_t own = directive_options_own(directive);
    struct argument_finding found;

    if (grammar->since && version && version_compare(version, grammar->since) < 0) {
        judgement_remark(j, MATTER_VERSION, SEVERITY_CRITICAL, block, directive->line, corefile_refused,
                         "CoreDNS has %s since %s, and not in %s", directive->name, grammar->since, version);
        return;
    }
    judge_on_its_line(j, block, directive);
    line.count = directive_args_own(directive);
    found = arguments_match(grammar->arguments, line.args, line.count, version);
    if (found.fault)
        say(j, block, &line, &found);
    if (directive->braces && !grammar->options && !grammar->braces_passed_over)
        judgement_remark(j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, block, directive->line, corefile_refused,
                         "%s takes no braces", directive->name);
    for (size_t i = 0; grammar->options && i < own; i++)
        judge_option(j, block, grammar, directive, &directive->options[i]);
    judge_once(j, block, grammar, directive);
    if (grammar->needs && !has_any_option(directive, grammar->needs) && !block->block->imports_count)
        judgement_remark(j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, block, directive->line, corefile_refused,
                         "%s needs %s in braces", directive->name,
                         *grammar->needs ? grammar->needs : "at least one line");
    /* What stands behind a brace that is missing is none of its own. */
    if (own == directive->options_count)
        judge_special(j, block, directive);
}

void judge_arguments(struct judgement *j, const struct judged_block *block)
{
    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *directive = &block->block->directives[i];
        const struct plugin_grammar *grammar = grammar_find(directive->name);

        if (grammar)
            judge_directive(j, block, grammar, directive);
    }
}
