/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_LOG_EXPORT_H
#define K8SDNS_WIRE_LOG_EXPORT_H

#include <k8sdns/base/text.h>
#include <k8sdns/wire/logs/container_line.h>

/*
 * Lines of a log within JSON, CSV or YAML, as stores of logs hand them out:
 *
 *     logcli -o jsonl           {"labels":{"pod":"x"},"line":"LINE","timestamp":"2024-03-01T10:00:00Z"}
 *     Loki's API {"data":{"result":[{"stream":{"pod":"x"},"values":[["1709287200123456789","LINE"]]}]}} aws
 * logs get-log-events   {"events":[{"timestamp":1709287200123,"message":"LINE"}]} aws logs get-query-results
 * {"results":[[{"field":"@message","value":"LINE"}]]} gcloud logging read
 * [{"textPayload":"LINE\n","timestamp":"...","resource":{"labels":{"pod_name":"x"}}}] Azure Monitor
 * [{"LogMessage":"LINE","PodName":"x","TimeGenerated":"..."}]; its API's tables of columns and rows; CSV of
 * its portal fluent-bit, fluentd       {"date":1709287200.123,"log":"LINE","kubernetes":{"pod_name":"x"}}
 *     Filebeat, Elasticsearch   {"@timestamp":"...","message":"LINE","kubernetes":{"pod":{"name":"x"}}}; hits
 * of a search OpenTelemetry
 * {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"LINE"}}]}]}]} journalctl -o json
 * {"__REALTIME_TIMESTAMP":"1709287200123456","MESSAGE":"LINE"} CoreDNS -log-format=json
 * {"time":"...","level":"INFO","msg":"MESSAGE","plugin":"log","qname":"a.","rcode":"NOERROR"}
 *
 * So it goes by the names of members and columns, wherever they stand: an object of a list, or of none, is a
 * record, with what is in the objects within it. Source: the documentation of each; CoreDNS pull request 8553
 * for its names of fields.
 *
 * Lines may also be the strings of a list, or one string that is all of a log. YAML is gcloud's and az's.
 * JSON may go over many lines or be all on one. The reader takes bytes as they come, a line at a time, and is
 * lenient: it is to find lines, not to judge JSON.
 */

#define LOG_EXPORT_DEPTH   16
#define LOG_EXPORT_RECORDS 6
#define LOG_EXPORT_COLUMNS 64
/* Names of members and values but for the line are cut behind so many bytes; a DNS name is at most 1009 in
 * text. */
#define LOG_EXPORT_VALUE 1024

enum log_export_field {
    EXPORT_NONE,
    EXPORT_LINE,
    EXPORT_TIME,
    EXPORT_POD,
    /* Of CoreDNS's own JSON. */
    EXPORT_LEVEL,
    EXPORT_PLUGIN,
    EXPORT_CLIENT,
    EXPORT_NAME,
    EXPORT_TYPE,
    EXPORT_RCODE,
    EXPORT_SECONDS,
    EXPORT_FIELDS,
};

/* What is known of one record so far. */
struct log_export_record {
    struct text line;
    struct text values[EXPORT_FIELDS]; /* but EXPORT_LINE */
    int ranks[EXPORT_FIELDS];          /* how sure a member's name is, 0 for unset; a surer one replaces it */
    uint64_t time_ns;
};

struct log_export_frame {
    char open;      /* '{' or '[' */
    char key[64];   /* the member that comes, or of a list the member that it is */
    size_t element; /* of a list: the place of what comes */
    bool is_record;
};

/* The value of YAML that is open. */
struct log_export_yaml {
    char key[64];        /* as in the frames of JSON */
    char style;          /* '|', '>', '"', '\'', 'p' for plain; 0 when none is */
    size_t indent;       /* of its key */
    size_t block_indent; /* of the first line behind "|" */
    size_t empty;        /* lines without anything that came last */
    bool joined;         /* the line before ended with a backslash */
};

enum log_export_form {
    EXPORT_FORM_NONE,
    EXPORT_FORM_JSON,
    EXPORT_FORM_CSV,
    EXPORT_FORM_YAML,
};

struct log_export {
    int form; /* enum log_export_form */
    struct log_export_frame frames[LOG_EXPORT_DEPTH];
    unsigned depth;
    struct log_export_record records[LOG_EXPORT_RECORDS];
    size_t records_count;
    struct text token; /* a string or another scalar, as it comes */
    char field[64];    /* of {"field": NAME, "value": ...} */
    struct {
        int field, rank;
    } columns[LOG_EXPORT_COLUMNS]; /* of CSV's header, and of Azure's tables */
    size_t columns_count, column;
    char separator; /* of CSV */
    bool quoted;    /* CSV: the cell began with a quote, which is open */
    bool row_done;  /* CSV, YAML: all of the line was read */
    bool gave;      /* JSON: there was a line in what is open */
    struct log_export_yaml yaml;
};

/* One line of the log. The words stay until the next call. */
struct log_exported {
    struct log_word line;
    struct log_word values[EXPORT_FIELDS]; /* empty where there is none */
    uint64_t time_ns;                      /* 0 without */
    bool is_none; /* it is no record of a log: what ends here is to be shown as it is, and has no line */
};

/* Whether a line that no export was before can begin one: a quick look, which most lines of logs fail. */
static inline bool log_export_may_begin(const char *text, size_t len)
{
    /* "[INFO] " and "[pod/" begin lines of logs, and times those with one. */
    return len > 0 && !(text[0] == '[' && len > 1 && (unsigned char)((text[1] | 32) - 'a') < 26) &&
           (unsigned char)(text[0] - '0') > 9;
}

/*
 * Whether a line begins, or goes on with, an export: from here on all lines are given to log_export_next(),
 * until this says no again. `text` is without its newline.
 */
bool log_export_begins(struct log_export *log_export, const char *text, size_t len);

/*
 * The next record from `*at` on, which moves behind it; false when the line is at its end, which may be in
 * the midst of a record. To be called until then for each line.
 */
bool log_export_next(struct log_export *log_export, const char **at, const char *end,
                     struct log_exported *ret_exported);

/* At the end of the input: the record that nothing ended; false where there is none. */
bool log_export_end(struct log_export *log_export, struct log_exported *ret_exported);

/* Forget what is open. */
void log_export_restart(struct log_export *log_export);

void log_export_fini(struct log_export *log_export);

#endif
