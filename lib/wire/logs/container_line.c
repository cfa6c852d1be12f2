/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/logs/container_line.h>
#include <string.h>

/* "[pod/NAME/CONTAINER] ": the length, and the name. */
static size_t prefix_read(const char *at, const char *end, struct log_word *ret_pod)
{
    const char *close, *slash;

    if (end - at < 6 || memcmp(at, "[pod/", 5) != 0)
        return 0;
    close = memchr(at, ']', (size_t)(end - at));
    slash = close ? memchr(at + 5, '/', (size_t)(close - at - 5)) : NULL;
    if (!close)
        return 0;
    *ret_pod = (struct log_word){at + 5, (size_t)((slash ? slash : close) - at - 5)};
    return (size_t)(close - at) + 1 + (close + 1 < end && close[1] == ' ');
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Four hex digits as UTF-8. Halves of a pair stay apart: they are no more readable together. */
static char *put_code(char *to, const char *at)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++)
        code = code << 4 | (unsigned)hex(at[i]);
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* Undo JSON's escapes from `at` up to the closing quote. Return the character behind it, or NULL without one.
 */
static char *unescape(char *at, char *end, char *to, char **ret_to)
{
    static const char from[] = "nrtbf", into[] = "\n\r\t\b\f";

    for (; at < end && *at != '"'; at++) {
        const char *known;

        if (*at != '\\') {
            *to++ = *at;
            continue;
        }
        if (++at == end)
            return NULL;
        known = *at ? strchr(from, *at) : NULL;
        if (*at == 'u' && end - at > 4 && hex(at[1]) >= 0 && hex(at[2]) >= 0 && hex(at[3]) >= 0 &&
            hex(at[4]) >= 0) {
            to = put_code(to, at + 1);
            at += 4;
        } else {
            *to++ = known ? into[known - from] : *at;
        }
    }
    *ret_to = to;
    return at < end ? at + 1 : NULL;
}

/* Docker hands over what has come when its buffer is full, and nothing shorter. Source: moby's
 * daemon/logger/copier.go. */
#define DOCKER_PIECE 16384

/* Behind the text: ,"stream":"stdout","time":"..."}, with "attrs" between at most. Others, who write more,
 * are exports. */
static bool is_docker_end(const char *at, const char *end)
{
    static const char stream[] = ",\"stream\":\"std", time[] = "\"time\":\"";
    const char *found = end - at > (ptrdiff_t)sizeof(stream) && memcmp(at, stream, sizeof(stream) - 1) == 0
                            ? memmem(at, (size_t)(end - at), time, sizeof(time) - 1)
                            : NULL;
    const char *quote =
        found ? memchr(found + sizeof(time) - 1, '"', (size_t)(end - found) - sizeof(time) + 1) : NULL;

    return quote && end - quote == 2 && quote[1] == '}';
}

static const char docker_begin[] = "{\"log\":\"";

/* Docker writes the text first, then the stream and the time. */
bool container_line_is_docker(const char *text, size_t len)
{
    const char *end = text + len, *rest;

    if (len < sizeof(docker_begin) || memcmp(text, docker_begin, sizeof(docker_begin) - 1) != 0)
        return false;
    for (rest = text + sizeof(docker_begin) - 1; rest < end && *rest != '"'; rest++)
        rest += *rest == '\\';
    return rest < end && is_docker_end(rest + 1, end);
}

static bool docker_read(char *text, size_t len, struct container_line *line)
{
    static const char time_key[] = "\"time\":\"";
    char *end = text + len, *to, *rest;
    const char *time, *err;

    /* A cut line keeps its bytes: the text is only written over when the quote closes. */
    if (!container_line_is_docker(text, len))
        return false;
    rest = unescape(text + sizeof(docker_begin) - 1, end, text, &to);
    if (!rest)
        return false;
    line->partial = to == text || to[-1] != '\n';
    line->unsure = line->partial && to - text < DOCKER_PIECE;
    if (!line->partial)
        to--;
    line->payload = (struct log_word){text, (size_t)(to - text)};
    time = memmem(rest, (size_t)(end - rest), time_key, sizeof(time_key) - 1);
    err = memmem(rest, (size_t)(end - rest), "\"stderr\"", 8);
    line->stderr_stream = err != NULL;
    if (time) {
        time += sizeof(time_key) - 1;
        (void)log_time_read(time, (size_t)(end - time), &line->time_ns);
    }
    return true;
}

/* What stands behind the "stdout F " of a CRI line; `at` itself when it is none. */
static const char *cri_read(const char *at, const char *end, struct container_line *line)
{
    const char *tag = at + 7;

    if (end - at < 8 || (memcmp(at, "stdout ", 7) != 0 && memcmp(at, "stderr ", 7) != 0) ||
        (*tag != 'F' && *tag != 'P') || (end - tag > 1 && tag[1] != ' ' && tag[1] != ':'))
        return at;
    line->stderr_stream = at[3] == 'e';
    line->partial = *tag == 'P';
    /* Further tags may follow a colon. */
    while (tag < end && *tag != ' ')
        tag++;
    return tag < end ? tag + 1 : end;
}

void container_line_read(char *text, size_t len, struct container_line *ret)
{
    const char *at = text, *end = text + len;
    size_t taken;

    *ret = (struct container_line){.payload = {text, len}};
    if (len && text[len - 1] == '\r')
        end = text + --len;
    if (len && *at == '{' && docker_read(text, len, ret))
        return;
    at += prefix_read(at, end, &ret->pod);
    taken = at < end && *at >= '0' && *at <= '9' ? log_time_read(at, (size_t)(end - at), &ret->time_ns) : 0;
    if (taken && at + taken < end && at[taken] == ' ') {
        at = cri_read(at + taken + 1, end, ret);
    } else if (taken && at + taken == end) {
        at = end; /* an empty line with its time */
    } else {
        ret->time_ns = 0;
    }
    ret->payload = (struct log_word){at, (size_t)(end - at)};
}

struct log_word container_path_pod(const char *path)
{
    const char *pods = strstr(path, "/log/pods/"), *containers = strstr(path, "/log/containers/");
    const char *from, *end;

    if (pods) {
        from = strchr(pods + 10, '_');
        end = from ? strchr(from + 1, '_') : NULL;
        if (end && !memchr(pods + 10, '/', (size_t)(end - pods - 10)))
            return (struct log_word){from + 1, (size_t)(end - from - 1)};
    } else if (containers) {
        end = strchr(containers + 16, '_');
        if (end)
            return (struct log_word){containers + 16, (size_t)(end - containers - 16)};
    }
    return (struct log_word){0};
}

struct log_word log_word_line(struct log_word *rest)
{
    const char *newline = memchr(rest->at, '\n', rest->len);
    struct log_word line = {rest->at, newline ? (size_t)(newline - rest->at) : rest->len};
    size_t taken = line.len + (newline != NULL);

    *rest = (struct log_word){rest->at + taken, rest->len - taken};
    return line;
}
