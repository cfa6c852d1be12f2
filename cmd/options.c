/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"
#include <errno.h>
#include <getopt.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <stdio.h>
#include <string.h>

static const char *const color_names[] = {"auto", "always", "never", NULL};
static const char *const output_names[] = {"json", "jsonl", "yaml", "name", NULL};
static const char *const fail_on_names[] = {"critical", "warning", "info", "never", NULL};

#define ROW(kind, type, member) OPTION_AT(kind, struct type, member)

const struct option_row global_options[] = {
    {.name = "json", ROW(FLAG, globals, json), .help = "one JSON document instead of text"},
    {.name = "output",
     .letter = 'o',
     .value = "FORMAT",
     .words = output_names,
     ROW(WORD, globals, output),
     .help = "json; jsonl: a line each; yaml; name: ids of findings alone"},
    {.name = "color",
     .value = "WHEN",
     .words = color_names,
     ROW(WORD, globals, color),
     .help = "auto (default), always or never; NO_COLOR is honoured"},
    {.name = "fail-on",
     .value = "SEVERITY",
     .words = fail_on_names,
     ROW(WORD, globals, fail_on),
     .help = "exit status other than 0 from: critical, warning (default), info, never"},
    {.name = "resolv-conf",
     .value = "FILE",
     ROW(TEXT, globals, resolv_conf),
     .help = "read FILE instead of /etc/resolv.conf"},
    {.name = "pid",
     .value = "N",
     .min = 1,
     .max = 4194304,
     ROW(NUMBER, globals, pid),
     .help = "look from process N: its files, network namespace and resolver"},
    {.name = "container-root",
     .value = "PATH",
     ROW(TEXT, globals, container_root),
     .help = "the application's root, seen from a debug container"},
    {.name = "as-pod",
     .value = "NAMESPACE",
     ROW(TEXT, globals, as_pod),
     .help = "complete names as a Pod there does; or NAMESPACE.svc.DOMAIN"},
    {.name = "netns", .value = "PATH", ROW(TEXT, globals, netns), .help = "ask from this network namespace"},
    {.name = "from",
     .value = "FILE|DIR|-",
     ROW(TEXT, globals, from),
     .help = "facts of k8sdns capture, or of a recording, instead of this machine"},
    {.name = "at",
     .value = "TIME",
     ROW(TEXT, globals, at),
     .help = "of a recording: 14:32 (UTC), 2026-01-31T14:32:10Z, or 2h before its end"},
    {.name = "verbose", .letter = 'v', ROW(FLAG, globals, verbose), .help = "show more"},
    {.name = "quiet", .letter = 'q', ROW(FLAG, globals, quiet), .help = "show only the outcome"},
    {.name = "help", .letter = 'h', ROW(FLAG, globals, help), .help = "this text"},
    {.name = "version", ROW(FLAG, globals, version), .help = "version, libraries and features"},
    {0},
};

const struct option_row target_option_rows[] = {
    {.name = "cluster-ip",
     .value = "IP",
     .min = DNS_PORT,
     ROW(ADDRESSES, target_options, cluster_ip),
     .help = "the ClusterIP of kube-dns (default: from resolv.conf)"},
    {.name = "replica",
     .value = "IP[:PORT]",
     .min = DNS_PORT,
     ROW(ADDRESSES, target_options, replica),
     .help = "a CoreDNS Pod; repeatable, comma separated"},
    {.name = "target",
     .value = "IP[:PORT]",
     .min = DNS_PORT,
     ROW(ADDRESSES, target_options, target),
     .help = "any other server; repeatable, comma separated"},
    {.name = "endpoints",
     .value = "FILE|-",
     ROW(TEXT, target_options, endpoints),
     .help = "kubectl get services,endpointslices,pods -o json, or -o yaml"},
    {.name = "dns-namespace",
     .value = "NAME",
     ROW(TEXT, target_options, dns_namespace),
     .help = "where the cluster DNS is (default: found by its address)"},
    {.name = "dns-service",
     .value = "NAME",
     ROW(TEXT, target_options, dns_service),
     .help = "the Service of the cluster DNS (default: likewise)"},
    {.name = "service-account",
     .value = "FOLDER",
     ROW(TEXT, target_options, service_account),
     .help = "token and ca.crt for the API (default: the Pod's)"},
    {.name = "no-discovery",
     ROW(FLAG, target_options, no_discovery),
     .help = "ask only the servers named here"},
    {0},
};

/* getopt_long() returns this plus the option's number for long options. */
#define LONG_BASE      1000
#define LONG_MAX_COUNT 64

struct lookup {
    const struct option_set *set;
    const struct option_row *row;
    const char *given; /* to an option of one text, so far */
};

struct parser {
    struct option longs[LONG_MAX_COUNT + 1];
    struct lookup lookups[LONG_MAX_COUNT];
    const char *names[LONG_MAX_COUNT + 1];
    char letters[2 * LONG_MAX_COUNT + 4];
    int count;
};

static void parser_fill(struct parser *p, bool stop_at_word, const struct option_set *sets, size_t sets_count)
{
    size_t n = 0;

    if (stop_at_word)
        p->letters[n++] = '+';
    p->letters[n++] = ':';
    for (size_t s = 0; s < sets_count; s++) {
        for (const struct option_row *row = sets[s].rows; row->name && p->count < LONG_MAX_COUNT; row++) {
            int has_arg = row->kind == OPTION_FLAG ? no_argument : required_argument;

            p->longs[p->count] = (struct option){row->name, has_arg, NULL, LONG_BASE + p->count};
            p->lookups[p->count] = (struct lookup){&sets[s], row, NULL};
            p->names[p->count++] = row->name;
            if (row->letter) {
                p->letters[n++] = row->letter;
                if (has_arg == required_argument)
                    p->letters[n++] = ':';
            }
        }
    }
    p->letters[n] = '\0';
}

/* The row of a letter that getopt_long() gave back, so it is there. */
static struct lookup *find_letter(struct parser *p, int letter)
{
    int i = 0;

    while (p->lookups[i].row->letter != letter)
        i++;
    return &p->lookups[i];
}

static int word_index(const struct option_row *row, const char *text, int *ret_index, struct err *err)
{
    const char *near;
    char choices[700] = "";

    for (int i = 0; row->words[i]; i++) {
        if (strcmp(row->words[i], text) == 0) {
            *ret_index = i;
            return 0;
        }
        if (i)
            strncat(choices, ", ", sizeof(choices) - strlen(choices) - 1);
        strncat(choices, row->words[i], sizeof(choices) - strlen(choices) - 1);
    }
    near = suggest_word(text, row->words);
    if (near)
        return err_set(err, ERR_USAGE, EINVAL, "'%s' is not valid here (use one of: %s); did you mean %s?",
                       text, choices, near);
    return err_set(err, ERR_USAGE, EINVAL, "'%s' is not valid here; choose from %s", text, choices);
}

/* Append each comma-separated piece of `text`, converted by the row's kind. */
static int add_items(struct arena *arena, const struct option_row *row, const char *text, void *into,
                     struct err *err)
{
    char *copy = arena_text(arena, text), *save = NULL;
    int r, index;

    for (char *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        if (row->kind == OPTION_ADDRESSES) {
            struct address_list *list = into;
            struct address address;

            r = address_parse(item, (uint16_t)row->min, &address, err);
            if (r < 0)
                return r;
            if (list->count >= OPTION_ITEMS_MAX)
                return err_set(err, ERR_USAGE, EINVAL, "more than %d of them", OPTION_ITEMS_MAX);
            *ARENA_PUSH(arena, list->items, list->count) = address;
        } else {
            struct text_list *list = into;

            r = row->words ? word_index(row, item, &index, err) : 0;
            if (r < 0)
                return r;
            if (list->count >= OPTION_ITEMS_MAX)
                return err_set(err, ERR_USAGE, EINVAL, "more than %d of them", OPTION_ITEMS_MAX);
            *ARENA_PUSH(arena, list->items, list->count) = item;
        }
    }
    if (!copy[0])
        return err_set(err, ERR_USAGE, EINVAL, "an empty list");
    return 0;
}

static int store(struct arena *arena, struct lookup *lookup, const char *text, struct err *err)
{
    const struct option_row *row = lookup->row;
    void *into = (char *)lookup->set->into + row->offset;
    int r = 0;

    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)into = true;
        break;
    case OPTION_TEXT:
        /* The first would be left out without a word: half of the objects, another recording. */
        if (lookup->given && strcmp(lookup->given, text) != 0)
            return err_set(err, ERR_USAGE, EINVAL, "--%s is given twice, as '%s' and as '%s'; it takes one",
                           row->name, lookup->given, text);
        lookup->given = text;
        memcpy(into, &text, sizeof(text));
        break;
    case OPTION_WORD:
        r = word_index(row, text, into, err);
        break;
    case OPTION_NUMBER:
        r = number_parse(text, row->min, row->max, into, err);
        break;
    case OPTION_DURATION:
        r = duration_parse_us(text, row->min, row->max, into, err);
        break;
    case OPTION_WORDS:
    case OPTION_ADDRESSES:
        r = add_items(arena, row, text, into, err);
        break;
    }
    return r < 0 ? err_prefix(err, r, "--%s", row->name) : 0;
}

static int unknown_option(const struct parser *p, const char *typed, struct err *err)
{
    char name[64];
    const char *near;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed, "="), typed);
    near = strncmp(name, "--", 2) == 0 ? suggest_word(name + 2, p->names) : NULL;
    if (near)
        return err_set(err, ERR_USAGE, EINVAL, "unknown option %s; did you mean --%s?", name, near);
    return err_set(err, ERR_USAGE, EINVAL, "unknown option %s; --help lists them", name);
}

/* What getopt_long() has just taken as an option, as it was typed. */
static const char *option_typed(char **argv)
{
    return optarg && optarg == argv[optind - 1] ? argv[optind - 2] : argv[optind - 1];
}

/* The words for getopt_long()'s '?' and ':'. */
static int refuse(const struct parser *p, int answer, const char *typed, struct err *err)
{
    int at = optopt - LONG_BASE;

    if (optopt >= LONG_BASE && answer == '?')
        return err_set(err, ERR_USAGE, EINVAL, "--%s takes no value", p->names[at]);
    if (optopt >= LONG_BASE)
        return err_set(err, ERR_USAGE, EINVAL, "--%s needs a value: --%s %s", p->names[at], p->names[at],
                       p->lookups[at].row->value);
    if (answer == ':')
        return err_set(err, ERR_USAGE, EINVAL, "-%c needs a value", optopt);
    if (optopt)
        return err_set(err, ERR_USAGE, EINVAL, "unknown option -%c; --help lists them", optopt);
    return unknown_option(p, typed, err);
}

/* Pasted messages may begin with dashes, as "- Curl error" and "---> System.Net": no option does so. */
static void mark_pasted(struct arena *arena, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        size_t dashes = strspn(text, "-");

        if (dashes && text[dashes] && strchr(" >", text[dashes]))
            argv[i] = arena_printf(arena, " %s", text);
    }
}

int options_parse(struct arena *arena, int argc, char **argv, bool stop_at_word,
                  const struct option_set *sets, size_t sets_count, int *ret_first, struct err *err)
{
    struct parser p = {.count = 0};
    struct lookup *lookup;
    int c, r;

    parser_fill(&p, stop_at_word, sets, sets_count);
    mark_pasted(arena, argc, argv);
    opterr = 0;
    optind = 0; /* glibc and musl: start over, with the flags of this option string */
    while ((c = getopt_long(argc, argv, p.letters, p.longs, NULL)) >= 0) {
        if (c == '?' || c == ':')
            return refuse(&p, c, argv[optind - 1], err);
        if (c >= LONG_BASE) {
            const char *typed = option_typed(argv);

            lookup = &p.lookups[c - LONG_BASE];
            /* getopt_long() would take any unambiguous beginning. */
            if (strcspn(typed, "=") != 2 + strlen(lookup->row->name))
                return unknown_option(&p, typed, err);
        } else {
            lookup = find_letter(&p, c);
        }
        r = store(arena, lookup, optarg, err);
        if (r < 0)
            return r;
    }
    *ret_first = optind;
    return 0;
}
