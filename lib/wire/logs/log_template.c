/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/text.h>
#include <k8sdns/wire/logs/log_template.h>
#include <string.h>

static const char common[] =
    "{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" {rcode} {>rflags} "
    "{rsize} {duration}";

static const struct {
    const char *name;
    int label;
} labels[] = {
    {"type", LABEL_TYPE},         {"class", LABEL_CLASS}, {"name", LABEL_NAME},
    {"proto", LABEL_PROTO},       {"size", LABEL_SIZE},   {"remote", LABEL_REMOTE},
    {"port", LABEL_PORT},         {"local", LABEL_LOCAL}, {">id", LABEL_ID},
    {">opcode", LABEL_OPCODE},    {">do", LABEL_DO},      {">bufsize", LABEL_BUFSIZE},
    {"rcode", LABEL_RCODE},       {"rsize", LABEL_RSIZE}, {">rflags", LABEL_RFLAGS},
    {"duration", LABEL_DURATION}, {"when", LABEL_WHEN},
};

static int label_of(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (strlen(labels[i].name) == len && memcmp(labels[i].name, name, len) == 0)
            return labels[i].label;
    return len && name[0] == '/' ? LABEL_METADATA : LABEL_UNKNOWN;
}

/* The template without a Corefile's quoting, and with the two names put in words. */
static char *plain(struct arena *arena, const char *text)
{
    struct text out = {0};
    size_t len = strlen(text);
    char *copy;

    if (len > 1 && text[0] == '"' && text[len - 1] == '"') {
        text++;
        len -= 2;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\' && i + 1 < len && (text[i + 1] == '"' || text[i + 1] == '\\')) {
            text_add_n(&out, &text[++i], 1);
        } else if (len - i >= 8 && memcmp(text + i, "{common}", 8) == 0) {
            text_add(&out, common);
            i += 7;
        } else if (len - i >= 10 && memcmp(text + i, "{combined}", 10) == 0) {
            text_addf(&out, "%s \"{>opcode}\"", common);
            i += 9;
        } else {
            text_add_n(&out, text + i, 1);
        }
    }
    copy = arena_text(arena, text_string(&out));
    text_fini(&out);
    return copy;
}

static int add(struct log_template *t, int label, const char *at, size_t len, struct err *err)
{
    if (!len && label == LABEL_TEXT)
        return 0;
    if (t->count == LOG_TEMPLATE_PARTS)
        return err_set(err, ERR_USAGE, EINVAL, "the format has more than %d parts", LOG_TEMPLATE_PARTS);
    if (label != LABEL_TEXT && t->count && t->parts[t->count - 1].label != LABEL_TEXT)
        return err_set(err, ERR_USAGE, EINVAL,
                       "the format has nothing between {%.*s} and {%.*s}, so nothing can tell them apart",
                       (int)t->parts[t->count - 1].text.len, t->parts[t->count - 1].text.at, (int)len, at);
    t->parts[t->count++] = (struct log_template_part){label, {at, len}};
    return 0;
}

/* The next brace that begins a label: others, as of JSON, are fixed text. NULL when there is none. */
static const char *find_label(const char *at)
{
    static const char of_names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_>/-.";

    for (; (at = strchr(at, '{')); at++) {
        size_t len = strspn(at + 1, of_names);

        if (len && at[1 + len] == '}')
            return at;
    }
    return NULL;
}

int log_template_read(struct arena *arena, const char *text, struct log_template *ret, struct err *err)
{
    const char *at = plain(arena, text);
    bool useful = false;
    int r = 0;

    ret->count = 0;
    while (*at && r == 0) {
        const char *open = find_label(at), *close = open ? strchr(open, '}') : NULL;

        if (!close) {
            r = add(ret, LABEL_TEXT, at, strlen(at), err);
            break;
        }
        r = add(ret, LABEL_TEXT, at, (size_t)(open - at), err);
        if (r == 0)
            r = add(ret, label_of(open + 1, (size_t)(close - open - 1)), open + 1, (size_t)(close - open - 1),
                    err);
        at = close + 1;
    }
    for (size_t i = 0; i < ret->count; i++)
        useful = useful || ret->parts[i].label == LABEL_NAME || ret->parts[i].label == LABEL_RCODE ||
                 ret->parts[i].label == LABEL_DURATION;
    if (r == 0 && !useful)
        return err_set(
            err, ERR_USAGE, EINVAL,
            "the format has none of {name}, {rcode} and {duration}; give it as the Corefile's log line "
            "has it, in single quotes");
    return r;
}

/* Where the fixed text stands first, not behind a backslash; NULL when nowhere. */
static const char *find_text(const char *at, const char *end, struct log_word text)
{
    for (; end - at >= (ptrdiff_t)text.len; at++) {
        if (*at == '\\' && text.at[0] != '\\') {
            at++;
            continue;
        }
        if (*at == text.at[0] && memcmp(at, text.at, text.len) == 0)
            return at;
    }
    return NULL;
}

/* The end of an address: IPv6 stands in brackets, since it has colons itself. */
static const char *address_end(const char *at, const char *end)
{
    const char *close = at < end && *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;

    return close ? close + 1 : at;
}

bool log_template_match(const struct log_template *t, struct log_word line,
                        struct log_word values[LOG_TEMPLATE_PARTS])
{
    const char *at = line.at, *end = line.at + line.len;

    for (size_t i = 0; i < t->count; i++) {
        const struct log_template_part *part = &t->parts[i];
        const char *stop, *from = at;

        if (part->label == LABEL_TEXT) {
            if (end - at < (ptrdiff_t)part->text.len || memcmp(at, part->text.at, part->text.len) != 0)
                return false;
            values[i] = (struct log_word){at, part->text.len};
            at += part->text.len;
            continue;
        }
        if (part->label == LABEL_REMOTE || part->label == LABEL_LOCAL)
            from = address_end(at, end);
        if (i + 1 < t->count) {
            stop = find_text(from, end, t->parts[i + 1].text);
        } else {
            stop = memchr(from, ' ', (size_t)(end - from));
            stop = stop ? stop : end;
        }
        if (!stop)
            return false;
        values[i] = (struct log_word){at, (size_t)(stop - at)};
        at = stop;
    }
    return true;
}
