/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which form a message has: the tables in order, structure before bare words, and of several messages in a
 * text the first cause first.
 */
#include "message_answered.h"
#include "message_forms.h"
#include <ctype.h>
#include <k8sdns/base/line.h>
#include <string.h>

const struct message_pattern *const message_tables[] = {messages_kernel,   messages_cluster,
                                                        messages_coredns,  messages_servers,
                                                        messages_tools,    messages_proxies,
                                                        messages_go,       messages_native,
                                                        messages_jvm,      messages_scripts,
                                                        messages_libc,     messages_plain,
                                                        messages_answered, NULL};

/* A line is looked at so far: messages are shorter, dumps of objects are not. */
#define LINE_MAX_SEEN 4096
#define LINES_MAX     100000
#define FORM_MAX      160

static bool is_word(char c)
{
    return isalnum((unsigned char)c);
}

/* Where `piece` stands in the line from `at` on, with its ends at ends of words where that is asked for. */
static const char *find_piece(const char *line, const char *at, const char *end, const char *piece,
                              size_t len, bool word_begins, bool word_ends)
{
    for (; (size_t)(end - at) >= len; at++) {
        const char *found = memmem(at, (size_t)(end - at), piece, len);

        if (!found)
            return NULL;
        if (!(word_begins && is_word(piece[0]) && found > line && is_word(found[-1])) &&
            !(word_ends && is_word(piece[len - 1]) && found + len < end && is_word(found[len])))
            return found;
        at = found;
    }
    return NULL;
}

bool message_pattern_fits(const char *form, const char *line, size_t len)
{
    char lower[FORM_MAX], *p = lower;
    const char *at = line, *end = line + len;
    bool tied = *form == '^', first = true;
    size_t form_len = strlen(form += tied);
    bool tied_end = form_len && form[form_len - 1] == '$';

    form_len -= tied_end;
    if (form_len >= sizeof(lower))
        return false;
    for (size_t i = 0; i < form_len; i++)
        lower[i] = (char)tolower((unsigned char)form[i]);
    lower[form_len] = '\0';
    for (;; first = false) {
        char *star = strchr(p, '*');
        size_t piece = star ? (size_t)(star - p) : strlen(p);
        const char *found = at;

        if (tied_end && !star && piece) {
            if ((size_t)(end - at) < piece || memcmp(end - piece, p, piece) != 0 ||
                (tied && first && (size_t)(end - at) != piece))
                return false;
            return !(first && is_word(p[0]) && end - piece > line && is_word(end[-(ptrdiff_t)piece - 1]));
        }
        if (piece) {
            found = find_piece(line, at, end, p, piece, first, !star);
            if (!found || (tied && first && found != line))
                return false;
        }
        if (!star)
            return true;
        at = found + piece;
        p = star + 1;
    }
}

static size_t lower_line(const char *line, size_t len, char *ret_lower)
{
    if (len > LINE_MAX_SEEN)
        len = LINE_MAX_SEEN;
    for (size_t i = 0; i < len; i++)
        ret_lower[i] = (char)tolower((unsigned char)line[i]);
    return len;
}

/* "unknown host key": ssh has found the host. */
static bool is_key_of_host(const char *at, const char *end)
{
    at += at < end && *at == ' ';
    return end - at >= 3 && memcmp(at, "key", 3) == 0;
}

/* Words by which a program says itself that it was the lookup. */
static bool names_a_lookup(const char *lower, size_t len)
{
    static const char *const words[] = {"lookup ",
                                        "host not found",
                                        "hostnotfound",
                                        "getaddrinfo",
                                        "gaierror",
                                        "unknownhost",
                                        "unknown host",
                                        "translate host name",
                                        "name resolution",
                                        "resolve host",
                                        "resolving host",
                                        "dns_resolution",
                                        "dns resolution",
                                        "dns query",
                                        "dns error",
                                        "nodename nor servname",
                                        "name or service not known"};

    const char *end = lower + len;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = memmem(lower, len, words[i], strlen(words[i]));

        if (at && !is_key_of_host(at + strlen(words[i]), end))
            return true;
    }
    return false;
}

/* Behind one of these words at `at`, and the blank behind it; NULL where none of them stands there. */
static const char *behind_any(const char *at, const char *end, const char *const *words)
{
    for (; *words; words++) {
        size_t len = strlen(*words);

        if ((size_t)(end - at) > len && memcmp(at, *words, len) == 0 && !is_word(at[len]))
            return at + len + 1;
    }
    return NULL;
}

/*
 * What any program may say in its own words, so that no form has them all: that it could not resolve a host,
 * a domain, an address. Things that compilers and package managers resolve are none of these.
 */
static bool says_not_resolved(const char *lower, size_t len)
{
    static const char *const not [] = {"could not", "couldn't",    "cannot",    "can't",      "can not",
                                       "unable to", "not able to", "failed to", "failure to", NULL};
    static const char *const resolve[] = {"resolve", "lookup", "look up", NULL};
    static const char *const before[] = {"the",       "any",      "remote", "target", "ip",
                                         "bootstrap", "endpoint", "your",   NULL};
    static const char *const things[] = {"host",    "hostname",  "hosts",     "domain", "dns",
                                         "address", "addresses", "fqdn",      "server", "proxy",
                                         "broker",  "brokers",   "hostnames", NULL};
    const char *end = lower + len;

    for (const char *at = lower; at < end; at++) {
        const char *next = at > lower && is_word(at[-1]) ? NULL : behind_any(at, end, not ), *skipped;

        next = next && next < end ? behind_any(next, end, resolve) : NULL;
        if (!next || next >= end)
            continue;
        while ((skipped = behind_any(next, end, before)) && skipped < end)
            next = skipped;
        if (behind_any(next, end, things))
            return true;
    }
    return false;
}

static const struct message_pattern not_resolved = {"could not resolve host", SYMPTOM_FAILED, "any program"};

/* How final a form is for its line. */
enum weight {
    WEIGHT_FULL,   /* names what happened */
    WEIGHT_FAILED, /* a lookup failed, and a reason may stand in the same line */
    WEIGHT_OTHER,  /* not of DNS, unless the line names a lookup */
    WEIGHT_VAGUE,  /* around any failure, whose reason may stand in the same line */
};

/*
 * What a proxy or a tool says of a connection may have the lookup behind it; and a client of the API server
 * that looks its name up is not CoreDNS, which has the address.
 */
static enum weight weight_of(const struct message_pattern *row, const char *lower, size_t len)
{
    static const char lookup[] = "dial tcp: lookup ", coredns[] = "plugin/";

    enum symptom_class class = symptoms[row->symptom].class;

    if (class == SYMPTOM_IS_NOTDNS)
        return WEIGHT_OTHER;
    if (class == SYMPTOM_IS_VAGUE)
        return WEIGHT_VAGUE;
    if (class == SYMPTOM_IS_FAILED)
        return WEIGHT_FAILED;
    return class == SYMPTOM_IS_APISERVER && memmem(lower, len, lookup, sizeof(lookup) - 1) &&
                   !memmem(lower, len, coredns, sizeof(coredns) - 1)
               ? WEIGHT_OTHER
               : WEIGHT_FULL;
}

/* Of what does not name the lookup, only that a connection failed tells more than a wrapper. */
static bool tells_more(const struct message_pattern *row, enum weight weight,
                       const struct message_pattern *found, enum weight found_weight)
{
    return weight < found_weight &&
           !(found && weight == WEIGHT_OTHER && row->symptom != SYMPTOM_NOTDNS_CONNECT);
}

const struct message_pattern *message_pattern_find(const char *line, size_t len)
{
    const struct message_pattern *found = NULL;
    enum weight found_weight = WEIGHT_VAGUE;
    char lower[LINE_MAX_SEEN];
    bool lookup;

    len = lower_line(line, len, lower);
    lookup = names_a_lookup(lower, len);
    for (size_t t = 0; message_tables[t]; t++) {
        for (const struct message_pattern *row = message_tables[t]; row->form; row++) {
            enum weight weight;

            if (!message_pattern_fits(row->form, lower, len))
                continue;
            weight = weight_of(row, lower, len);
            if (weight == WEIGHT_FULL ||
                (weight == WEIGHT_OTHER && !lookup && tells_more(row, weight, found, found_weight)))
                return row;
            if (!found || tells_more(row, weight, found, found_weight)) {
                found = row;
                found_weight = weight;
            }
        }
    }
    return (found_weight == WEIGHT_VAGUE || (found_weight == WEIGHT_OTHER && lookup)) &&
                   says_not_resolved(lower, len)
               ? &not_resolved
               : found;
}

/* Words that stand in messages of every kind, and tell nothing of what one means. */
static bool is_common(const char *word, size_t len)
{
    static const char *const common[] = {
        "error",   "failed",      "failure", "server",    "connection", "could",     "cannot",
        "with",    "from",        "host",    "name",      "have",       "been",      "that",
        "this",    "when",        "while",   "http",      "https",      "request",   "response",
        "message", "information", "does",    "exception", "code",       "status",    "address",
        "found",   "unable",      "unknown", "timeout",   "timed",      "connect",   "refused",
        "service", "reason",      "resolve", "returned",  "denied",     "permission"};

    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (strlen(common[i]) == len && memcmp(common[i], word, len) == 0)
            return true;
    return false;
}

/* The telling words of four letters and more that a form and a line share; `*ret_all` is how many the form
 * has. */
static size_t shared_words(const char *form, const char *lower, size_t len, size_t *ret_all)
{
    size_t shared = 0;

    *ret_all = 0;
    while (*form) {
        char word[32];
        size_t n = 0;

        while (*form && !is_word(*form))
            form++;
        while (is_word(*form)) {
            if (n < sizeof(word))
                word[n++] = (char)tolower((unsigned char)*form);
            form++;
        }
        if (n < 4 || is_common(word, n))
            continue;
        ++*ret_all;
        shared += find_piece(lower, lower, lower + len, word, n, true, true) != NULL;
    }
    return shared;
}

const struct message_pattern *message_pattern_nearest(const char *line, size_t len)
{
    const struct message_pattern *best = NULL;
    char lower[LINE_MAX_SEEN];
    size_t most = 1;

    len = lower_line(line, len, lower);
    for (size_t t = 0; message_tables[t]; t++) {
        for (const struct message_pattern *row = message_tables[t]; row->form; row++) {
            size_t all, shared = shared_words(row->form, lower, len, &all);

            if (shared > most && 2 * shared > all) {
                most = shared;
                best = row;
            }
        }
    }
    return best;
}

/* One line's message, and where it stands in a chain of exceptions. */
struct sorted_message {
    struct known_message message;
    unsigned rank;
    size_t chain, depth;
};

/* What names a fault, then what only says that a lookup failed, then what is not of DNS, tells nothing, or is
 * harmless. */
unsigned message_rank(const struct message_pattern *form)
{
    enum symptom_class class = symptoms[form->symptom].class;

    if (class == SYMPTOM_IS_NOISE)
        return 4;
    if (class == SYMPTOM_IS_VAGUE)
        return 3;
    if (class == SYMPTOM_IS_NOTDNS)
        return 2;
    return class == SYMPTOM_IS_FAILED;
}

/* Java, .NET, Node.js and Rust's anyhow put the cause behind what it caused, with one of these before it. */
static bool is_deeper(const char *text, size_t len)
{
    static const char *const marks[] = {"caused by", "[cause]", "---> ", "nested exception"};
    char lower[32];

    len = lower_line(text, len < sizeof(lower) ? len : sizeof(lower), lower);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (len >= strlen(marks[i]) && memcmp(lower, marks[i], strlen(marks[i])) == 0)
            return true;
    return false;
}

static bool is_before(const struct sorted_message *a, const struct sorted_message *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->chain != b->chain)
        return a->chain < b->chain;
    return a->depth != b->depth ? a->depth > b->depth : a->message.line < b->message.line;
}

/* Keep the best of each meaning. */
static void keep(struct sorted_message *kept, const struct sorted_message *one)
{
    size_t count = kept->message.count;

    if (!count || is_before(one, kept))
        *kept = *one;
    kept->message.count = count + 1;
}

void messages_find(struct arena *arena, const char *text, struct known_message **ret_messages,
                   size_t *ret_count)
{
    struct line_cursor cursor = {.bytes = text, .len = strlen(text)};
    struct sorted_message best[SYMPTOMS_COUNT] = {0}, *order[SYMPTOMS_COUNT];
    struct answered_names answered = {.count = 0};
    size_t chain = 0, depth = 0, n = 0;
    struct line line;

    while (line_cursor_next(&cursor, &line) && line.number <= LINES_MAX) {
        struct sorted_message one;
        bool indented = line.len && isspace((unsigned char)line.text[0]), deeper;

        while (line.len && isspace((unsigned char)line.text[line.len - 1]))
            line.len--;
        while (line.len && isspace((unsigned char)line.text[0])) {
            line.text++;
            line.len--;
        }
        if (!line.len)
            continue;
        answered_names_see(&answered, &line, text + cursor.len);
        deeper = is_deeper(line.text, line.len);
        if (deeper)
            depth++;
        else if (!indented) {
            chain++;
            depth = 0;
        }
        one = (struct sorted_message){
            .message = {.form = message_pattern_find(line.text, line.len), .line = line.number},
            .chain = chain,
            .depth = depth};
        if (!one.message.form)
            continue;
        if (answered_names_excuse(&answered, &line))
            one.message.form = messages_answered;
        one.rank = message_rank(one.message.form);
        one.message.text = arena_text_n(arena, line.text, line.len < 400 ? line.len : 400);
        keep(&best[one.message.form->symptom], &one);
    }
    for (size_t i = 0; i < SYMPTOMS_COUNT; i++) {
        size_t at = n;

        if (!best[i].message.form)
            continue;
        for (; at > 0 && is_before(&best[i], order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = &best[i];
        n++;
    }
    *ret_messages = arena_array(arena, n, sizeof(**ret_messages));
    for (size_t i = 0; i < n; i++)
        (*ret_messages)[i] = order[i]->message;
    *ret_count = n;
}
