/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../http/http_get.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/utf16.h>
#include <k8sdns/source/metrics/metrics_scrape.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64 * 1024)

/* Both formats are read; the older is asked for, since all versions have it. */
static const char accepted[] = "text/plain;version=0.0.4;q=1,application/openmetrics-text;q=0.5,*/*;q=0.1";

/* One source, while it is read. */
struct scrape {
    const struct metrics_source *source;
    struct metrics_record *record;
    struct prometheus_text text;
    struct http_server server;
};

static void on_body(void *user, int status, const char *bytes, size_t len)
{
    struct scrape *scrape = user;

    if (status == 200)
        prometheus_text_feed(&scrape->text, bytes, len);
}

static const char *explain_status(struct arena *arena, int status)
{
    return arena_printf(arena, "it answers HTTP %d%s", status,
                        status == 401 || status == 403 ? ": it wants a token (--token)"
                        : status == 404                ? ": there are no metrics at this path"
                                                       : "");
}

/* What the text says, once it is all there. */
static void end_text(struct scrape *scrape)
{
    struct metrics_record *record = scrape->record;

    prometheus_text_end(&scrape->text);
    record->counts = scrape->text.counts;
    if (record->error)
        return;
    if (!record->counts.samples)
        record->error = "what it gives is no text of Prometheus";
    else if (!record->is_coredns && metrics_kube_dns_text(record))
        record->error = metrics_kube_dns_text(record);
    else if (!record->is_coredns)
        record->error = "it has metrics, but none of CoreDNS";
}

static void end_answer(struct arena *arena, const struct http_question *question)
{
    struct scrape *scrape = question->user;
    struct metrics_record *record = scrape->record;

    if (question->result < 0)
        record->error = arena_text(arena, question->err.text);
    else if (question->status != 200)
        record->error = explain_status(arena, question->status);
    record->at_ns = question->answered_ns;
    record->wall_s = (double)clock_realtime_ns() / 1e9;
    end_text(scrape);
}

/* A file without samples: named for what it is, where that is known. */
static int refuse_file(const struct scrape *scrape, const char *head, size_t head_len, struct err *err)
{
    const char *name = scrape->source->name;

    if (!scrape->text.counts.bytes)
        return err_set(err, ERR_FORMAT, EBADMSG, "%s is empty; did kubectl fail?", name);
    if (!scrape->record->is_coredns &&
        input_kind_refuse(head, head_len, INPUT_METRICS, name, "metrics of CoreDNS", err) < 0)
        return -EBADMSG;
    return err_set(err, ERR_FORMAT, EBADMSG, "%s: %s", name, scrape->record->error);
}

static int read_file(struct scrape *scrape, struct err *err)
{
    bool standard = strcmp(scrape->source->file, "-") == 0;
    int fd = standard ? STDIN_FILENO : file_open(scrape->source->file), code = 0;
    char piece[PIECE], narrow[UTF16_ROOM(PIECE)], head[INPUT_KIND_HEAD];
    bool begun = false, wide = false;
    struct utf16 utf16;
    size_t head_len = 0, some;
    ssize_t got;

    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, -fd, "%s", scrape->source->name);
    do {
        got = file_read_some(fd, piece, sizeof(piece));
        some = got > 0 ? (size_t)got : 0;
        some = some < sizeof(head) - head_len ? some : sizeof(head) - head_len;
        memcpy(head + head_len, piece, some);
        head_len += some;
        if (got > 0 && !begun)
            wide = utf16_begins(piece, (size_t)got, &utf16);
        begun = begun || got > 0;
        if (got > 0 && wide)
            prometheus_text_feed(&scrape->text, narrow, utf16_take(&utf16, piece, (size_t)got, narrow));
        else if (got > 0)
            prometheus_text_feed(&scrape->text, piece, (size_t)got);
        else if (got < 0)
            code = errno;
    } while (!code && got && scrape->text.counts.bytes < METRICS_FILE_MAX);
    if (!standard)
        close(fd);
    if (code)
        return err_set_errno(err, ERR_INPUT, code, "%s", scrape->source->name);
    if (got)
        return err_set(err, ERR_FORMAT, EFBIG, "%s: more than 1 GB is no scrape", scrape->source->name);
    end_text(scrape);
    return scrape->record->error ? refuse_file(scrape, head, head_len, err) : 0;
}

static struct http_question ask(struct scrape *scrape, const struct metrics_trust *trust, uint64_t timeout_us)
{
    scrape->server = (struct http_server){
        .where = scrape->source->where,
        .tls = scrape->source->tls,
        .ca = trust->ca,
        .ca_len = trust->ca_len,
        .bearer = trust->bearer,
        .accept = accepted,
        .timeout_us = timeout_us,
        .body_max = METRICS_BODY_MAX,
        .chunk_max = METRICS_BODY_MAX,
    };
    return (struct http_question){
        .server = &scrape->server, .path = scrape->source->path, .on_body = on_body, .user = scrape};
}

int metrics_scrape(struct arena *arena, const struct metrics_source *sources, size_t count,
                   const struct metrics_trust *trust, uint64_t timeout_us,
                   struct metrics_record **ret_records, struct err *err)
{
    struct arena *reading = arena_new(); /* the parsers, which go at once */
    struct scrape *all = arena_array(reading, count, sizeof(*all));
    struct http_question *questions = arena_array(reading, count, sizeof(*questions));
    size_t questions_count = 0;
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++) {
        all[i].source = &sources[i];
        all[i].record = ret_records[i] = metrics_record_new(arena);
        prometheus_text_init(&all[i].text, metrics_record_add, all[i].record);
        if (sources[i].file) {
            r = read_file(&all[i], err);
        } else if (sources[i].tls && !trust->ca) {
            all[i].record->error = "no authority is given to believe its certificate by (--ca)";
        } else {
            questions[questions_count++] = ask(&all[i], trust, timeout_us);
        }
    }
    if (r == 0 && questions_count)
        http_get_all(reading, questions, questions_count);
    for (size_t i = 0; r == 0 && i < questions_count; i++)
        end_answer(arena, &questions[i]);
    arena_free(reading);
    return r;
}
