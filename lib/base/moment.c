/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/moment.h>
#include <k8sdns/base/number.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_NS UINT64_C(1000000000)
#define DAY_S     86400
/* As far back as somebody may mean. */
#define AGO_MOST_US UINT64_C(31536000000000)

static struct wall_moment stretch(uint64_t from_s, bool is_second)
{
    return (struct wall_moment){from_s * SECOND_NS, (from_s + (is_second ? 1 : 60)) * SECOND_NS};
}

/* "14:32" and "14:32:10": today's, or yesterday's where today's is still to come. */
static bool parse_time(const char *text, uint64_t newest_ns, struct wall_moment *moment)
{
    uint64_t newest_s = newest_ns / SECOND_NS, day_s = newest_s - newest_s % DAY_S, at_s;
    struct tm broken = {0};
    const char *end = strptime(text, "%H:%M:%S", &broken);
    bool is_second = end && !*end;

    if (!is_second) {
        broken = (struct tm){0};
        end = strptime(text, "%H:%M", &broken);
        if (!end || *end)
            return false;
    }
    at_s = day_s + (uint64_t)(broken.tm_hour * 3600 + broken.tm_min * 60 + broken.tm_sec);
    if (at_s > newest_s)
        at_s = at_s >= DAY_S ? at_s - DAY_S : 0;
    *moment = stretch(at_s, is_second);
    return true;
}

static bool parse_date(const char *text, struct wall_moment *moment)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
                                        "%Y-%m-%d %H:%M"};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm broken = {0};
        const char *end = strptime(text, forms[i], &broken);
        time_t seconds;

        if (end && i < 2 && *end == '.')
            end += 1 + strspn(end + 1, "0123456789");
        if (!end || (*end && strcmp(end, "Z") != 0))
            continue;
        seconds = timegm(&broken);
        if (seconds < 0)
            return false;
        *moment = stretch((uint64_t)seconds, i < 2);
        return true;
    }
    return false;
}

int moment_parse(const char *text, uint64_t newest_ns, struct wall_moment *ret_moment, struct err *err)
{
    uint64_t ago_us;

    if (parse_time(text, newest_ns, ret_moment) || parse_date(text, ret_moment))
        return 0;
    if (duration_parse_us(text, 0, AGO_MOST_US, &ago_us, NULL) == 0) {
        uint64_t ago_ns = ago_us * 1000;

        *ret_moment = stretch((newest_ns > ago_ns ? newest_ns - ago_ns : 0) / SECOND_NS, true);
        return 0;
    }
    return err_set(err, ERR_USAGE, EINVAL,
                   "'%s' is no time; write it like 14:32, 2026-01-31T14:32:10Z or 2h (ago)", text);
}
