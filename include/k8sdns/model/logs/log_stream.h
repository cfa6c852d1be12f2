/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_STREAM_H
#define K8SDNS_MODEL_LOG_STREAM_H

#include <k8sdns/base/text.h>
#include <k8sdns/wire/logs/coredns_log.h>
#include <k8sdns/wire/logs/log_export.h>

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

/* What a source's log says of its server until a later line undoes it; see log_states.h. */
enum log_state_word {
    LOG_STATE_RELOAD,
    LOG_STATE_START,
    LOG_STATE_READY,
    LOG_STATE_SETUP,
    LOG_STATES,
};

struct log_state {
    uint64_t count, first_ns, last_ns; /* count 0: it does not hold */
    char *text;                        /* of the last */
};

/* Which trace the lines of a source belong to. */
enum log_trace {
    LOG_TRACE_NONE,
    LOG_TRACE_ENDS,     /* of a panic that ended the process, or of none that was seen */
    LOG_TRACE_OBSERVED, /* of one that client-go tells of, which may be about to end it */
    LOG_TRACE_COREFILE, /* no panic's: the Corefile that node-cache prints */
};

struct log_source {
    const char *name; /* the Pod, or the file; NULL when there is but one stream */
    size_t name_len, index;
    uint64_t first_ns, last_ns; /* of its lines; 0 without times */
    uint64_t lines, queries, failed, starts, panics;
    char version[24];
    int in_trace;  /* enum log_trace */
    bool is_cache; /* node-cache wrote it: a line says so that CoreDNS does not have */
    struct log_state states[LOG_STATES];
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
    bool foreign; /* it is in minikube's part of another program */
    bool trace;   /* it belongs to the trace of a panic, or to a Corefile that is printed; with COREDNS_PANIC,
                   * it   says that the process ends of it */
    bool hex_ends; /* it ends a block of hex; source->hex has all of it until the next line */
    struct log_word values[LOG_TEMPLATE_PARTS]; /* of the template; set for queries when there is one */
};

/* A line of an export may be one itself: CloudWatch's message may be what fluent-bit wrote. */
#define LOG_EXPORT_LEVELS 3

/* One export, and the line of input that is read of it. */
struct log_level {
    struct log_export form;
    const char *at, *end;
    struct log_exported record; /* the last */
};

/* What the lines of a file depend on, whichever server wrote them. */
struct log_input {
    const char *name;
    bool foreign;              /* within a part of another program */
    const char *part;          /* of tail's: the Pod or the file; NULL: none */
    struct log_source *source; /* of lines that name neither; NULL until there is one */
    struct log_level *levels;  /* NULL until an export is seen */
    size_t depth;              /* levels that are read: 0 when no export is */
    struct log_word input;     /* what the outermost is read from */
    struct log_exported base;  /* the Pod and the time that stand before it */
    struct log_word rest;      /* further lines in the record of the innermost */
    struct log_input *next;
};

/* Lines that wait until it is known whether they are pieces of one; see log_wrapped.c. */
struct log_wrapped {
    const char *name; /* of the file that they are from */
    struct text held; /* the pieces so far, a line each */
    size_t pieces;    /* 0: nothing is held */
    struct text queue;
    size_t queued; /* octets of the queue that are taken */
    struct text waiting;
    const char *waiting_name;
    bool waits;         /* a line behind the queue */
    struct text joined; /* what became of pieces, until the next line */
};

struct log_stream {
    struct arena *arena;
    const struct log_template *log_template; /* or NULL */
    struct log_source *sources[LOG_SOURCES_MAX];
    size_t sources_count;
    struct log_source *last;        /* of the line before */
    size_t held;                    /* octets of pieces and of hex that wait for the rest */
    struct text *read[2];           /* of a line or a block that is whole; given back with the next line */
    size_t partials;                /* sources of which a piece of a line has come */
    struct log_input *files, *file; /* all of them; that of the line before */
    struct text built;              /* a line put together from CoreDNS's JSON */
    struct text unescaped;          /* a line that was within a text of JSON */
    bool joins;                     /* lines that are cut may be put together: none is waited for */
    bool more;                      /* the last line may have more in it, or may have let others go */
    struct log_wrapped wrapped;
    uint64_t cut, hex_lost; /* lines whose end was not read; blocks that are longer than any message */
};

void log_stream_init(struct log_stream *stream, struct arena *arena, const struct log_template *log_template);
void log_stream_fini(struct log_stream *stream);

/*
 * Take a line of input (without its newline; its bytes may be written over) from the file called `name`
 * (NULL: there is only one). Return whether it gave a whole line; an export may have more of them in it,
 * which log_stream_more() then gives until it returns false.
 */
bool log_stream_take(struct log_stream *stream, const char *name, char *text, size_t len,
                     struct log_entry *ret_entry);
bool log_stream_next(struct log_stream *stream, struct log_entry *ret_entry);
static inline bool log_stream_more(struct log_stream *stream, struct log_entry *ret_entry)
{
    /* Hardly any line has. */
    return stream->more && log_stream_next(stream, ret_entry);
}

/* At the end of the input: a line that nothing ended, in the same way; false where there is none. */
bool log_stream_end(struct log_stream *stream, struct log_entry *ret_entry);

#endif
