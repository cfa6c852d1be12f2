/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/logs/log_members.h>
#include <stdlib.h>
#include <string.h>

static bool is(struct log_word word, const char *text)
{
    return strlen(text) == word.len && memcmp(word.at, text, word.len) == 0;
}

/* Levels as log/slog has them, and as CoreDNS writes them. */
static const char *level_of(struct log_word level)
{
    static const struct {
        const char *json, *text;
    } levels[] = {{"DEBUG", "DEBUG"}, {"INFO", "INFO"},   {"WARN", "WARNING"}, {"WARNING", "WARNING"},
                  {"ERROR", "ERROR"}, {"FATAL", "FATAL"}, {"ERROR+4", "FATAL"}};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (is(level, levels[i].json))
            return levels[i].text;
    return NULL;
}

struct log_word log_members_line(struct text *built, const struct log_exported *record, struct log_word line)
{
    struct log_word plugin = record->values[EXPORT_PLUGIN];
    const char *level = level_of(record->values[EXPORT_LEVEL]);
    struct coredns_line bare;

    if (!level || record->is_none)
        return line;
    /* The banner, what caddy says, and what another collector gave a level have their own form. */
    coredns_log_read(NULL, line, NULL, &bare);
    if (!plugin.len && bare.kind != COREDNS_UNKNOWN)
        return line;
    if (!plugin.len && line.len && line.at[0] == '[')
        return line;
    text_clear(built);
    text_addf(built, "[%s] ", level);
    if (plugin.len && !is(plugin, "log"))
        text_addf(built, "plugin/%.*s: ", (int)plugin.len, plugin.at);
    text_add_n(built, line.at, line.len);
    return (struct log_word){text_string(built), built->len};
}

void log_members_read(const struct log_exported *record, struct coredns_line *line)
{
    const struct log_word *v = record->values;
    bool unanswered = !v[EXPORT_RCODE].len;
    uint64_t time_ns = line->time_ns;
    double seconds;

    if (line->kind == COREDNS_QUERY || !v[EXPORT_NAME].len || !v[EXPORT_SECONDS].len)
        return;
    seconds = strtod(v[EXPORT_SECONDS].at, NULL);
    *line = (struct coredns_line){
        .kind = COREDNS_QUERY,
        .level = COREDNS_LEVEL_INFO,
        .client = v[EXPORT_CLIENT],
        .name = v[EXPORT_NAME],
        .type = v[EXPORT_TYPE],
        .rcode = unanswered ? (struct log_word){"-", 1} : v[EXPORT_RCODE],
        .server_made = unanswered,
        .port = UINT32_MAX,
        .id = UINT32_MAX,
        .duration_ns = seconds >= 0 && seconds < 1e6 ? (uint64_t)(seconds * 1e9 + 0.5) : COREDNS_UNSET,
        .time_ns = time_ns};
}
