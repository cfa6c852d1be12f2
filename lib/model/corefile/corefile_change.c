/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Corefile with log, errors, dnstap, trace or prometheus turned on: edits by line, so that all else
 * stays as it is.
 */
#include <k8sdns/base/address.h>
#include <k8sdns/base/line.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/corefile/corefile_facts.h>
#include <string.h>

/* Where `k8sdns dnstap --listen tcp:` and `k8sdns spans --listen` are expected. */
#define DNSTAP_PORT 6000
#define ZIPKIN_PORT 9411
/* One query in so many is traced: each costs as much as some ten that are not. Of our choice. */
#define TRACED_OF "10"

/* A line to put in, or to change, once the line of that number has been written. */
struct edit {
    uint64_t after; /* 0 for one that changes */
    uint64_t changes;
    const char *text;
};

struct changer {
    struct arena *arena;
    const struct corefile *corefile;
    const struct corefile_wish *wish;
    struct edit *edits;
    size_t edits_count;
};

static const struct corefile_directive *find(const struct corefile_block *block, const char *plugin)
{
    for (size_t i = 0; i < block->directives_count; i++)
        if (strcmp(block->directives[i].name, plugin) == 0)
            return &block->directives[i];
    return NULL;
}

/* The collector with a port: an IPv6 address in brackets. */
static const char *collector_at(const struct changer *c, int port)
{
    const char *to = c->wish->collector;

    return arena_printf(c->arena, to && strchr(to, ':') ? "[%s]:%d" : "%s:%d", to, port);
}

/* The line that turns a part on, as another server block has it where one has; the first line of trace. */
static const char *line_of(const struct changer *c, int part)
{
    const char *name = corefile_part_names[part];

    if (part == COREFILE_DNSTAP)
        return arena_printf(c->arena, "dnstap tcp://%s full", collector_at(c, DNSTAP_PORT));
    if (part == COREFILE_TRACE)
        return arena_printf(c->arena, "trace zipkin %s {", collector_at(c, ZIPKIN_PORT));
    if (part != COREFILE_PROMETHEUS)
        return name;
    for (size_t i = 0; i < c->corefile->blocks_count; i++) {
        const struct corefile_directive *there = find(&c->corefile->blocks[i], name);

        if (there)
            return there->args_count ? arena_printf(c->arena, "%s %s", name, there->args[0]) : name;
    }
    return c->wish->node_local ? "prometheus :9253" : "prometheus :9153";
}

static bool has_full(const struct corefile_directive *dnstap)
{
    for (size_t i = 1; i < dnstap->args_count; i++)
        if (strcmp(dnstap->args[i], "full") == 0)
            return true;
    return false;
}

/* A dnstap without full gets it; a snippet is changed once for all who import it. */
static void make_full(struct changer *c, const struct corefile_directive *dnstap)
{
    for (size_t i = 0; i < c->edits_count; i++)
        if (c->edits[i].changes == dnstap->line)
            return;
    *ARENA_PUSH(c->arena, c->edits, c->edits_count) =
        (struct edit){.changes = dnstap->line, .text = dnstap->args[0]};
}

/* Where new lines go: behind the brace, or before the first directive where there is none. */
static uint64_t place(const struct corefile_block *block)
{
    if (block->open_line)
        return block->open_line;
    return block->directives_count && !block->directives[0].imported ? block->directives[0].line - 1
                                                                     : block->line;
}

/* Return whether the block has it as it should be. */
static bool turn_on(struct changer *c, const struct corefile_block *block, int part)
{
    const struct corefile_directive *there = find(block, corefile_part_names[part]);

    /* What is imported from another file is not changed here. */
    if (corefile_line_file(block->line) || (there && corefile_line_file(there->line)))
        return there != NULL;
    if (there && part == COREFILE_DNSTAP && there->args_count && !has_full(there)) {
        make_full(c, there);
        return false;
    }
    if (there)
        return true;
    *ARENA_PUSH(c->arena, c->edits, c->edits_count) =
        (struct edit){.after = place(block), .text = line_of(c, part)};
    if (part == COREFILE_TRACE) {
        *ARENA_PUSH(c->arena, c->edits, c->edits_count) =
            (struct edit){.after = place(block), .text = "    every " TRACED_OF};
        *ARENA_PUSH(c->arena, c->edits, c->edits_count) = (struct edit){.after = place(block), .text = "}"};
    }
    return false;
}

static void record(struct changer *c, struct corefile_change_facts *change, uint64_t line, bool changed,
                   const char *text)
{
    *ARENA_PUSH(c->arena, change->edits, change->edits_count) =
        (struct corefile_edit_facts){line, changed, text};
}

/* The blanks that a new line begins with: those of the line that follows, or four. */
static void add_indent(struct text *out, const struct line_cursor *behind)
{
    struct line_cursor cursor = *behind;
    struct line next;
    size_t blanks = 0;

    if (line_cursor_next(&cursor, &next))
        while (blanks < next.len && (next.text[blanks] == ' ' || next.text[blanks] == '\t'))
            blanks++;
    if (blanks)
        text_add_n(out, next.text, blanks);
    else
        text_add(out, "    ");
}

static void write_line(struct changer *c, struct text *out, const struct line *line,
                       struct corefile_change_facts *change, uint64_t *number)
{
    const char *text = arena_text_n(c->arena, line->text, line->len), *at;

    for (size_t i = 0; i < c->edits_count; i++)
        if (c->edits[i].changes == line->number && (at = strstr(text, c->edits[i].text))) {
            size_t head = (size_t)(at - text) + strlen(c->edits[i].text);

            text = arena_printf(c->arena, "%.*s full%s", (int)head, text, text + head);
            record(c, change, *number, true, text);
        }
    text_add(out, text);
    text_add_char(out, '\n', 1);
    ++*number;
}

static void write_all(struct changer *c, const char *text, size_t len, struct corefile_change_facts *change)
{
    struct line_cursor cursor = {.bytes = text, .len = len};
    struct text out = {0}, added = {0};
    uint64_t number = 1;
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        write_line(c, &out, &line, change, &number);
        for (size_t i = 0; i < c->edits_count; i++) {
            if (c->edits[i].after != line.number)
                continue;
            text_clear(&added);
            add_indent(&added, &cursor);
            text_add(&added, c->edits[i].text);
            record(c, change, number++, false, arena_text(c->arena, text_string(&added)));
            text_add(&out, text_string(&added));
            text_add_char(&out, '\n', 1);
        }
    }
    change->corefile = arena_text(c->arena, text_string(&out));
    text_fini(&added);
    text_fini(&out);
}

static void add_step(struct arena *arena, struct corefile_step_facts **steps, size_t *count, const char *what,
                     const char *command)
{
    *ARENA_PUSH(arena, *steps, *count) = (struct corefile_step_facts){what, command};
}

#define WORD(name) shell_word(c->arena, (name))
#define STEP(what, ...) \
    add_step(c->arena, &change->steps, &change->steps_count, what, arena_printf(c->arena, __VA_ARGS__))
#define BACK(what, ...) \
    add_step(c->arena, &change->back, &change->back_count, what, arena_printf(c->arena, __VA_ARGS__))

static void add_listen_steps(struct changer *c, struct corefile_change_facts *change)
{
    const struct corefile_wish *wish = c->wish;

    if (wish->parts[COREFILE_DNSTAP])
        STEP("listen at the collector", "k8sdns dnstap --listen %s",
             WORD(arena_printf(c->arena, "tcp:%s", collector_at(c, DNSTAP_PORT))));
    if (wish->parts[COREFILE_TRACE])
        STEP("listen at the collector", "k8sdns spans --listen %s", WORD(collector_at(c, ZIPKIN_PORT)));
}

/* The parts that are wished, "log,dnstap". */
static const char *parts_of(const struct changer *c)
{
    const char *parts = "";

    for (int i = 0; i < COREFILE_PARTS; i++)
        if (c->wish->parts[i])
            parts = arena_printf(c->arena, "%s%s%s", parts, *parts ? "," : "", corefile_part_names[i]);
    return parts;
}

static void add_steps(struct changer *c, struct corefile_change_facts *change)
{
    const struct corefile_wish *wish = c->wish;
    const char *map = arena_printf(c->arena, "-n %s configmap %s", WORD(wish->space), WORD(wish->map)),
               *parts = parts_of(c);
    bool reload = false;

    for (size_t i = 0; i < c->corefile->blocks_count; i++)
        reload = reload || find(&c->corefile->blocks[i], "reload");
    STEP("keep what is there", "kubectl get %s -o yaml > before.yaml", map);
    add_listen_steps(c, change);
    STEP("write the change", "k8sdns corefile before.yaml --enable %s%s%s --print patch > on.json", parts,
         wish->collector ? " --collector " : "", wish->collector ? WORD(wish->collector) : "");
    STEP(wish->note ? arena_printf(c->arena, "put it in (%s)", wish->note) : "put it in",
         "kubectl patch %s --type merge --patch-file on.json", map);
    if (reload)
        STEP("it is read within two minutes; see it", "kubectl logs -n %s -l %s%s --prefix --tail 5",
             WORD(wish->space), wish->selector, wish->container);
    else
        STEP("without reload it takes a restart", "kubectl rollout restart -n %s %s", WORD(wish->space),
             wish->workload);
    BACK("write what was there", "k8sdns corefile before.yaml --print patch > off.json");
    BACK("put it back", "kubectl patch %s --type merge --patch-file off.json", map);
    if (!reload)
        BACK("without reload it takes a restart", "kubectl rollout restart -n %s %s", WORD(wish->space),
             wish->workload);
}

/* The key of the custom ConfigMap that is ours. */
#define CUSTOM_KEY "k8sdns.override"

/* The lines as a file that the main server block imports. */
static void write_custom(struct changer *c, struct corefile_change_facts *change)
{
    const char *before = NULL;
    struct text out = {0};

    for (size_t i = 0; i < c->edits_count; i++) {
        /* Blocks of several zones would have them several times. */
        if (c->edits[i].changes || (before && strstr(text_string(&out), c->edits[i].text)))
            continue;
        record(c, change, change->edits_count + 1, false, c->edits[i].text);
        text_addf(&out, "%s\n", c->edits[i].text);
        before = c->edits[i].text;
    }
    change->corefile = arena_text(c->arena, text_string(&out));
    change->into = CUSTOM_KEY;
    text_fini(&out);
}

static void add_custom_steps(struct changer *c, struct corefile_change_facts *change)
{
    const struct corefile_wish *wish = c->wish;
    const char *parts = parts_of(c);

    STEP("keep what is there", "kubectl get -n %s configmap %s%s%s -o yaml > before.yaml", WORD(wish->space),
         WORD(wish->map), wish->custom_seen ? " " : "", wish->custom_seen ? WORD(wish->custom) : "");
    if (!wish->custom_seen)
        STEP("make the ConfigMap that is imported", "kubectl create -n %s configmap %s", WORD(wish->space),
             WORD(wish->custom));
    add_listen_steps(c, change);
    STEP("write the change", "k8sdns corefile before.yaml --enable %s%s%s --print patch > on.json", parts,
         wish->collector ? " --collector " : "", wish->collector ? WORD(wish->collector) : "");
    STEP(arena_printf(c->arena, "put it in; %s itself is overwritten", wish->map),
         "kubectl patch -n %s configmap %s --type merge --patch-file on.json", WORD(wish->space),
         WORD(wish->custom));
    STEP("it is imported at the start", "kubectl rollout restart -n %s %s", WORD(wish->space),
         wish->workload);
    BACK("take the key out again",
         "kubectl patch -n %s configmap %s --type merge -p '{\"data\":{\"" CUSTOM_KEY "\":null}}'",
         WORD(wish->space), WORD(wish->custom));
    BACK("start without it", "kubectl rollout restart -n %s %s", WORD(wish->space), wish->workload);
}

/* The operator turns on the log, and nothing else. Source: OpenShift's dns.operator, spec.logLevel. */
static void add_operator_steps(struct changer *c, struct corefile_change_facts *change)
{
    static const char patch[] =
        "kubectl patch dns.operator.openshift.io/default --type merge -p '{\"spec\":{\"logLevel\":\"%s\"}}'";

    STEP("let the operator write it: it overwrites changes of the ConfigMap", patch, "Trace");
    STEP("see it", "kubectl logs -n %s -l %s%s --prefix --tail 5", WORD(c->wish->space), c->wish->selector,
         c->wish->container);
    BACK("log errors alone again", patch, "Normal");
}

void corefile_turn_on(struct arena *arena, const char *text, size_t len, const struct corefile *corefile,
                      const struct corefile_wish *wish, struct corefile_change_facts *ret)
{
    struct changer c = {.arena = arena, .corefile = corefile, .wish = wish};

    *ret = (struct corefile_change_facts){0};
    for (int part = 0; part < COREFILE_PARTS; part++) {
        bool all = wish->parts[part];

        for (size_t i = 0; wish->parts[part] && i < corefile->blocks_count; i++)
            all = turn_on(&c, &corefile->blocks[i], part) && all;
        if (all)
            *ARENA_PUSH(arena, ret->on_already, ret->on_already_count) = corefile_part_names[part];
    }
    if (wish->custom)
        write_custom(&c, ret);
    else
        write_all(&c, text, len, ret);
    if (!c.edits_count)
        return;
    if (wish->custom)
        add_custom_steps(&c, ret);
    else if (wish->operated)
        add_operator_steps(&c, ret);
    else
        add_steps(&c, ret);
}
