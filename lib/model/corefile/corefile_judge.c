/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All remarks on a Corefile, in the order of its lines: block by block, line by line, then the whole. */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/base/line.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <stdlib.h>
#include <string.h>

/* Octets of a line that are shown. */
#define QUOTE_MAX 200

int corefile_worst(const struct corefile_facts *facts)
{
    int worst = SEVERITY_INFO + 1;

    for (size_t i = 0; i < facts->remarks_count; i++)
        worst = facts->remarks[i].severity < worst ? facts->remarks[i].severity : worst;
    return worst;
}

static void read_block(struct judgement *j, const struct corefile_block *block)
{
    struct judged_block *judged = ARENA_PUSH(j->arena, j->blocks, j->blocks_count);
    struct corefile_block_facts *facts = ARENA_PUSH(j->arena, j->facts->blocks, j->facts->blocks_count);

    *facts = (struct corefile_block_facts){
        .line = corefile_line_number(block->line), .zones = block->keys, .zones_count = block->keys_count};
    judged->block = block;
    judged->label = arena_join(j->arena, block->keys, block->keys_count, " ");
    for (size_t i = 0; i < block->keys_count; i++) {
        struct corefile_key key;

        if (!corefile_key_read(j->arena, block->keys[i], &key)) {
            judgement_remark(j, MATTER_SYNTAX, SEVERITY_CRITICAL, judged, block->line,
                             "CoreDNS does not start with it, and a running one keeps what it had.",
                             "'%s' has a port that is none", block->keys[i]);
            continue;
        }
        if (!go_zone(block->keys[i]) && !argument_is_placeholder(block->keys[i]))
            judgement_remark(j, MATTER_SYNTAX, SEVERITY_CRITICAL, judged, block->line, corefile_refused,
                             "'%s' is no zone: a label has 1 to 63 bytes, a name up to 255", block->keys[i]);
        *ARENA_PUSH(j->arena, judged->keys, judged->keys_count) = key;
        judged->root = judged->root || strcmp(key.zone, ".") == 0;
    }
    for (size_t i = 0; i < block->directives_count; i++) {
        const struct corefile_directive *d = &block->directives[i];

        *ARENA_PUSH(j->arena, facts->plugins, facts->plugins_count) = (struct corefile_plugin_facts){
            d->name, corefile_line_number(d->line), arena_join(j->arena, d->args, d->args_count, " ")};
        for (size_t k = 0; strcmp(d->name, "bind") == 0 && k < d->args_count; k++) {
            struct address address;

            if (address_parse(d->args[k], 0, &address, NULL) < 0)
                continue;
            *ARENA_PUSH(j->arena, judged->binds, judged->binds_count) = address;
            j->node_local = j->node_local || address_is_link_local(&address);
        }
    }
}

static void list_unseen(struct judgement *j)
{
    const struct corefile *c = j->corefile;
    struct corefile_facts *facts = j->facts;

    for (size_t i = 0; i < c->imports_count; i++)
        *ARENA_PUSH(j->arena, facts->unseen, facts->unseen_count) =
            arena_printf(j->arena, "import %s", c->imports[i]);
    for (size_t i = 0; i < c->blocks_count; i++)
        for (size_t k = 0; k < c->blocks[i].imports_count; k++)
            *ARENA_PUSH(j->arena, facts->unseen, facts->unseen_count) =
                arena_printf(j->arena, "import %s", c->blocks[i].imports[k]);
    /* A placeholder of a template became one whose name is all x. */
    for (size_t i = 0; i < c->variables_count; i++)
        if (!j->environment->template || c->variables[i][strspn(c->variables[i], "x")])
            *ARENA_PUSH(j->arena, facts->unseen, facts->unseen_count) =
                arena_printf(j->arena, "{$%s}", c->variables[i]);
    if (j->environment->template)
        *ARENA_PUSH(j->arena, facts->unseen, facts->unseen_count) = "placeholders {{ ... }} of a template";
    if (facts->unseen_count)
        judgement_remark(j, MATTER_UNSEEN, SEVERITY_INFO, NULL, SHAPE_UNSET,
                         "What stands there counts as well, and was not looked at.",
                         "it takes parts from elsewhere: %s",
                         arena_join(j->arena, facts->unseen, facts->unseen_count, ", "));
}

/* The lines that remarks are about; `file` is the imported one, or NULL. */
static void quote(struct judgement *j, const char *text, size_t len, const char *file)
{
    struct line_cursor cursor = {.bytes = text, .len = len};
    struct line line;

    while (cursor.bytes && line_cursor_next(&cursor, &line)) {
        while (line.len && strchr(" \t\r", line.text[line.len - 1]))
            line.len--;
        while (line.len && strchr(" \t", *line.text)) {
            line.text++;
            line.len--;
        }
        for (size_t i = 0; i < j->facts->remarks_count; i++)
            if (j->facts->remarks[i].line == line.number && j->facts->remarks[i].file == file)
                j->facts->remarks[i].quote =
                    arena_text_n(j->arena, line.text, line.len > QUOTE_MAX ? QUOTE_MAX : line.len);
    }
}

/* Whether the text that a line is of has no other line. */
static bool is_all(const struct judgement *j, uint64_t line)
{
    size_t file = corefile_line_file(line);
    struct line_cursor cursor = {.bytes = j->environment->text, .len = j->environment->len};
    struct line of;
    size_t lines = 0;

    if (file)
        cursor = (struct line_cursor){.bytes = j->corefile->files[file - 1].text,
                                      .len = j->corefile->files[file - 1].len};
    while (cursor.bytes && line_cursor_next(&cursor, &of))
        for (size_t i = 0; i < of.len; i++)
            if (!strchr(" \t\r", of.text[i])) {
                lines++;
                break;
            }
    return lines == 1;
}

/* Several lines that a ConfigMap holds as one: YAML joins the lines of a value unless | stands before them.
 */
static void judge_joined(struct judgement *j, uint64_t line, const char *text)
{
    const char *source = j->facts->source;
    struct corefile_remark_facts *remark;

    if (strncmp(source, "ConfigMap ", strlen("ConfigMap ")) != 0) {
        judgement_remark(
            j, MATTER_SYNTAX, SEVERITY_CRITICAL, NULL, line,
            "For CoreDNS a directive goes on to the end of its line, the closing brace included.",
            "%s: each directive, and the closing brace, needs a line of its own", text);
        return;
    }
    remark = judgement_remark(
        j, MATTER_SYNTAX, SEVERITY_CRITICAL, NULL, line,
        "YAML joins the lines of a value that has no | before it: CoreDNS gets one line, and "
        "does not start with it.",
        "%s: the key needs a | behind its colon", text);
    remark->write = arena_printf(j->arena, "%s: |", remark->file ? remark->file : "Corefile");
}

/* A plugin in the braces of another, which tells where a closing brace is missing. */
static bool has_unclosed(const struct judgement *j)
{
    for (size_t i = 0; i < j->blocks_count; i++)
        for (size_t k = 0; k < j->blocks[i].block->directives_count; k++)
            if (directive_options_own(&j->blocks[i].block->directives[k]) <
                j->blocks[i].block->directives[k].options_count)
                return true;
    return false;
}

/* What CoreDNS cannot read, or reads otherwise than it was meant. */
static void judge_slips(struct judgement *j)
{
    const struct corefile *c = j->corefile;

    for (size_t i = 0; i < c->slips_count; i++) {
        const struct corefile_slip *slip = &c->slips[i];

        if (slip->one_line && is_all(j, slip->line))
            judge_joined(j, slip->line, "all directives on one line");
        else
            judgement_remark(j, MATTER_SYNTAX, SEVERITY_CRITICAL, NULL, slip->line, slip->why, "%s",
                             slip->text)
                ->write = slip->write;
    }
    if (c->fault && has_unclosed(j))
        return;
    if (c->fault && c->one_line)
        judge_joined(j, c->fault_line, c->fault);
    else if (c->fault)
        judgement_remark(
            j, MATTER_SYNTAX, SEVERITY_CRITICAL, NULL, c->fault_line,
            "CoreDNS does not start with it, and a running one keeps what it had. What follows it "
            "was not judged.",
            "%s", c->fault);
}

static int by_rank(const void *a, const void *b)
{
    const struct corefile_remark_facts *x = a, *y = b;

    if (x->severity != y->severity)
        return x->severity - y->severity;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->matter - y->matter;
}

/* A part has no lines but those of its files. */
static uint64_t lines_of_files(const struct corefile *corefile)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < corefile->files_count; i++) {
        struct line_cursor cursor = {.bytes = corefile->files[i].text, .len = corefile->files[i].len};
        struct line line;

        while (line_cursor_next(&cursor, &line))
            lines++;
    }
    return lines;
}

void corefile_judge(struct arena *arena, const struct corefile *corefile,
                    const struct corefile_environment *environment, struct corefile_facts *ret)
{
    struct judgement j = {.arena = arena, .corefile = corefile, .environment = environment, .facts = ret};
    bool broken;

    *ret =
        (struct corefile_facts){.status = -1,
                                .source = environment->source ? environment->source : "",
                                .version = environment->version,
                                .lines = environment->partial ? lines_of_files(corefile) : corefile->lines};
    for (size_t i = 0; i < corefile->blocks_count; i++)
        read_block(&j, &corefile->blocks[i]);
    j.node_local = j.node_local || judged_is_node_cache(&j) || judged_is_cache_for(&j);
    ret->role = j.node_local ? COREFILE_NODE_LOCAL : COREFILE_COREDNS;
    judge_slips(&j);
    broken = corefile->fault || has_unclosed(&j);
    for (size_t i = 0; i < j.blocks_count; i++)
        j.blocks[i].outside = judge_outside(&j, &j.blocks[i]);
    for (size_t i = 0; i < j.blocks_count; i++) {
        if (j.blocks[i].outside)
            continue;
        judge_zone_words(&j, &j.blocks[i]);
        judge_plugins(&j, &j.blocks[i]);
        judge_forward(&j, &j.blocks[i]);
        judge_kubernetes(&j, &j.blocks[i]);
        judge_order(&j, &j.blocks[i]);
        judge_routes(&j, &j.blocks[i]);
        judge_cluster_zone(&j, &j.blocks[i]);
        judge_hosts_entries(&j, &j.blocks[i]);
        judge_build(&j, &j.blocks[i]);
        if (environment->version)
            judge_versions(&j, &j.blocks[i]);
        /* What seems missing may stand in the part that could not be read. */
        if (!environment->partial && (!broken || i + 1 < j.blocks_count))
            judge_block(&j, &j.blocks[i]);
    }
    if (!broken)
        judge_whole(&j);
    if (environment->partial && !environment->fragment)
        judge_part(&j);
    else if (!environment->partial)
        judge_keys_beside(&j);
    if (environment->misnamed)
        judgement_remark(
            &j, MATTER_UNSEEN, SEVERITY_WARNING, NULL, SHAPE_UNSET,
            "The usual Deployment mounts the key Corefile. Without it the Pod does not start, or CoreDNS "
            "finds no file.",
            "the Corefile stands under the key '%s'", environment->misnamed)
            ->write = "Corefile: |";
    list_unseen(&j);
    quote(&j, environment->text, environment->len, NULL);
    for (size_t i = 0; i < corefile->files_count; i++)
        quote(&j, corefile->files[i].text, corefile->files[i].len, corefile->files[i].name);
    if (ret->remarks_count)
        qsort(ret->remarks, ret->remarks_count, sizeof(*ret->remarks), by_rank);
}
