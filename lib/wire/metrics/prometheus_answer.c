/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../spans/json_cursor.h"
#include <errno.h>
#include <k8sdns/wire/metrics/prometheus_answer.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the reading stands. */
enum answer_level {
    ANSWER_BEFORE,
    ANSWER_TOP,  /* within the envelope */
    ANSWER_DATA, /* within its "data" */
    ANSWER_ROWS, /* within the "result" of that */
    ANSWER_OVER,
};

/* What may come next there. */
enum answer_due {
    ANSWER_FIRST, /* a member, or the end */
    ANSWER_COMMA, /* a comma, or the end */
};

static bool is(const struct json_text *text, const char *word)
{
    return text->len == strlen(word) && memcmp(text->at, word, text->len) == 0;
}

static void keep(char *to, size_t size, const struct json_text *text)
{
    size_t len = json_unescape(text, to, size - 1);

    to[len] = '\0';
}

void prometheus_answer_init(struct prometheus_answer *a, prometheus_on_row *on_row, void *user)
{
    a->on_row = on_row;
    a->user = user;
    a->status[0] = a->type[0] = a->error_type[0] = a->error[0] = '\0';
    a->warnings_count = 0;
    a->partial = false;
    a->rows = a->points = a->points_left_out = 0;
    a->level = ANSWER_BEFORE;
    a->due = ANSWER_FIRST;
    a->held = a->scratch_used = 0;
}

const char *prometheus_row_label(const struct prometheus_row *row, const char *name, size_t *ret_len)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < row->labels_count; i++)
        if (row->labels[i].name_len == len && memcmp(row->labels[i].name, name, len) == 0) {
            *ret_len = row->labels[i].value_len;
            return row->labels[i].value;
        }
    return NULL;
}

/* "12.5", "NaN", "+Inf", "4.3e+07"; NAN for what is no number. */
static double number(const struct json_text *text)
{
    char copy[64], *end;
    double value;

    if (!text->len || text->len >= sizeof(copy))
        return (double)NAN;
    memcpy(copy, text->at, text->len);
    copy[text->len] = '\0';
    value = strtod(copy, &end);
    return *end ? (double)NAN : value;
}

static void read_labels(struct prometheus_answer *a, struct json_cursor *c)
{
    struct json_text key, value;

    if (!json_enter(c, '{')) {
        json_skip(c);
        return;
    }
    while (json_next_key(c, &key)) {
        struct prometheus_row_label *label;
        char *to = a->scratch + a->scratch_used;

        if (!json_scalar(c, &value) || a->row.labels_count == PROMETHEUS_ROW_LABELS_MAX)
            continue;
        label = &a->row.labels[a->row.labels_count++];
        *label = (struct prometheus_row_label){key.at, value.at, key.len, value.len};
        if (!value.escaped)
            continue;
        label->value = to;
        label->value_len = json_unescape(&value, to, sizeof(a->scratch) - a->scratch_used);
        a->scratch_used += label->value_len;
    }
}

/* [1700000000, "12.5"] */
static void read_point(struct prometheus_answer *a, struct json_cursor *c)
{
    struct json_text time = {0}, value = {0}, more;
    struct prometheus_row *row = &a->row;

    if (!json_enter(c, '[')) {
        json_fail(c, "a point should be here");
        return;
    }
    if (json_next_element(c) && json_scalar(c, &time) && json_next_element(c))
        (void)json_scalar(c, &value);
    while (json_next_element(c))
        (void)json_scalar(c, &more);
    if (c->state != JSON_GOOD)
        return;
    if (row->points_count == PROMETHEUS_POINTS_MAX) {
        a->points_left_out++;
        return;
    }
    row->times[row->points_count] = number(&time);
    row->values[row->points_count++] = number(&value);
}

/* One row whole, or nothing of it. */
static void read_row(struct prometheus_answer *a, struct json_cursor *c)
{
    uint64_t left_out = a->points_left_out;
    struct json_text key;

    a->row.labels_count = a->row.points_count = a->scratch_used = 0;
    if (!json_enter(c, '{')) {
        json_fail(c, "a row should be here");
        return;
    }
    while (json_next_key(c, &key)) {
        if (is(&key, "metric")) {
            read_labels(a, c);
        } else if (is(&key, "value")) {
            read_point(a, c);
        } else if (is(&key, "values") && json_enter(c, '[')) {
            while (json_next_element(c))
                read_point(a, c);
        } else {
            json_skip(c);
        }
    }
    if (c->state != JSON_GOOD) {
        a->points_left_out = left_out;
        return;
    }
    a->rows++;
    a->points += a->row.points_count;
    a->on_row(a->user, &a->row);
}

static void read_warnings(struct prometheus_answer *a, struct json_cursor *c)
{
    size_t before = a->warnings_count;
    struct json_text text;

    if (!json_enter(c, '[')) {
        json_skip(c);
        return;
    }
    while (json_next_element(c)) {
        if (!json_scalar(c, &text))
            continue;
        if (a->warnings_count < PROMETHEUS_WARNINGS_MAX)
            keep(a->warnings[a->warnings_count], sizeof(a->warnings[0]), &text);
        a->warnings_count++;
    }
    if (c->state != JSON_GOOD)
        a->warnings_count = before;
}

/* A member of the envelope or of its data. True when another level begins with it. */
static bool read_member(struct prometheus_answer *a, struct json_cursor *c)
{
    struct json_text key, value;

    if (!json_key(c, &key))
        return false;
    if (a->level == ANSWER_TOP && is(&key, "data") && json_enter(c, '{')) {
        a->level = ANSWER_DATA;
        return true;
    }
    if (a->level == ANSWER_DATA && is(&key, "result") && json_enter(c, '[')) {
        a->level = ANSWER_ROWS;
        return true;
    }
    if (a->level == ANSWER_TOP && (is(&key, "warnings") || is(&key, "infos"))) {
        if (is(&key, "infos"))
            json_skip(c); /* hints to whoever writes queries */
        else
            read_warnings(a, c);
        return false;
    }
    if (!json_scalar(c, &value) || c->state != JSON_GOOD)
        return false;
    if (is(&key, "isPartial"))
        a->partial = is(&value, "true");
    else if (is(&key, "status"))
        keep(a->status, sizeof(a->status), &value);
    else if (is(&key, "errorType"))
        keep(a->error_type, sizeof(a->error_type), &value);
    else if (is(&key, "error"))
        keep(a->error, sizeof(a->error), &value);
    else if (is(&key, "resultType"))
        keep(a->type, sizeof(a->type), &value);
    return false;
}

/* One step: a brace, or a member or a row with the comma before it. */
static void step(struct prometheus_answer *a, struct json_cursor *c)
{
    char close = a->level == ANSWER_ROWS ? ']' : '}';

    if (a->level == ANSWER_BEFORE) {
        if (!json_enter(c, '{')) {
            json_fail(c, "it does not begin with a brace");
            return;
        }
        a->level = ANSWER_TOP;
        a->due = ANSWER_FIRST;
        return;
    }
    if (a->level == ANSWER_OVER) {
        json_fail(c, "something follows it");
        return;
    }
    if (*c->at == close) {
        c->at++;
        a->level = a->level == ANSWER_ROWS ? ANSWER_DATA : a->level == ANSWER_DATA ? ANSWER_TOP : ANSWER_OVER;
        a->due = ANSWER_COMMA;
        return;
    }
    if (a->due == ANSWER_COMMA) {
        if (*c->at != ',') {
            json_fail(c, "a comma should be here");
            return;
        }
        c->at++;
    }
    if (a->level == ANSWER_ROWS) {
        read_row(a, c);
        a->due = c->state == JSON_GOOD ? ANSWER_COMMA : a->due;
    } else {
        bool inner = read_member(a, c);

        a->due = c->state != JSON_GOOD ? a->due : inner ? ANSWER_FIRST : ANSWER_COMMA;
    }
}

/* As much of the window as is whole. */
static int read_window(struct prometheus_answer *a, struct err *err)
{
    struct json_cursor c = {.at = a->window, .end = a->window + a->held};
    const char *good = c.at;

    for (;;) {
        json_blanks(&c);
        good = c.at;
        if (c.at == c.end)
            break;
        c.within = 0;
        step(a, &c);
        if (c.state == JSON_BAD)
            return err_set(err, ERR_UNOBSERVED, EBADMSG, "the answer is no JSON: %s", c.fault);
        if (c.state == JSON_CUT)
            break;
    }
    a->held = (size_t)(a->window + a->held - good);
    memmove(a->window, good, a->held);
    return 0;
}

int prometheus_answer_feed(struct prometheus_answer *a, const char *bytes, size_t len, struct err *err)
{
    while (len) {
        size_t room = sizeof(a->window) - a->held, some = len < room ? len : room;
        int r;

        if (!room)
            return err_set(err, ERR_UNOBSERVED, EBADMSG, "a row of the answer is over %zu kB",
                           sizeof(a->window) / 1024);
        memcpy(a->window + a->held, bytes, some);
        a->held += some;
        bytes += some;
        len -= some;
        r = read_window(a, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int prometheus_answer_end(const struct prometheus_answer *a, struct err *err)
{
    if (a->level == ANSWER_BEFORE && !a->held)
        return err_set(err, ERR_UNOBSERVED, EBADMSG, "the answer is empty");
    if (a->level != ANSWER_OVER || a->held)
        return err_set(err, ERR_UNOBSERVED, EBADMSG, "the answer is cut off after %llu rows",
                       (unsigned long long)a->rows);
    return 0;
}
