/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/text.h>
#include <k8sdns/wire/logs/log_guess.h>
#include <k8sdns/wire/logs/log_template.h>
#include <string.h>

/* Words of a line, and the marks between them. */
#define WORDS 64

struct guess_word {
    struct log_word text;
    int label; /* enum log_label; LABEL_TEXT: any word */
};

static bool is_mark(char c)
{
    return strchr(" \t\"'`,;=|{}[]()<>", c) != NULL;
}

static bool is_one_of(struct log_word word, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == word.len && memcmp(*words, word.at, word.len) == 0)
            return true;
    return false;
}

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static size_t digits(struct log_word word, size_t from)
{
    size_t i = from;

    while (i < word.len && is_digit(word.at[i]))
        i++;
    return i - from;
}

/* 0.000565674s, 1.5ms */
static bool is_duration(struct log_word word)
{
    static const char *const units[] = {"s", "ms", "us", "\u00b5s", "ns", NULL};
    size_t n = digits(word, 0), at = n;

    if (!n)
        return false;
    if (at < word.len && word.at[at] == '.') {
        n = digits(word, at + 1);
        at += n ? n + 1 : 0;
    }
    return is_one_of((struct log_word){word.at + at, word.len - at}, units);
}

/* 10.244.1.5; the length of the address at the beginning, 0 for none. */
static size_t address_len(struct log_word word)
{
    size_t at = 0;

    for (int i = 0; i < 4; i++) {
        size_t n = digits(word, at);

        if (!n || n > 3 || (i < 3 && (at + n >= word.len || word.at[at + n] != '.')))
            return 0;
        at += n + (i < 3);
    }
    return at;
}

/* 10.244.1.5, 10.244.1.5:40000 */
static bool is_client(struct log_word word)
{
    size_t len = address_len(word);

    return len && (len == word.len || (word.at[len] == ':' && len + 1 < word.len &&
                                       len + 1 + digits(word, len + 1) == word.len));
}

/* www.example.com. or "." */
static bool is_fqdn(struct log_word word)
{
    if (!word.len || word.at[word.len - 1] != '.' || address_len(word))
        return false;
    for (size_t i = 0; i + 1 < word.len; i++)
        if (word.at[i] == '.' && word.at[i + 1] == '.')
            return false;
    return true;
}

static bool is_flags(struct log_word word)
{
    static const char *const flags[] = {"qr", "aa", "tc", "rd", "ra", "ad", "cd", NULL};

    return is_one_of(word, flags);
}

static int label_of(struct log_word word)
{
    static const char *const rcodes[] = {"NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "FORMERR",
                                         "NOTIMP",  "NOTAUTH",  "YXDOMAIN", NULL};
    static const char *const types[] = {"A",   "AAAA", "PTR",   "SRV",    "TXT",   "MX",
                                        "NS",  "SOA",  "CNAME", "HTTPS",  "SVCB",  "HINFO",
                                        "ANY", "CAA",  "DS",    "DNSKEY", "NAPTR", NULL};
    static const char *const classes[] = {"IN", "CH", "HS", NULL};
    static const char *const protocols[] = {"udp", "tcp", NULL};

    return is_one_of(word, rcodes)      ? LABEL_RCODE
           : is_duration(word)          ? LABEL_DURATION
           : is_one_of(word, types)     ? LABEL_TYPE
           : is_one_of(word, classes)   ? LABEL_CLASS
           : is_one_of(word, protocols) ? LABEL_PROTO
           : is_client(word)            ? LABEL_REMOTE
           : is_fqdn(word)              ? LABEL_NAME
           : is_flags(word)             ? LABEL_RFLAGS
                                        : LABEL_TEXT;
}

/* The words of a line; flags with commas between are one. Return how many, 0 for too many. */
static size_t split(struct log_word line, struct guess_word words[WORDS])
{
    const char *at = line.at, *end = line.at + line.len;
    size_t count = 0;

    while (at < end) {
        const char *from = at;
        int label;

        if (is_mark(*at)) {
            at++;
            continue;
        }
        while (at < end && !is_mark(*at))
            at++;
        label = label_of((struct log_word){from, (size_t)(at - from)});
        if (label == LABEL_RFLAGS && count && words[count - 1].label == LABEL_RFLAGS &&
            words[count - 1].text.at + words[count - 1].text.len + 1 == from && from[-1] == ',') {
            words[count - 1].text.len = (size_t)(at - words[count - 1].text.at);
            continue;
        }
        if (count == WORDS)
            return 0;
        words[count++] = (struct guess_word){{from, (size_t)(at - from)}, label};
    }
    return count;
}

static size_t count_of(const struct guess_word *words, size_t count, int label)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += words[i].label == label;
    return n;
}

static bool may_be_query(const struct guess_word *words, size_t count)
{
    return count_of(words, count, LABEL_NAME) == 1 && count_of(words, count, LABEL_RCODE) <= 1 &&
           count_of(words, count, LABEL_DURATION) == 1;
}

void log_guess_add(struct log_guess *guess, struct log_word line)
{
    struct guess_word words[WORDS];
    size_t count;

    /* A format is text. */
    if (guess->count == LOG_GUESS_LINES || line.len >= LOG_GUESS_TEXT || memchr(line.at, '\0', line.len))
        return;
    count = split(line, words);
    if (!count || !may_be_query(words, count))
        return;
    memcpy(guess->lines[guess->count], line.at, line.len);
    guess->lens[guess->count++] = line.len;
}

static bool is_same(struct log_word a, struct log_word b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static struct log_word line_at(const struct log_guess *guess, size_t i)
{
    return (struct log_word){guess->lines[i], guess->lens[i]};
}

/* Whether the marks between the words are alike in two lines. */
static bool has_same_marks(struct log_word a, const struct log_word *places, struct log_word b,
                           const struct guess_word *y, size_t count)
{
    const char *p = a.at, *q = b.at;

    for (size_t i = 0; i <= count; i++) {
        const char *p_end = i < count ? places[i].at : a.at + a.len,
                   *q_end = i < count ? y[i].text.at : b.at + b.len;

        if (!is_same((struct log_word){p, (size_t)(p_end - p)}, (struct log_word){q, (size_t)(q_end - q)}))
            return false;
        if (i < count) {
            p = p_end + places[i].len;
            q = q_end + y[i].text.len;
        }
    }
    return true;
}

/* A failed forward of old versions has "-" where the code and the flags are. */
static int merge(struct guess_word *word, const struct guess_word *other)
{
    static const struct log_word dash = {"-", 1};

    if (word->label == other->label)
        return word->label;
    if (is_same(other->text, dash) && word->label != LABEL_TEXT)
        return word->label;
    if (is_same(word->text, dash) && other->label != LABEL_TEXT) {
        word->text = other->text;
        return other->label;
    }
    return LABEL_TEXT;
}

static const char *label_text(int label)
{
    return label == LABEL_RCODE      ? "{rcode}"
           : label == LABEL_DURATION ? "{duration}"
           : label == LABEL_TYPE     ? "{type}"
           : label == LABEL_CLASS    ? "{class}"
           : label == LABEL_PROTO    ? "{proto}"
           : label == LABEL_NAME     ? "{name}"
           : label == LABEL_RFLAGS   ? "{>rflags}"
                                     : "{any}";
}

/* Only the first of a kind has the label: what comes again is something else. */
static void put(struct text *out, const struct guess_word *words, size_t i, bool fixed)
{
    const struct guess_word *word = &words[i];
    bool again = false;

    for (size_t k = 0; k < i; k++)
        again = again || words[k].label == word->label;
    if (word->label == LABEL_REMOTE) {
        text_add(out, again                                      ? "{any}"
                      : address_len(word->text) < word->text.len ? "{remote}:{port}"
                                                                 : "{remote}");
        return;
    }
    if (word->label != LABEL_TEXT && !again)
        text_add(out, label_text(word->label));
    else if (fixed)
        text_add_n(out, word->text.at, word->text.len);
    else
        text_add(out, "{any}");
}

static bool has_digit(struct log_word word)
{
    for (size_t i = 0; i < word.len; i++)
        if (is_digit(word.at[i]))
            return true;
    return false;
}

static const char *write_template(struct arena *arena, struct log_word first, const struct guess_word *words,
                                  const struct log_word *places, const bool *fixed, size_t count)
{
    struct text out = {0};
    const char *at = first.at, *ret;

    for (size_t i = 0; i < count; i++) {
        text_add_n(&out, at, (size_t)(places[i].at - at));
        put(&out, words, i, fixed[i]);
        at = places[i].at + places[i].len;
    }
    text_add_n(&out, at, (size_t)(first.at + first.len - at));
    ret = arena_text(arena, text_string(&out));
    text_fini(&out);
    return ret;
}

const char *log_guess_template(const struct log_guess *guess, struct arena *arena, bool *ret_sure)
{
    struct guess_word words[WORDS], others[WORDS];
    struct log_word first = line_at(guess, 0), places[WORDS];
    bool fixed[WORDS];
    size_t count = guess->count ? split(first, words) : 0;

    for (size_t k = 0; k < count; k++) {
        places[k] = words[k].text;
        fixed[k] = guess->count >= LOG_GUESS_SURE || !has_digit(words[k].text);
    }
    for (size_t i = 1; i < guess->count; i++) {
        struct log_word line = line_at(guess, i);

        if (split(line, others) != count || !has_same_marks(first, places, line, others, count))
            return NULL;
        for (size_t k = 0; k < count; k++) {
            fixed[k] = fixed[k] && is_same(places[k], others[k].text);
            words[k].label = merge(&words[k], &others[k]);
        }
    }
    if (count_of(words, count, LABEL_NAME) != 1 || count_of(words, count, LABEL_RCODE) != 1 ||
        count_of(words, count, LABEL_DURATION) != 1)
        return NULL;
    *ret_sure = guess->count >= LOG_GUESS_SURE;
    return write_template(arena, first, words, places, fixed, count);
}
