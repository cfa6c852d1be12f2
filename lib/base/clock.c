/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t now_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

uint64_t clock_realtime_ns(void)
{
    return now_ns(CLOCK_REALTIME);
}

uint32_t clock_ticks_a_second(void)
{
    struct timespec tick;

    if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0 || tick.tv_sec || !tick.tv_nsec)
        return 1; /* as if each were a second: what is measured in them is measured coarsely */
    return (uint32_t)(1000000000 / tick.tv_nsec);
}

struct clock_stamp clock_stamp_now(void)
{
    return (struct clock_stamp){clock_monotonic_ns(), clock_realtime_ns()};
}

uint64_t clock_elapsed_us(const struct clock_stamp *sent, uint64_t arrived_real_ns, uint64_t seen_mono_ns)
{
    uint64_t mono = seen_mono_ns - sent->mono_ns;

    if (arrived_real_ns >= sent->real_ns && arrived_real_ns - sent->real_ns <= mono)
        return (arrived_real_ns - sent->real_ns) / 1000;
    return mono / 1000;
}

/* In decimal, with zeros before it, and a letter behind it. Return where that ends. */
static char *put(char *at, int value, int digits, char behind)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = behind;
    return at + digits + 1;
}

/* Without strftime() and snprintf(), since each line of a log and each lookup of a node has its time. */
const char *clock_format(uint64_t realtime_ns, char *buf, size_t size)
{
    time_t seconds = (time_t)(realtime_ns / UINT64_C(1000000000));
    char text[CLOCK_TEXT], *at = text;
    struct tm tm;

    gmtime_r(&seconds, &tm);
    at = put(at, tm.tm_year + 1900, 4, '-');
    at = put(at, tm.tm_mon + 1, 2, '-');
    at = put(at, tm.tm_mday, 2, 'T');
    at = put(at, tm.tm_hour, 2, ':');
    at = put(at, tm.tm_min, 2, ':');
    at = put(at, tm.tm_sec, 2, '.');
    at = put(at, (int)(realtime_ns / 1000000 % 1000), 3, 'Z');
    *at = '\0';
    if (size)
        *stpncpy(buf, text, size - 1) = '\0';
    return buf;
}

bool clock_parse(const char *text, uint64_t *ret_ns)
{
    struct tm broken = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &broken);
    time_t seconds;

    if (end && *end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    if (!end || strcmp(end, "Z") != 0)
        return false;
    seconds = timegm(&broken);
    *ret_ns = (uint64_t)seconds * UINT64_C(1000000000);
    return seconds >= 0;
}
