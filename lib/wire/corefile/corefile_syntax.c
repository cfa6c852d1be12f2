/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corefiles as caddy's parser takes them: words, quotes, braces, snippets, environment variables. */
#include "corefile_word.h"
#include <fnmatch.h>
#include <k8sdns/base/number.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <stdlib.h>
#include <string.h>

/* As CoreDNS has it. */
#define SNIPPET_IMPORTS_MAX 1000

struct snippet {
    const char *name;
    const struct corefile_word *words;
    size_t words_count;
};

/* The words still to be read; an import puts a list of its own in front of the rest. */
struct source {
    const struct corefile_word *words;
    size_t at, count;
    bool imported;
};

/* A snippet within a snippet within ...; CoreDNS allows a thousand imports in all. */
#define SOURCES_MAX 64

struct syntax_reader {
    struct arena *arena;
    struct corefile *corefile;
    struct source sources[SOURCES_MAX];
    size_t depth; /* of sources in use; the first is the file */
    struct snippet *snippets;
    size_t snippets_count;
    const struct corefile_word *word; /* NULL at the end */
    bool new_line;                    /* it is the first of its line */
    bool imported;                    /* it comes from a snippet */
    uint64_t last_end;                /* the line that the word before it ended on; 0 after an import */
    uint64_t last_line;               /* of the last word of the file itself */
    size_t imports, taken;
};

static void fail(struct syntax_reader *r, uint64_t line, const char *what)
{
    if (!r->corefile->fault) {
        r->corefile->fault = what;
        r->corefile->fault_line = line;
    }
    r->word = NULL;
}

static void note_variable(struct syntax_reader *r, const char *text)
{
    struct corefile *c = r->corefile;

    for (const char *at = text; (at = strstr(at, "{$")); at++) {
        const char *end = strchr(at, '}'), *name;

        if (!end || end == at + 2 || c->variables_count == COREFILE_VARIABLES_MAX)
            continue;
        name = arena_text_n(r->arena, at + 2, (size_t)(end - at - 2));
        for (size_t i = 0; name && i < c->variables_count; i++)
            if (strcmp(c->variables[i], name) == 0)
                name = NULL;
        if (name)
            *ARENA_PUSH(r->arena, c->variables, c->variables_count) = name;
    }
}

static void advance(struct syntax_reader *r)
{
    const struct corefile_word *word;
    struct source *source;

    if (r->corefile->fault)
        return;
    while (r->depth && r->sources[r->depth - 1].at == r->sources[r->depth - 1].count) {
        r->depth--;
        r->last_end = 0; /* what follows an import is on a line of its own */
    }
    if (!r->depth) {
        r->word = NULL;
        return;
    }
    source = &r->sources[r->depth - 1];
    word = &source->words[source->at++];
    r->new_line = word->apart || word->line != r->last_end;
    r->last_end = word->end_line;
    r->imported = source->imported;
    if (!r->imported)
        r->last_line = word->end_line;
    r->word = word;
    if (++r->taken > COREFILE_WORDS_MAX)
        fail(r, word->line, "it has too many words, or snippets that import each other");
    else
        note_variable(r, word->text);
}

static bool is(const struct syntax_reader *r, const char *text)
{
    return r->word && !r->word->quoted && strcmp(r->word->text, text) == 0;
}

/* A file that an import names. */
struct imported_file {
    const struct corefile_file *file;
};

static int by_name(const void *a, const void *b)
{
    const struct imported_file *x = a, *y = b;

    return strcmp(x->file->name, y->file->name);
}

/* Put the files that a path or a pattern names in the place of the import. False when there are none. */
static bool import_files(struct syntax_reader *r, const char *path)
{
    const char *slash = strrchr(path, '/'), *pattern = slash ? slash + 1 : path;
    struct imported_file *found = NULL;
    struct corefile_word *all = NULL;
    size_t found_count = 0, all_count = 0;

    for (size_t i = 0; i < r->corefile->files_count; i++)
        if (fnmatch(pattern, r->corefile->files[i].name, 0) == 0)
            ARENA_PUSH(r->arena, found, found_count)->file = &r->corefile->files[i];
    if (found_count)
        qsort(found, found_count, sizeof(found[0]), by_name);
    for (size_t i = 0; i < found_count; i++) {
        struct corefile_word *words;
        uint64_t ignored, file = (uint64_t)(found[i].file - r->corefile->files) + 1;
        size_t count = corefile_words(r->arena, found[i].file->text, found[i].file->len, &words, &ignored);

        for (size_t k = 0; k < count; k++) {
            words[k].line += file << 32;
            words[k].end_line += file << 32;
        }
        count = corefile_braces_part(r->arena, &words, count, r->corefile);
        for (size_t k = 0; k < count && all_count < COREFILE_WORDS_MAX; k++)
            *ARENA_PUSH(r->arena, all, all_count) = words[k];
    }
    /* A pattern that fits no file is passed over, as CoreDNS does. */
    if (!found_count && !(r->corefile->files_count && strpbrk(pattern, "*?[")))
        return false;
    if (++r->imports > SNIPPET_IMPORTS_MAX || r->depth == SOURCES_MAX) {
        fail(r, r->word->line, "files import each other without end");
        return true;
    }
    /* What stands behind the name on its line is not read, since that is refused. */
    r->sources[r->depth++] = (struct source){all, 0, all_count, true};
    r->last_end = 0;
    advance(r);
    return true;
}

/* At the word "import": put what it names in its place. Files that are not given are listed. */
static void import(struct syntax_reader *r, const char ***files, size_t *files_count)
{
    uint64_t line = r->word->line;
    const char *name;

    advance(r);
    if (!r->word || r->new_line || is(r, "{") || is(r, "}")) {
        fail(r, line, "import names nothing");
        return;
    }
    name = r->word->text;
    for (size_t i = 0; i < r->snippets_count; i++) {
        const struct snippet *snippet = &r->snippets[i];

        if (strcmp(snippet->name, name) != 0)
            continue;
        if (++r->imports > SNIPPET_IMPORTS_MAX || r->depth == SOURCES_MAX) {
            fail(r, line, "snippets import each other without end");
            return;
        }
        r->sources[r->depth++] = (struct source){snippet->words, 0, snippet->words_count, true};
        r->last_end = 0;
        advance(r);
        return;
    }
    if (import_files(r, name))
        return;
    *ARENA_PUSH(r->arena, *files, *files_count) = name;
    advance(r);
    if (r->word && !r->new_line)
        fail(r, line, "import takes one name");
}

/* The lines in a directive's braces, or one that opens braces of its own. Deeper ones are taken alike. */
static void read_options(struct syntax_reader *r, struct corefile_block *block,
                         struct corefile_directive *directive)
{
    uint64_t opened = r->word->line;
    struct corefile_option *option = NULL;
    size_t nesting = 1;

    advance(r);
    while (r->word) {
        if (is(r, "{")) {
            nesting++;
            option = NULL;
        } else if (is(r, "}")) {
            if (nesting == 1 && option && !r->new_line)
                *ARENA_PUSH(r->arena, option->args, option->args_count) = r->word->text;
            option = NULL;
            if (--nesting == 0) {
                advance(r);
                return;
            }
        } else if (r->new_line && is(r, "import")) {
            import(r, &block->imports, &block->imports_count);
            option = NULL;
            continue;
        } else if (r->new_line || !option) {
            option = ARENA_PUSH(r->arena, directive->options, directive->options_count);
            option->name = r->word->text;
            option->line = r->word->line;
        } else {
            *ARENA_PUSH(r->arena, option->args, option->args_count) = r->word->text;
        }
        advance(r);
    }
    fail(r, opened, "the brace that this line opens is never closed");
}

/*
 * At a word that stands behind the brace that closes a directive. It is read as the directive that it was
 * meant for, unless all of it is on one line, where nobody can tell the words apart.
 */
static void note_behind(struct syntax_reader *r, struct corefile_directive *directive)
{
    uint64_t line = directive->line;
    struct corefile *c = r->corefile;

    if (c->slips_count < COREFILE_SLIPS_MAX)
        *ARENA_PUSH(r->arena, c->slips, c->slips_count) = (struct corefile_slip){
            .line = r->word->line,
            .text = arena_printf(r->arena, "'%s' stands behind the closing brace on its line", r->word->text),
            .why = "CoreDNS takes what stands there for a part of the directive before the brace.",
            .one_line = line == r->word->line,
        };
    if (line != r->word->line)
        return;
    directive->options_count = 0;
    directive->braces = false;
    while (r->word && !r->new_line && !is(r, "}"))
        advance(r);
}

/* At an opening brace that begins a line. CoreDNS takes it, and each line behind it, for the plugin once
 * more. */
static void note_below(struct syntax_reader *r, const struct corefile_directive *directive)
{
    struct corefile *c = r->corefile;
    const char *line = directive->name;

    for (size_t i = 0; i < directive->args_count; i++)
        line = arena_printf(r->arena, "%s %s", line, directive->args[i]);
    if (c->slips_count < COREFILE_SLIPS_MAX)
        *ARENA_PUSH(r->arena, c->slips, c->slips_count) = (struct corefile_slip){
            .line = r->word->line,
            .text = arena_printf(r->arena, "the opening brace must stand on the line of %s", directive->name),
            .why = "CoreDNS takes it, and the lines behind it, for the plugin once more, and refuses them.",
            .write = arena_printf(r->arena, "%s {", line),
        };
}

static void read_directive(struct syntax_reader *r, struct corefile_block *block)
{
    struct corefile_directive *directive = ARENA_PUSH(r->arena, block->directives, block->directives_count);
    uint64_t line = r->word->line;

    directive->name = r->word->text;
    directive->line = line;
    directive->imported = r->imported;
    for (advance(r); r->word && !r->new_line; advance(r)) {
        if (is(r, "}")) {
            fail(r, r->word->line, "a closing brace without an opening one; it must begin a line");
            return;
        }
        if (is(r, "{"))
            break;
        *ARENA_PUSH(r->arena, directive->args, directive->args_count) = r->word->text;
    }
    directive->braces = is(r, "{");
    if (!directive->braces)
        return;
    if (r->new_line && !r->word->apart)
        note_below(r, directive);
    read_options(r, block, directive);
    if (r->word && !r->new_line && !is(r, "}"))
        note_behind(r, directive);
}

static void read_directives(struct syntax_reader *r, struct corefile_block *block, bool braced)
{
    while (r->word && !is(r, "}")) {
        if (is(r, "import"))
            import(r, &block->imports, &block->imports_count);
        else if (is(r, "{"))
            fail(r, r->word->line, "an opening brace that belongs to no directive");
        else
            read_directive(r, block);
    }
    if (!r->word && braced)
        fail(r, block->open_line ? block->open_line : block->line,
             "the brace that this line opens is never closed");
    if (is(r, "}") && !braced)
        fail(r, r->word->line, "a closing brace without an opening one");
    block->end_line = r->last_line;
    advance(r);
}

static void read_snippet(struct syntax_reader *r, const char *name)
{
    struct source *source = &r->sources[r->depth - 1];
    uint64_t opened = r->word->line;
    size_t begin = source->at, nesting = 1;

    for (size_t i = 0; i < r->snippets_count; i++)
        if (strcmp(r->snippets[i].name, name) == 0) {
            fail(r, opened, "a second snippet of that name");
            return;
        }
    while (source->at < source->count) {
        const struct corefile_word *word = &source->words[source->at++];

        if (word->quoted)
            continue;
        nesting += strcmp(word->text, "{") == 0;
        nesting -= strcmp(word->text, "}") == 0;
        if (!nesting) {
            *ARENA_PUSH(r->arena, r->snippets, r->snippets_count) =
                (struct snippet){name, &source->words[begin], source->at - begin - 1};
            r->last_end = word->end_line;
            advance(r);
            return;
        }
    }
    fail(r, opened, "the brace that this line opens is never closed");
}

/* "(name)" alone. */
static const char *snippet_name(struct syntax_reader *r, const struct corefile_block *block)
{
    const char *key = block->keys_count == 1 ? block->keys[0] : "";
    size_t len = strlen(key);

    return len >= 2 && key[0] == '(' && key[len - 1] == ')' ? arena_text_n(r->arena, key + 1, len - 2) : NULL;
}

/* The keys, up to a brace or, without one, to the end of the line. False at the end of the text. */
static void read_keys(struct syntax_reader *r, struct corefile_block *block)
{
    bool another = false;

    do {
        const char *text = r->word->text;
        size_t len = strlen(text);

        if (is(r, "{"))
            break;
        if (is(r, "}")) {
            fail(r, r->word->line, "a closing brace without an opening one");
            return;
        }
        another = len && text[len - 1] == ',';
        if (len > 1 && text[len - 1] == '{')
            fail(r, r->word->line, "the brace must stand apart from the word before it");
        else if (len > another)
            *ARENA_PUSH(r->arena, block->keys, block->keys_count) =
                another ? arena_text_n(r->arena, text, len - 1) : text;
        advance(r);
    } while (r->word && (another || !r->new_line));
    if (another)
        fail(r, block->line, "a comma, and no further key behind it");
}

/* At the brace of a server block: whether that ends on the same line, with something in it. */
static bool is_one_line(const struct syntax_reader *r)
{
    const struct source *source = &r->sources[r->depth - 1];
    size_t nesting = 1;

    for (size_t i = source->at; i < source->count && source->words[i].line == r->word->line; i++) {
        const struct corefile_word *word = &source->words[i];

        if (word->quoted || word->apart)
            continue;
        nesting += strcmp(word->text, "{") == 0;
        nesting -= strcmp(word->text, "}") == 0;
        if (!nesting)
            return i > source->at;
    }
    return false;
}

static void read_block(struct syntax_reader *r)
{
    struct corefile_block block = {.line = r->word->line};
    const char *name;

    if (r->new_line && is(r, "import")) {
        import(r, &r->corefile->imports, &r->corefile->imports_count);
        return;
    }
    read_keys(r, &block);
    name = snippet_name(r, &block);
    if (name && is(r, "{")) {
        read_snippet(r, name);
        return;
    }
    if (is(r, "{")) {
        block.open_line = r->imported ? 0 : r->word->line;
        if (!block.keys_count)
            fail(r, r->word->line, "a server block without a zone");
        if (r->word && is_one_line(r)) {
            r->corefile->one_line = true;
            fail(r, r->word->line, "a server block on one line");
        }
        advance(r);
        read_directives(r, &block, true);
    } else if (r->word) {
        read_directives(r, &block, false);
    }
    if (block.keys_count)
        *ARENA_PUSH(r->arena, r->corefile->blocks, r->corefile->blocks_count) = block;
}

void corefile_read(struct arena *arena, const char *bytes, size_t len, const struct corefile_file *files,
                   size_t files_count, struct corefile *ret)
{
    struct corefile_word *words;
    size_t count;
    struct syntax_reader reader = {.arena = arena, .corefile = ret};

    *ret = (struct corefile){.files = files, .files_count = files_count};
    count = corefile_words(arena, bytes, len, &words, &ret->lines);
    count = corefile_braces_part(arena, &words, count, ret);
    reader.sources[reader.depth++] = (struct source){words, 0, count, false};
    advance(&reader);
    while (reader.word)
        read_block(&reader);
}

int corefile_transport_cut(const char **text)
{
    static const char *const schemes[] = {"dns://", "tls://", "https://", "grpc://", "quic://", "https3://"};

    for (int i = 0; i < (int)(sizeof(schemes) / sizeof(schemes[0])); i++)
        if (strncmp(*text, schemes[i], strlen(schemes[i])) == 0) {
            *text += strlen(schemes[i]);
            return i;
        }
    return COREFILE_DNS;
}

bool corefile_key_read(struct arena *arena, const char *text, struct corefile_key *ret)
{
    static const uint16_t ports[] = {DNS_PORT, 853, 443, 443, 853, 443};
    const char *colon;
    uint64_t port;
    char *zone;
    size_t len;

    ret->transport = corefile_transport_cut(&text);
    ret->port = ports[ret->transport];
    colon = strrchr(text, ':');
    len = colon ? (size_t)(colon - text) : strlen(text);
    /* IPv6 in CIDR has colons of its own. */
    if (colon && strchr(text, '/') && strchr(text, '/') < colon) {
        ;
    } else if (colon && strchr(text, '/')) {
        len = strlen(text);
        colon = NULL;
    }
    if (colon && number_parse(colon + 1, 1, 65535, &port, NULL) < 0)
        return false;
    if (colon)
        ret->port = (uint16_t)port;
    zone = len ? arena_printf(arena, "%.*s%s", (int)len, text, text[len - 1] == '.' ? "" : ".")
               : arena_text(arena, ".");
    for (char *at = zone; *at; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;
    ret->zone = zone;
    return true;
}
