/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log_export_record.h"
#include <string.h>

/*
 * Names of members and columns, without case and marks. A rank tells which of two to trust: the larger.
 * Source: Docker, fluent-bit and fluentd (log), Google Cloud Logging (textPayload, jsonPayload), Azure
 * Monitor (LogMessage of ContainerLogV2, LogEntry of ContainerLog), Loki (line), CloudWatch (message,
 * @message), Splunk (_raw), OpenTelemetry (body), journald (MESSAGE), CoreDNS's JSON (msg).
 */
static const struct {
    const char *key, *parent; /* parent NULL: any */
    int field, rank;
} keys[] = {
    {"log", NULL, EXPORT_LINE, 9},
    {"textpayload", NULL, EXPORT_LINE, 9},
    {"logmessage", NULL, EXPORT_LINE, 9},
    {"logentry", NULL, EXPORT_LINE, 9},
    {"line", NULL, EXPORT_LINE, 9},
    {"msg", NULL, EXPORT_LINE, 8},
    {"message", NULL, EXPORT_LINE, 7},
    {"jsonpayloadmessage", NULL, EXPORT_LINE, 7},
    {"jsonpayloadlog", NULL, EXPORT_LINE, 7},
    {"logoriginal", NULL, EXPORT_LINE, 7},
    {"eventoriginal", NULL, EXPORT_LINE, 6},
    {"stringvalue", "body", EXPORT_LINE, 6},
    {"body", NULL, EXPORT_LINE, 6},
    {"raw", NULL, EXPORT_LINE, 6},
    {"content", NULL, EXPORT_LINE, 5},
    {"text", NULL, EXPORT_LINE, 5},
    {"event", NULL, EXPORT_LINE, 4},
    {"logs", NULL, EXPORT_LINE, 3},
    {"stdout", NULL, EXPORT_LINE, 3},
    {"output", NULL, EXPORT_LINE, 3},
    {"timestamp", NULL, EXPORT_TIME, 9},
    {"timegenerated", NULL, EXPORT_TIME, 9},
    {"time", NULL, EXPORT_TIME, 8},
    {"timeunixnano", NULL, EXPORT_TIME, 8},
    {"realtimetimestamp", NULL, EXPORT_TIME, 8},
    {"ts", NULL, EXPORT_TIME, 7},
    {"tsns", NULL, EXPORT_TIME, 7},
    {"datetime", NULL, EXPORT_TIME, 7},
    {"date", NULL, EXPORT_TIME, 6},
    {"eventtime", NULL, EXPORT_TIME, 5},
    {"podname", NULL, EXPORT_POD, 9},
    {"k8spodname", NULL, EXPORT_POD, 9},
    {"kubernetespodname", NULL, EXPORT_POD, 9},
    {"resourcelabelspodname", NULL, EXPORT_POD, 9},
    {"name", "pod", EXPORT_POD, 9},
    {"pod", NULL, EXPORT_POD, 8},
    {"logstreamname", NULL, EXPORT_POD, 3},
    {"logstream", NULL, EXPORT_POD, 3},
    {"level", NULL, EXPORT_LEVEL, 9},
    {"severity", NULL, EXPORT_LEVEL, 5},
    {"plugin", NULL, EXPORT_PLUGIN, 9},
    {"clientip", NULL, EXPORT_CLIENT, 9},
    {"qname", NULL, EXPORT_NAME, 9},
    {"qtype", NULL, EXPORT_TYPE, 9},
    {"rcode", NULL, EXPORT_RCODE, 9},
    {"durationseconds", NULL, EXPORT_SECONDS, 9},
};

void log_export_restart(struct log_export *e)
{
    e->form = EXPORT_FORM_NONE;
    e->depth = 0;
    e->records_count = 0;
    e->yaml.style = '\0';
}

void export_normal_key(char key[EXPORT_KEY], const char *name, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len && name[i] != '[' && n + 1 < EXPORT_KEY; i++) {
        char c = name[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            key[n++] = c;
    }
    key[n] = '\0';
}

bool export_is_list_of_pairs(const char *key)
{
    return strcmp(key, "attributes") == 0 || strcmp(key, "labels") == 0 || strcmp(key, "tags") == 0;
}

bool export_is_list_of_lines(const char *key)
{
    static const char *const names[] = {"", "log", "logs", "lines", "loglines", "messages", "entries"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(key, names[i]) == 0)
            return true;
    return false;
}

static int find_field(const char *key, const char *parent, int *ret_rank)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i].key, key) == 0 && (!keys[i].parent || strcmp(keys[i].parent, parent) == 0)) {
            *ret_rank = keys[i].rank;
            return keys[i].field;
        }
    return EXPORT_NONE;
}

static struct log_export_record *innermost(struct log_export *e)
{
    return &e->records[e->records_count - 1];
}

void export_record_begin(struct log_export *e)
{
    struct log_export_record *record = &e->records[e->records_count++];

    text_clear(&record->line);
    for (size_t i = 0; i < EXPORT_FIELDS; i++) {
        text_clear(&record->values[i]);
        record->ranks[i] = 0;
    }
    record->time_ns = 0;
    e->field[0] = '\0';
}

static void set(struct log_export_record *record, int field, int rank, const char *value, size_t len)
{
    struct text *text = field == EXPORT_LINE ? &record->line : &record->values[field];
    uint64_t ns;

    if (field == EXPORT_NONE || rank <= record->ranks[field] || (!len && field == EXPORT_LINE))
        return;
    if (field == EXPORT_TIME) {
        if (!log_time_read_any(value, len, &ns))
            return;
        record->time_ns = ns;
    }
    record->ranks[field] = rank;
    text_clear(text);
    text_add_n(text, value, field == EXPORT_LINE || len < LOG_EXPORT_VALUE ? len : LOG_EXPORT_VALUE);
}

void export_take_member(struct log_export *e, const char *key, const char *parent, const char *value,
                        size_t len)
{
    static const struct {
        const char *name, *value, *parent;
    } pairs[] = {{"field", "value", NULL}, {"key", "stringvalue", "value"}};
    int rank, field;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (strcmp(key, pairs[i].name) == 0) {
            export_normal_key(e->field, value, len);
            return;
        }
        if (*e->field && strcmp(key, pairs[i].value) == 0 &&
            (!pairs[i].parent || strcmp(parent, pairs[i].parent) == 0)) {
            field = find_field(e->field, "", &rank);
            e->field[0] = '\0';
            set(innermost(e), field, rank, value, len);
            return;
        }
    }
    field = find_field(key, parent, &rank);
    set(innermost(e), field, rank, value, len);
}

bool export_add_column(struct log_export *e, const char *name, size_t len)
{
    char key[EXPORT_KEY];
    int rank = 0;

    if (e->columns_count == LOG_EXPORT_COLUMNS)
        return false;
    export_normal_key(key, name, len);
    e->columns[e->columns_count].field = find_field(key, "", &rank);
    e->columns[e->columns_count].rank = rank;
    return e->columns[e->columns_count++].field != EXPORT_NONE;
}

void export_take_column(struct log_export *e, size_t column, const char *value, size_t len)
{
    static const int usual[] = {EXPORT_TIME, EXPORT_LINE};

    if (e->columns_count && column < e->columns_count)
        set(innermost(e), e->columns[column].field, e->columns[column].rank, value, len);
    else if (!e->columns_count && column < sizeof(usual) / sizeof(usual[0]))
        set(innermost(e), usual[column], 1, value, len);
}

static struct log_word word(const struct text *text)
{
    return (struct log_word){text_string(text), text->len};
}

bool export_record_end(struct log_export *e, struct log_exported *ret)
{
    struct log_export_record *record = innermost(e);

    e->records_count--;
    if (!record->line.len)
        return false;
    *ret = (struct log_exported){.line = word(&record->line), .time_ns = record->time_ns};
    for (int i = 0; i < EXPORT_FIELDS; i++)
        ret->values[i] = word(&record->values[i]);
    /* A stream's labels stand beside the list of its lines. */
    for (size_t i = e->records_count; i-- > 0;) {
        if (!ret->time_ns)
            ret->time_ns = e->records[i].time_ns;
        if (!ret->values[EXPORT_POD].len)
            ret->values[EXPORT_POD] = word(&e->records[i].values[EXPORT_POD]);
    }
    return true;
}
