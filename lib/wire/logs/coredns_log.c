/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coredns_reader.h"
#include <ctype.h>

#define UNKNOWN_NUMBER UINT32_MAX

static uint32_t number16(struct log_word word)
{
    uint64_t value = number(word, 65535);

    return value == COREDNS_UNSET ? UNKNOWN_NUMBER : (uint32_t)value;
}

/* The unit of a duration in nanoseconds, and its length; 0 when it is none. */
static uint64_t unit_of(const char *at, const char *end, size_t *ret_len)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } units[] = {{"ms", 1000000},
                 {"\u00b5s", 1000},
                 {"us", 1000},
                 {"ns", 1},
                 {"s", 1000000000},
                 {"m", UINT64_C(60000000000)},
                 {"h", UINT64_C(3600000000000)}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        *ret_len = strlen(units[i].text);
        if (starts(at, end, units[i].text, *ret_len))
            return units[i].ns;
    }
    return 0;
}

/* More is no answer's time. */
#define SECONDS_MAX 1000000

/* Digits of a fraction that count: nanoseconds of seconds. */
#define FRACTION 9

/* "0.000565674s"; before 1.1.4 as Go writes durations: "1.5ms", "1m2.5s". */
static uint64_t duration(struct log_word word)
{
    static const uint64_t powers[FRACTION + 1] = {1,      10,      100,      1000,      10000,
                                                  100000, 1000000, 10000000, 100000000, 1000000000};
    const char *at = word.at, *end = word.at + word.len;
    uint64_t total = 0;

    if (!word.len)
        return COREDNS_UNSET;
    while (at < end) {
        uint64_t whole = 0, part = 0, unit = 1000000000;
        size_t len = 1, places = 0;

        if (!is_digit(*at))
            return COREDNS_UNSET;
        for (; at < end && is_digit(*at); at++) {
            whole = whole * 10 + (uint64_t)(*at - '0');
            if (whole > SECONDS_MAX)
                return COREDNS_UNSET;
        }
        if (at < end && *at == '.') {
            for (at++; at < end && is_digit(*at) && places < FRACTION; at++, places++)
                part = part * 10 + (uint64_t)(*at - '0');
            while (at < end && is_digit(*at))
                at++;
        }
        if (end - at != 1 || *at != 's')
            unit = unit_of(at, end, &len);
        if (!unit)
            return COREDNS_UNSET;
        total += whole * unit;
        total += unit >= powers[places] ? part * (unit / powers[places]) : part * unit / powers[places];
        at += len;
    }
    return total;
}

/* "[fd00::5]:5056", "10.244.1.5", "fd00::5". */
static void client_slowly(struct log_word word, struct coredns_line *line)
{
    const char *at = word.at, *end = word.at + word.len, *colon;

    line->client = word;
    if (word.len && *at == '[') {
        const char *close = memchr(at, ']', word.len);

        if (!close)
            return;
        line->client = (struct log_word){at + 1, (size_t)(close - at - 1)};
        if (close + 1 < end && close[1] == ':')
            line->port = number16((struct log_word){close + 2, (size_t)(end - close - 2)});
        return;
    }
    colon = memchr(at, ':', word.len);
    if (colon && !memchr(colon + 1, ':', (size_t)(end - colon - 1))) {
        line->client = (struct log_word){at, (size_t)(colon - at)};
        line->port = number16((struct log_word){colon + 1, (size_t)(end - colon - 1)});
    }
}

static bool is_address(struct log_word word)
{
    bool marks = false;

    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];

        if (c == '%' && marks)
            return true;
        if (c == '.' || c == ':')
            marks = true;
        else if (!is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'f'))
            return false;
    }
    return marks;
}

/* Take the address and the port of who asked. Return whether it is an address; most are "10.244.1.5:5056". */
static bool client(struct log_word word, struct coredns_line *line)
{
    size_t i = 0, digits;
    uint32_t port = 0;

    while (i < word.len && (is_digit(word.at[i]) || word.at[i] == '.'))
        i++;
    if (i < 7 || i == word.len || word.at[i] != ':') {
        client_slowly(word, line);
        return is_address(line->client);
    }
    line->client = (struct log_word){word.at, i++};
    for (digits = 0; i < word.len && is_digit(word.at[i]) && digits < 5; i++, digits++)
        port = port * 10 + (uint32_t)(word.at[i] - '0');
    if (i != word.len || !digits || port > 65535)
        return false;
    line->port = port;
    return true;
}

/* "[02/Jan/2006:15:04:05 -0700]": its time, and what follows; NULL when it is none. */
static const char *when_read(const char *at, const char *end, uint64_t *ret_ns)
{
    if (end - at < 28 || at[0] != '[' || at[27] != ']' || log_time_read_any(at + 1, 26, ret_ns) != 26)
        return NULL;
    return at + 28 < end && at[28] == ' ' ? at + 29 : at + 28;
}

/* From the quote on: "A IN a.example. udp 77 false 1232" NOERROR qr,aa,rd 106 0.000565674s ... */
static bool query_read(const char *at, const char *end, struct coredns_line *line)
{
    struct log_word last;

    at++;
    line->type = next_word(&at, end);
    line->class = next_word(&at, end);
    line->name = next_word(&at, end);
    line->protocol = next_word(&at, end);
    line->size = next_word(&at, end);
    line->dnssec_ok = next_word(&at, end);
    last = next_word(&at, end);
    if (last.len < 2 || last.at[last.len - 1] != '"' || !line->name.len)
        return false;
    line->bufsize = (struct log_word){last.at, last.len - 1};
    line->rcode = next_word(&at, end);
    line->flags = next_word(&at, end);
    line->response_size = next_word(&at, end);
    line->duration_ns = duration(next_word(&at, end));
    if (!line->rcode.len || line->duration_ns == COREDNS_UNSET)
        return false;
    line->extra = (struct log_word){at, (size_t)(end - at)};
    /* The combined format has the opcode there, in quotes. */
    if (line->extra.len > 2 && *at == '"') {
        const char *close = memchr(at + 1, '"', line->extra.len - 1);

        if (close)
            line->opcode = (struct log_word){at + 1, (size_t)(close - at - 1)};
    }
    line->server_made = coredns_is_server_made(line->rcode, line->flags, line->response_size);
    line->kind = COREDNS_QUERY;
    return true;
}

/* From the type on: AAAA IN a.example. udp 59952 */
static bool dump_read(const char *at, const char *end, struct coredns_line *line)
{
    struct log_word port;

    line->type = next_word(&at, end);
    line->class = next_word(&at, end);
    line->name = next_word(&at, end);
    line->protocol = next_word(&at, end);
    port = next_word(&at, end);
    line->port = number16(port);
    if (at != end || line->port == UNKNOWN_NUMBER || !line->name.len ||
        !(WORD_IS(line->protocol, "udp") || WORD_IS(line->protocol, "tcp")))
        return false;
    line->kind = COREDNS_DUMP;
    return true;
}

/* REMOTE - [TIME] ID: what queries and dumps have in common. */
static bool asked_read(const char *at, const char *end, struct coredns_line *line)
{
    struct log_word who = next_word(&at, end), id;
    const char *behind;

    if (!STARTS(at, end, "- "))
        return false;
    if (!client(who, line))
        return false;
    at += 2;
    behind = when_read(at, end, &line->time_ns);
    at = behind ? behind : at;
    if (at < end && is_digit(*at)) {
        id = next_word(&at, end);
        line->id = number16(id);
    }
    if (at < end && *at == '"')
        return query_read(at, end, line);
    return line->id != UNKNOWN_NUMBER && dump_read(at, end, line);
}

/* The usual format behind words of an own one: a trace's id, a name. Whoever asked stands before " - ". */
static bool asked_later(const char *at, const char *end, struct coredns_line *line)
{
    const char *dash = memmem(at, (size_t)(end - at), " - ", 3), *from;

    from = dash && dash > at ? memrchr(at, ' ', (size_t)(dash - at)) : NULL;
    return from && dash - from > 7 && asked_read(from + 1, end, line);
}

static void take_value(struct coredns_line *line, int label, struct log_word value)
{
    switch (label) {
    case LABEL_TYPE:
        line->type = value;
        break;
    case LABEL_CLASS:
        line->class = value;
        break;
    case LABEL_NAME:
        line->name = value;
        break;
    case LABEL_PROTO:
        line->protocol = value;
        break;
    case LABEL_SIZE:
        line->size = value;
        break;
    case LABEL_REMOTE:
        if (value.len > 1 && value.at[0] == '[')
            value = (struct log_word){value.at + 1, value.len - 2};
        line->client = value;
        break;
    case LABEL_PORT:
        line->port = number16(value);
        break;
    case LABEL_LOCAL:
        line->local = value;
        break;
    case LABEL_ID:
        line->id = number16(value);
        break;
    case LABEL_OPCODE:
        line->opcode = value;
        break;
    case LABEL_DO:
        line->dnssec_ok = value;
        break;
    case LABEL_BUFSIZE:
        line->bufsize = value;
        break;
    case LABEL_RCODE:
        line->rcode = value;
        break;
    case LABEL_RSIZE:
        line->response_size = value;
        break;
    case LABEL_RFLAGS:
        line->flags = value;
        break;
    case LABEL_DURATION:
        line->duration_ns = duration(value);
        break;
    case LABEL_WHEN:
        (void)when_read(value.at, value.at + value.len, &line->time_ns);
        break;
    default:
        break;
    }
}

static bool is_name(const char *c, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!(is_digit(c[i]) || c[i] == '_' || c[i] == '-' || ((c[i] | 32) >= 'a' && (c[i] | 32) <= 'z')))
            return false;
    return len > 0;
}

/* A template without fixed text at its ends matches too much: what it took for numbers must be numbers. */
static bool is_plausible(const struct coredns_line *line, const struct log_template *t,
                         const struct log_word *values)
{
    for (size_t i = 0; i < t->count; i++)
        switch (t->parts[i].label) {
        case LABEL_DURATION:
            if (line->duration_ns == COREDNS_UNSET)
                return false;
            break;
        case LABEL_RCODE:
            if (!WORD_IS(values[i], "-") && !is_name(values[i].at, values[i].len))
                return false;
            break;
        case LABEL_ID:
        case LABEL_PORT:
            if (number16(values[i]) == UNKNOWN_NUMBER)
                return false;
            break;
        default:
            break;
        }
    return true;
}

static bool template_read(const struct log_template *t, struct log_word text, struct log_word *values,
                          struct coredns_line *line)
{
    struct coredns_line found = *line;

    if (!log_template_match(t, text, values))
        return false;
    for (size_t i = 0; i < t->count; i++)
        take_value(&found, t->parts[i].label, values[i]);
    if (!is_plausible(&found, t, values))
        return false;
    found.server_made = coredns_is_server_made(found.rcode, found.flags, found.response_size);
    found.kind = COREDNS_QUERY;
    found.by_template = true;
    *line = found;
    return true;
}

/*
 * The time that old versions, and node-cache, put before their lines: RFC 3339, Go's 2018/03/12 09:41:34, and
 * of the errors plugin 12/Mar/2018:09:41:34 +0000.
 */
static const char *own_time(const char *at, const char *end, struct coredns_line *line)
{
    size_t taken;

    if (at == end || !is_digit(*at))
        return at;
    taken = log_time_read_any(at, (size_t)(end - at), &line->time_ns);
    /* Digits alone are none here. */
    if (taken > 4 && at + taken < end && at[taken] == ' ' && (at[4] == '-' || at[4] == '/' || at[2] == '/'))
        return at + taken + 1;
    line->time_ns = 0;
    return at;
}

uint64_t coredns_number(struct log_word word)
{
    return number(word, UINT32_MAX);
}

static void begin(struct coredns_line *line)
{
    *line = (struct coredns_line){
        .kind = COREDNS_UNKNOWN, .port = UNKNOWN_NUMBER, .id = UNKNOWN_NUMBER, .duration_ns = COREDNS_UNSET};
}

void coredns_log_read(const struct log_template *t, struct log_word text, struct log_word *values,
                      struct coredns_line *ret)
{
    const char *at = text.at, *end = text.at + text.len, *behind;

    if (!t && coredns_plain_read(text, ret))
        return;
    begin(ret);
    at = own_time(at, end, ret);
    behind = coredns_level_read(at, end, &ret->level);
    if (t && (behind == at || ret->level == COREDNS_LEVEL_INFO) &&
        template_read(t, (struct log_word){behind, (size_t)(end - behind)}, values, ret))
        return;
    if (behind == at || ret->level == COREDNS_LEVEL_INFO) {
        int level = ret->level;

        if (asked_read(behind, end, ret))
            return;
        if (behind != at && asked_later(behind, end, ret))
            return;
        begin(ret);
        ret->level = level;
        at = own_time(text.at, end, ret);
    }
    if (behind != at) {
        coredns_message_read(behind, end, ret);
        return;
    }
    ret->text = (struct log_word){at, (size_t)(end - at)};
    for (behind = at; behind < end && isspace((unsigned char)*behind);)
        behind++;
    if (behind == end)
        ret->kind = COREDNS_BLANK;
    else if (STARTS(at, end, "debug: ") && end - at > 7 && is_digit(at[7]))
        ret->kind = COREDNS_HEX;
    else
        coredns_bare_read(at, end, ret);
}
