/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/logs/log_time.h>
#include <stdbool.h>
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

/* ---- the other forms ---- */

struct moment {
    unsigned year, month, day, hour, minute, second;
    uint64_t fraction_ns;
    int64_t off; /* seconds east of UTC */
};

static bool moment_ns(const struct moment *m, uint64_t *ret_ns)
{
    int64_t seconds;

    if (m->year < 1970 || m->year > 9999 || m->month < 1 || m->month > 12 || m->day < 1 || m->day > 31 ||
        m->hour > 23 || m->minute > 59 || m->second > 60)
        return false;
    seconds = days_since_1970(m->year, m->month, m->day) * 86400 + (int64_t)m->hour * 3600 + m->minute * 60 +
              m->second - m->off;
    if (seconds < 0)
        return false;
    *ret_ns = (uint64_t)seconds * UINT64_C(1000000000) + m->fraction_ns;
    return true;
}

static bool is_digit(const char *at, const char *end)
{
    return at < end && (unsigned char)(*at - '0') <= 9;
}

/* Up to `most` digits; moves `*at` behind them. False for none. */
static bool digits(const char **at, const char *end, size_t most, unsigned *ret)
{
    const char *from = *at;

    *ret = 0;
    for (; is_digit(*at, end) && (size_t)(*at - from) < most; ++*at)
        *ret = *ret * 10 + (unsigned)(**at - '0');
    return *at > from;
}

static bool character(const char **at, const char *end, char c)
{
    if (*at == end || **at != c)
        return false;
    ++*at;
    return true;
}

/* ".123456" as nanoseconds; 0 without. */
static uint64_t fraction(const char **at, const char *end)
{
    uint64_t ns = 0, unit = 100000000;

    if (*at == end || **at != '.' || !is_digit(*at + 1, end))
        return 0;
    for (++*at; is_digit(*at, end); ++*at, unit /= 10)
        ns += unit * (uint64_t)(**at - '0');
    return ns;
}

/* "10:00:00.123" */
static bool clock_read(const char **at, const char *end, struct moment *m)
{
    if (!digits(at, end, 2, &m->hour) || !character(at, end, ':') || !digits(at, end, 2, &m->minute) ||
        !character(at, end, ':') || !digits(at, end, 2, &m->second))
        return false;
    m->fraction_ns = fraction(at, end);
    return true;
}

/* "Z", "+0800", and these or "UTC" behind a blank; nothing is UTC. */
static void offset_read(const char **at, const char *end, struct moment *m)
{
    const char *from = *at + (*at < end && **at == ' ');
    size_t taken = zone_read(from, end, &m->off);

    if (!taken && end - from >= 3 && memcmp(from, "UTC", 3) == 0)
        taken = 3;
    if (taken)
        *at = from + taken;
}

/* 2024-03-01T10:00:00, 2024-03-01 10:00:00, 2018/11/21 06:48:51 */
static size_t year_first(const char *text, const char *end, uint64_t *ret_ns)
{
    struct moment m = {0};
    const char *at = text;
    char mark;

    if (!digits(&at, end, 4, &m.year) || at - text != 4 || at == end || (*at != '-' && *at != '/'))
        return 0;
    mark = *at++;
    if (!digits(&at, end, 2, &m.month) || !character(&at, end, mark) || !digits(&at, end, 2, &m.day) ||
        !(character(&at, end, 'T') || character(&at, end, ' ')) || !clock_read(&at, end, &m))
        return 0;
    /* Go's form has no offset, and what follows it is the line. */
    if (mark == '-')
        offset_read(&at, end, &m);
    return moment_ns(&m, ret_ns) ? (size_t)(at - text) : 0;
}

/* "Mar": 3; 13 for none. */
static unsigned month_of(const char *at)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned month = 0;

    while (month < 12 && memcmp(months + 3 * (size_t)month, at, 3) != 0)
        month++;
    return month + 1;
}

/* Mar 12, 2018 @ 09:41:34.123, as Kibana writes it */
static size_t month_then_day(const char *text, const char *end, uint64_t *ret_ns)
{
    struct moment m = {0};
    const char *at = text + 4;

    if (end - text < 5 || text[3] != ' ' || (m.month = month_of(text)) > 12)
        return 0;
    if (!digits(&at, end, 2, &m.day) || !character(&at, end, ',') || !character(&at, end, ' ') ||
        !digits(&at, end, 4, &m.year) || end - at < 3 || memcmp(at, " @ ", 3) != 0)
        return 0;
    at += 3;
    if (!clock_read(&at, end, &m))
        return 0;
    return moment_ns(&m, ret_ns) ? (size_t)(at - text) : 0;
}

/* 12/Mar/2018:09:41:34 +0000 */
static size_t month_named(const char *text, const char *end, uint64_t *ret_ns)
{
    struct moment m = {0};
    const char *at = text;

    if (!digits(&at, end, 2, &m.day) || !character(&at, end, '/') || end - at < 4)
        return 0;
    m.month = month_of(at);
    at += 3;
    if (!character(&at, end, '/') || !digits(&at, end, 4, &m.year) || !character(&at, end, ':') ||
        !clock_read(&at, end, &m))
        return 0;
    offset_read(&at, end, &m);
    return moment_ns(&m, ret_ns) ? (size_t)(at - text) : 0;
}

/* 3/1/2024, 10:00:00.123 AM; a first number that is no month is a day. */
static size_t month_first(const char *text, const char *end, uint64_t *ret_ns)
{
    struct moment m = {0};
    const char *at = text;

    if (!digits(&at, end, 2, &m.month) || !character(&at, end, '/') || !digits(&at, end, 2, &m.day) ||
        !character(&at, end, '/') || !digits(&at, end, 4, &m.year))
        return 0;
    if (m.month > 12) {
        unsigned day = m.month;

        m.month = m.day;
        m.day = day;
    }
    (void)character(&at, end, ',');
    if (!character(&at, end, ' ') || !clock_read(&at, end, &m))
        return 0;
    if (end - at >= 3 && at[0] == ' ' && (at[1] == 'A' || at[1] == 'P') && at[2] == 'M') {
        if (m.hour > 12)
            return 0;
        m.hour = m.hour % 12 + (at[1] == 'P' ? 12 : 0);
        at += 3;
    }
    offset_read(&at, end, &m);
    return moment_ns(&m, ret_ns) ? (size_t)(at - text) : 0;
}

/* Since 1970: ten digits are seconds until 2286, thirteen milliseconds, and so on. */
static size_t since_1970(const char *text, const char *end, uint64_t *ret_ns)
{
    const char *at = text;
    uint64_t value = 0, unit;

    for (; is_digit(at, end) && at - text < 19; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (is_digit(at, end))
        return 0;
    switch (at - text) {
    case 10:
        *ret_ns = value * UINT64_C(1000000000) + fraction(&at, end);
        return (size_t)(at - text);
    case 13:
        unit = 1000000;
        break;
    case 16:
        unit = 1000;
        break;
    case 19:
        unit = 1;
        break;
    default:
        return 0;
    }
    *ret_ns = value * unit;
    return (size_t)(at - text);
}

size_t log_time_read_any(const char *text, size_t len, uint64_t *ret_ns)
{
    static size_t (*const forms[])(const char *text, const char *end, uint64_t *ret_ns) = {
        year_first, month_named, month_then_day, month_first, since_1970};
    size_t taken = log_time_read(text, len, ret_ns);

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && !taken; i++)
        taken = forms[i](text, text + len, ret_ns);
    return taken;
}
