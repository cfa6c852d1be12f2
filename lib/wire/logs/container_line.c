/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/container_line.h>
#include <string.h>

/* Two digits as a number; more than 99 when they are none. */
static unsigned two_digits(const char *at)
{
    unsigned tens = (unsigned char)at[0] - '0', ones = (unsigned char)at[1] - '0';

    return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar; years begin in March, so that leap days end them.
 */
static int64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

    return (int64_t)(y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1) - 719468;
}

/* "Z", "+08:00" or "-0700" at `at`: its length, and the seconds to take off. 0 when it is none. */
static size_t zone_read(const char *at, const char *end, int64_t *ret_seconds)
{
    unsigned hours, minutes;
    size_t colon;

    *ret_seconds = 0;
    if (at < end && *at == 'Z')
        return 1;
    if (end - at < 5 || (*at != '+' && *at != '-'))
        return 0;
    colon = at[3] == ':';
    if (end - at < 5 + (ptrdiff_t)colon)
        return 0;
    hours = two_digits(at + 1);
    minutes = two_digits(at + 3 + colon);
    if (hours > 23 || minutes > 59)
        return 0;
    *ret_seconds = (*at == '-' ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
    return 5 + colon;
}

#define DATE_LEN 19 /* 2026-01-31T12:00:00 */

/* Source: RFC 3339 section 5.6. */
size_t log_time_read(const char *text, size_t len, uint64_t *ret_ns)
{
    const char *at = text + DATE_LEN, *end = text + len;
    uint64_t fraction = 0, unit = 100000000;
    unsigned year, month, day, hour, minute, second;
    int64_t seconds, off;
    size_t zone;

    if (len <= DATE_LEN || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':')
        return 0;
    year = two_digits(text) * 100 + two_digits(text + 2);
    month = two_digits(text + 5);
    day = two_digits(text + 8);
    hour = two_digits(text + 11);
    minute = two_digits(text + 14);
    second = two_digits(text + 17);
    if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
        minute > 59 || second > 60)
        return 0;
    if (*at == '.')
        for (at++; at < end && (unsigned char)(*at - '0') <= 9; at++, unit /= 10)
            fraction += unit * (uint64_t)(*at - '0');
    zone = zone_read(at, end, &off);
    seconds = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - off;
    if (!zone || seconds < 0)
        return 0;
    *ret_ns = (uint64_t)seconds * UINT64_C(1000000000) + fraction;
    return (size_t)(at - text) + zone;
}

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

/* Docker writes the text first, then the stream and the time. */
static bool docker_read(char *text, size_t len, struct container_line *line)
{
    static const char begin[] = "{\"log\":\"", time_key[] = "\"time\":\"";
    char *end = text + len, *to, *rest;
    const char *time, *err;

    if (len < sizeof(begin) || memcmp(text, begin, sizeof(begin) - 1) != 0)
        return false;
    /* A cut line keeps its bytes: the text is only written over when the quote closes. */
    for (rest = text + sizeof(begin) - 1; rest < end && *rest != '"'; rest++)
        rest += *rest == '\\';
    if (rest >= end)
        return false;
    rest = unescape(text + sizeof(begin) - 1, end, text, &to);
    if (!rest)
        return false;
    line->partial = to == text || to[-1] != '\n';
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
