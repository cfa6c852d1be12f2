/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_STREAM_H
#define K8SDNS_MODEL_LOG_STREAM_H

#include <k8sdns/base/text.h>
#include <k8sdns/wire/coredns_log.h>

/*
 * From bytes to whole lines of one CoreDNS each: takes off what kubectl and the kubelet put around, joins the
 * pieces of long lines, and keeps for each source what its next lines depend on.
 */

/* More replicas than this are counted as one. */
#define LOG_SOURCES_MAX 256
/* A line longer than this is cut. */
#define LOG_LINE_MAX (10U << 20)
/* The longest DNS message as the debug plugin writes it: 4096 lines and the length. */
#define LOG_HEX_MAX (65536U / 16 * 64 + 64)

struct log_source {
    const char *name; /* the Pod, or the file; NULL when there is but one stream */
    size_t name_len, index;
    uint64_t first_ns, last_ns; /* of its lines; 0 without times */
    uint64_t lines, queries, failed, starts, panics;
    char version[24];
    bool in_trace;          /* of a panic */
    uint64_t elapsed_ns;    /* at least so much time has passed in it; see log_pending.h */
    struct text partial[2]; /* of stdout and stderr */
    struct text hex;        /* of the debug plugin, as far as it has come */
    uint64_t
        server_made[8]; /* hashes of the last answers that the server made, for what the errors plugin says */
    unsigned server_made_at;
};

/* A whole line. The words point into the bytes given to log_stream_take(), or into the source's. */
struct log_entry {
    struct log_source *source;
    uint64_t time_ns;     /* 0: unknown; that of the line before it when it has none of its own */
    bool timed;           /* it has one of its own */
    struct log_word text; /* as CoreDNS wrote it */
    struct coredns_line line;
    bool trace;    /* it belongs to the trace of a panic */
    bool hex_ends; /* it ends a block of hex; source->hex has all of it until the next line */
    struct log_word values[LOG_TEMPLATE_PARTS]; /* of the template; set for queries when there is one */
};

struct log_stream {
    struct arena *arena;
    const struct log_template *log_template; /* or NULL */
    struct log_source *sources[LOG_SOURCES_MAX];
    size_t sources_count;
    struct log_source *last; /* of the line before */
    uint64_t cut, hex_lost;  /* lines whose end was not read; blocks that are longer than any message */
};

void log_stream_init(struct log_stream *stream, struct arena *arena, const struct log_template *log_template);
void log_stream_fini(struct log_stream *stream);

/*
 * Take a line of input (without its newline; its bytes may be written over) from the file called `name`
 * (NULL: there is only one). Return whether it gave a whole line.
 */
bool log_stream_take(struct log_stream *stream, const char *name, char *text, size_t len,
                     struct log_entry *ret_entry);

#endif
