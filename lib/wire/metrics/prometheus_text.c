/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/metrics/prometheus_text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "-1.7976931348623157e+308" and some more. */
#define NUMBER_MAX 64

/* A cursor over one line. */
struct scan {
    const char *at, *end;
    char *unescaped; /* where the next value goes that has escapes in it */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end && is_blank(*s->at))
        s->at++;
}

static bool take(struct scan *s, char c)
{
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

/* A name, which no digit begins. Return its length; 0 for none. */
static size_t take_name(struct scan *s, const char **ret_name)
{
    const char *begin = s->at;

    if (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        return 0;
    while (s->at < s->end && is_name_char(*s->at))
        s->at++;
    *ret_name = begin;
    return (size_t)(s->at - begin);
}

/* Behind the opening quote: up to the closing one. `from` is where a backslash was met. */
static bool take_escaped(struct scan *s, const char *begin, const char *from, const char **ret_value,
                         size_t *ret_len)
{
    char *out = s->unescaped;

    memcpy(out, begin, (size_t)(from - begin));
    out += from - begin;
    for (s->at = from; s->at < s->end; s->at++) {
        char c = *s->at;

        if (c == '"') {
            *ret_value = s->unescaped;
            *ret_len = (size_t)(out - s->unescaped);
            s->unescaped = out;
            s->at++;
            return true;
        }
        if (c == '\\' && s->at + 1 < s->end) {
            char next = *++s->at;

            if (next != '\\' && next != '"' && next != 'n')
                *out++ = '\\'; /* no escape that there is: both stand for themselves */
            c = next;
            if (next == 'n')
                c = '\n';
        }
        *out++ = c;
    }
    return false;
}

static bool take_quoted(struct scan *s, const char **ret_value, size_t *ret_len)
{
    const char *begin;

    if (!take(s, '"'))
        return false;
    begin = s->at;
    while (s->at < s->end && *s->at != '"' && *s->at != '\\')
        s->at++;
    if (s->at < s->end && *s->at == '\\')
        return take_escaped(s, begin, s->at, ret_value, ret_len);
    *ret_value = begin;
    *ret_len = (size_t)(s->at - begin);
    return take(s, '"');
}

/* One label; or, in quotes and alone, the name of the metric itself (Prometheus 3). */
static bool take_label(struct scan *s, struct prometheus_sample *sample)
{
    struct prometheus_label label = {0};
    bool quoted = s->at < s->end && *s->at == '"';

    if (quoted) {
        if (!take_quoted(s, &label.name, &label.name_len))
            return false;
    } else {
        label.name_len = take_name(s, &label.name);
    }
    skip_blanks(s);
    if (quoted && !sample->name_len && s->at < s->end && (*s->at == ',' || *s->at == '}')) {
        sample->name = label.name;
        sample->name_len = label.name_len;
        return label.name_len > 0;
    }
    if (!label.name_len || !take(s, '='))
        return false;
    skip_blanks(s);
    if (!take_quoted(s, &label.value, &label.value_len))
        return false;
    if (sample->labels_count < PROMETHEUS_LABELS_MAX)
        sample->labels[sample->labels_count++] = label;
    return true;
}

static bool take_labels(struct scan *s, struct prometheus_sample *sample)
{
    if (!take(s, '{'))
        return true;
    for (;;) {
        skip_blanks(s);
        if (take(s, '}'))
            return true;
        if (!take_label(s, sample))
            return false;
        skip_blanks(s);
        if (!take(s, ',') && (s->at >= s->end || *s->at != '}'))
            return false;
    }
}

/* "+Inf", "-inf", "NaN". */
static bool read_word(const char *text, double *ret_value)
{
    bool minus = *text == '-';

    text += *text == '-' || *text == '+';
    if (strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0)
        *ret_value = minus ? -(double)INFINITY : (double)INFINITY;
    else if (strcasecmp(text, "nan") == 0)
        *ret_value = (double)NAN;
    else
        return false;
    return true;
}

static bool read_number(const char *text, size_t len, double *ret_value)
{
    char copy[NUMBER_MAX], *end;
    uint64_t whole = 0;
    size_t i = 0;

    /* Most are small and whole; strtod() would take the most time of all. */
    for (; i < len && len <= 15 && text[i] >= '0' && text[i] <= '9'; i++)
        whole = whole * 10 + (uint64_t)(text[i] - '0');
    if (i == len && len) {
        *ret_value = (double)whole;
        return true;
    }
    if (!len || len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    /* strtod() knows more than belongs here. */
    if (strspn(copy, "0123456789+-.eE") != len)
        return read_word(copy, ret_value);
    *ret_value = strtod(copy, &end);
    return *end == '\0';
}

static bool take_number(struct scan *s, double *ret_value)
{
    const char *begin;

    skip_blanks(s);
    begin = s->at;
    while (s->at < s->end && !is_blank(*s->at))
        s->at++;
    return read_number(begin, (size_t)(s->at - begin), ret_value);
}

static bool read_sample(struct prometheus_text *text, struct scan *s)
{
    struct prometheus_sample *sample = &text->sample;
    double time;

    sample->labels_count = 0;
    sample->name_len = take_name(s, &sample->name);
    skip_blanks(s);
    if (!take_labels(s, sample) || !sample->name_len || !take_number(s, &sample->value))
        return false;
    skip_blanks(s);
    if (s->at < s->end && *s->at != '#' && !take_number(s, &time))
        return false;
    skip_blanks(s);
    return s->at == s->end || *s->at == '#';
}

static void read_line(struct prometheus_text *text, const char *line, size_t len)
{
    struct scan s = {.at = line, .end = line + len, .unescaped = text->unescaped};

    text->counts.lines++;
    while (s.end > s.at && is_blank(s.end[-1]))
        s.end--;
    skip_blanks(&s);
    if (s.at == s.end)
        return;
    if (text->counts.ended) {
        text->counts.malformed++;
    } else if (*s.at == '#') {
        text->counts.ended = s.end - s.at == 5 && memcmp(s.at, "# EOF", 5) == 0;
    } else if (read_sample(text, &s)) {
        text->counts.samples++;
        text->on_sample(text->user, &text->sample);
    } else {
        text->counts.malformed++;
    }
}

void prometheus_text_init(struct prometheus_text *text, prometheus_on_sample *on_sample, void *user)
{
    text->on_sample = on_sample;
    text->user = user;
    text->counts = (struct prometheus_counts){0};
    text->skipping = false;
    text->held = 0;
}

/* Keep a piece of a line, as far as there is room. */
static void hold(struct prometheus_text *text, const char *bytes, size_t len)
{
    if (text->skipping)
        return;
    if (len > sizeof(text->line) - text->held) {
        text->skipping = true;
        text->held = 0;
        return;
    }
    memcpy(text->line + text->held, bytes, len);
    text->held += len;
}

static void end_line(struct prometheus_text *text)
{
    if (text->skipping) {
        text->counts.lines++;
        text->counts.too_long++;
    } else {
        read_line(text, text->line, text->held);
    }
    text->skipping = false;
    text->held = 0;
}

void prometheus_text_feed(struct prometheus_text *text, const char *bytes, size_t len)
{
    text->counts.bytes += len;
    while (len) {
        const char *newline = memchr(bytes, '\n', len);
        size_t piece = newline ? (size_t)(newline - bytes) : len;

        if (newline && !text->held && !text->skipping && piece <= sizeof(text->line)) {
            read_line(text, bytes, piece); /* it is all there: no copy */
        } else {
            hold(text, bytes, piece);
            if (newline)
                end_line(text);
        }
        piece += newline != NULL;
        bytes += piece;
        len -= piece;
    }
}

void prometheus_text_end(struct prometheus_text *text)
{
    if (!text->held && !text->skipping)
        return;
    end_line(text);
    text->counts.cut = !text->counts.ended;
}

const struct prometheus_label *prometheus_label_find(const struct prometheus_sample *sample, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < sample->labels_count; i++)
        if (sample->labels[i].name_len == len && memcmp(sample->labels[i].name, name, len) == 0)
            return &sample->labels[i];
    return NULL;
}
