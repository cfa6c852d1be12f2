/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits from `*at` on, which moves behind them. Return how many there were; the value saturates. */
static unsigned digits(const char **at, uint64_t *value)
{
    unsigned n = 0;

    for (*value = 0; **at >= '0' && **at <= '9'; (*at)++, n++) {
        unsigned d = (unsigned)(**at - '0');

        *value = *value > (UINT64_MAX - d) / 10 ? UINT64_MAX : *value * 10 + d;
    }
    return n;
}

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value, struct err *err)
{
    const char *at = text;
    uint64_t value;

    if (!digits(&at, &value) || *at)
        return err_set(err, ERR_USAGE, EINVAL, "'%s' is no number; give one from %" PRIu64 " to %" PRIu64,
                       text, min, max);
    if (value < min || value > max)
        return err_set(err, ERR_USAGE, ERANGE,
                       "%s is out of range; give a number from %" PRIu64 " to %" PRIu64, text, min, max);
    *ret_value = value;
    return 0;
}

int size_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret_bytes, struct err *err)
{
    static const char letters[] = "KMG";
    const char *at = text, *unit;
    uint64_t value;

    if (!digits(&at, &value) || !*at || at[1] || !(unit = strchr(letters, *at)))
        return err_set(err, ERR_USAGE, EINVAL, "'%s' is no size; write it like 64K, 512M or 2G", text);
    for (const char *step = letters; step <= unit; step++)
        value = value > UINT64_MAX / 1024 ? UINT64_MAX : value * 1024;
    if (value < min || value > max)
        return err_set(err, ERR_USAGE, ERANGE,
                       "%s is out of range; give a size from %" PRIu64 "K to %" PRIu64 "K", text, min / 1024,
                       max / 1024);
    *ret_bytes = value;
    return 0;
}

static const struct unit {
    const char *name;
    uint64_t us;
} units[] = {
    {"us", 1},
    {"ms", 1000},
    {"s", 1000000},
    {"m", 60 * UINT64_C(1000000)},
    {"h", 3600 * UINT64_C(1000000)},
    {"d", 86400 * UINT64_C(1000000)},
};

int duration_parse_us(const char *text, uint64_t min_us, uint64_t max_us, uint64_t *ret_us, struct err *err)
{
    char least[DURATION_TEXT], most[DURATION_TEXT];
    uint64_t whole, us = 0, scale;
    const struct unit *unit = NULL;
    const char *at = text;

    duration_format_us(least, sizeof(least), min_us);
    duration_format_us(most, sizeof(most), max_us);
    if (strcmp(text, "0") == 0) {
        us = 0;
    } else {
        uint64_t last = UINT64_MAX;

        /* One number with its unit, or several from larger to smaller units: "1h30m". */
        do {
            const char *fraction = NULL;
            size_t len;

            if (!digits(&at, &whole))
                return err_set(err, ERR_USAGE, EINVAL,
                               "'%s' is no duration; write it like 500ms, 2s or 1h30m", text);
            if (*at == '.') {
                uint64_t skipped;

                fraction = ++at;
                if (!digits(&at, &skipped))
                    fraction = NULL;
            }
            len = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
            unit = NULL;
            for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (strlen(units[i].name) == len && memcmp(at, units[i].name, len) == 0)
                    unit = &units[i];
            if (!unit || unit->us >= last)
                return err_set(err, ERR_USAGE, EINVAL,
                               *at ? "'%s' has no known unit; write it like 500ms, 2s or 1h30m"
                                   : "'%s' has no unit; write it like 500ms, 2s or 1h30m",
                               text);
            last = scale = unit->us;
            if (us == UINT64_MAX || whole > UINT64_MAX / unit->us / 4 || us > UINT64_MAX / 4)
                us = UINT64_MAX;
            else
                us += whole * unit->us;
            for (; fraction && *fraction >= '0' && *fraction <= '9' && us != UINT64_MAX; fraction++) {
                scale /= 10;
                us += scale * (uint64_t)(*fraction - '0');
            }
            at += len;
        } while (*at);
    }
    if (us < min_us || us > max_us)
        return err_set(err, ERR_USAGE, ERANGE, "%s is out of range; give a duration from %s to %s", text,
                       least, most);
    *ret_us = us;
    return 0;
}

uint64_t number_whole(double value)
{
    if (!(value > 0))
        return 0;
    return value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
}

const char *duration_format_us(char *buf, size_t size, uint64_t us)
{
    if (us < 1000)
        snprintf(buf, size, "%" PRIu64 " us", us);
    else if (us < 1000000)
        snprintf(buf, size, us < 10000 ? "%.2f ms" : us < 100000 ? "%.1f ms" : "%.0f ms", (double)us / 1e3);
    else if (us < 60000000)
        snprintf(buf, size, us < 10000000 ? "%.2f s" : "%.1f s", (double)us / 1e6);
    else if (us < 3600 * UINT64_C(1000000))
        snprintf(buf, size, "%" PRIu64 " m %02" PRIu64 " s", us / 60000000, us / 1000000 % 60);
    else
        snprintf(buf, size, "%" PRIu64 " h %02" PRIu64 " m", us / (3600 * UINT64_C(1000000)),
                 us / 60000000 % 60);
    return buf;
}

int version_compare(const char *a, const char *b)
{
    for (size_t i = 0; i < 3; i++) {
        char *a_end, *b_end;
        long x = strtol(a, &a_end, 10), y = strtol(b, &b_end, 10);

        if (x != y)
            return x < y ? -1 : 1;
        a = *a_end == '.' ? a_end + 1 : "";
        b = *b_end == '.' ? b_end + 1 : "";
    }
    return 0;
}

const char *times_format(char buf[TIMES_TEXT], uint64_t count)
{
    if (count == 1)
        return strcpy(buf, "once");
    snprintf(buf, TIMES_TEXT, "%" PRIu64 " times", count);
    return buf;
}
