/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_WATCHER_RUN_H
#define K8SDNS_SOURCE_WATCHER_RUN_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/watch/watcher.h>
#include <stdbool.h>
#include <sys/socket.h>

/*
 * What the files of the watcher share.
 *
 *   shot    one candidate to one target: as many questions as there are types, from one socket
 *   query  one question on its way; its index and how often it was used, mixed with the run's salt, are the
 * id of the message, so that ids come again as seldom as they can line    a socket towards one target: for
 * one shot, or kept for the whole run
 *
 * Flights are waiting (oldest first, which is the order of their deadlines) or resting (in the order in which
 * they came to rest, and taken again from the front, so that an id stays unused as long as it can).
 */
enum query_state {
    QUERY_IDLE,
    QUERY_WAITING,
    QUERY_ANSWERED,
    QUERY_LOST, /* an answer to it is a late one */
};

#define NOBODY UINT32_MAX

struct watch_query {
    struct clock_stamp sent;
    uint64_t deadline_ns; /* monotonic */
    uint32_t next, prev;
    uint32_t line, line_use; /* a line that was used again since is another */
    uint32_t candidate;
    uint16_t target;
    uint8_t type;
    uint8_t state;   /* enum query_state */
    uint16_t id;     /* of the message */
    bool mismatched; /* something with its id came that was no answer to it */
};

/* The ends of a list of flights, or of lines, by index. */
struct list {
    uint32_t first, last;
};

struct watch_line {
    struct watch_run *run;
    struct event event;
    int fd; /* -1: closed */
    uint32_t target;
    uint32_t use;
    uint32_t waiting;      /* flights */
    uint64_t linger_until; /* monotonic; for late answers, once nothing is waiting */
    uint32_t next, prev;   /* of lines that linger (oldest first), or that are closed */
};

struct question_bytes {
    uint8_t *bytes;
    size_t len;
};

#define RECEIVE_BATCH 16

struct watch_run {
    const struct watcher_options *options;
    const struct target_facts *targets;
    size_t targets_count;
    struct watch_record *record;
    struct event_base *base;
    event_callback_fn on_readable; /* of each line, which is its user */
    struct event *pace, *expiry, *interval, *end, *signals[3];
    uint64_t began_ns, next_send_ns, gap_ns, next_report_ns;
    uint64_t cursor;             /* which shot is next, counted on without end */
    uint64_t sends, sends_total; /* those due so far; 0: no end */
    bool done;                   /* no more questions */
    int failed;
    int own_errno; /* why the last socket could not be had */
    struct err *err;

    struct watch_query *queries;
    uint32_t queries_count;
    struct list waiting, resting;
    uint32_t in_flight;
    uint32_t *in_flight_at; /* by target */
    uint16_t salt;
    unsigned index_bits; /* of an id */
    struct watch_line *lines;
    uint32_t lines_count;
    struct list lingering, closed;
    struct question_bytes *questions; /* by candidate, then type */

    struct arena *scratch;
    size_t buffer_size;
    uint8_t *buffers; /* RECEIVE_BATCH of them */
    struct mmsghdr headers[RECEIVE_BATCH];
    struct iovec iovs[RECEIVE_BATCH];
    struct sockaddr_storage froms[RECEIVE_BATCH];
    char controls[RECEIVE_BATCH][128];
};

/* The two doubly linked lists of flights and of lines, by index. */
#define LIST_REMOVE(items, list, i)                          \
    do {                                                     \
        if ((items)[i].prev == NOBODY)                       \
            (list)->first = (items)[i].next;                 \
        else                                                 \
            (items)[(items)[i].prev].next = (items)[i].next; \
        if ((items)[i].next == NOBODY)                       \
            (list)->last = (items)[i].prev;                  \
        else                                                 \
            (items)[(items)[i].next].prev = (items)[i].prev; \
    } while (0)

#define LIST_APPEND(items, list, i)           \
    do {                                      \
        (items)[i].next = NOBODY;             \
        (items)[i].prev = (list)->last;       \
        if ((list)->last == NOBODY)           \
            (list)->first = (i);              \
        else                                  \
            (items)[(list)->last].next = (i); \
        (list)->last = (i);                   \
    } while (0)

/* The source port of a line, 0 when it has none. */
uint16_t watch_line_port(const struct watch_line *line);
/* Open a line towards a target, from `port` unless that is 0. Return 0 or a negative errno. */
int watch_line_open(struct watch_run *run, struct watch_line *line, uint32_t target, uint16_t port) MUST_USE;
void watch_line_close(struct watch_line *line);
/* A closed line, else the one that has lingered longest; NULL when all are in use. */
struct watch_line *watch_line_take(struct watch_run *run);
void watch_line_give_back(struct watch_run *run, struct watch_line *line);
/* Something came on a line. */
void watch_line_read(struct watch_line *line);

/* Get the flights and the lines ready, as many as the pace can need. */
int watch_queries_init(struct watch_run *run, struct arena *arena) MUST_USE;
void watch_queries_fini(struct watch_run *run);

/* Ask one candidate at one target. Return false when there is no room for more now. */
bool watch_send(struct watch_run *run, uint32_t target, uint32_t candidate);

/* Give up on those whose time is over. */
void watch_expire(struct watch_run *run, uint64_t now_ns);

#endif
