/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PROBER_RUN_H
#define K8SDNS_SOURCE_PROBER_RUN_H

#include <ares.h>
#include <event2/event.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/probe/prober.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/*
 * What the files of the probe engine share.
 *
 *   run      one prober_run(): the loop, the pace, the source ports
 *   group    the questions that share a socket: {target, candidate}, or one type of it
 *   question one type over one transport, with all its tries
 *
 * A group has one UDP socket (prober_socket.c): there the ports are bound, the times stamped, the ICMP errors
 * read. c-ares carries what goes over TCP, through hooks. Timeouts are our own, as newer versions of c-ares
 * adapt theirs, and so is UDP: they send no name that is no host name, and close a socket with an answer that
 * they do not like.
 */
#define PROBER_TRIES_MAX 10

struct question {
    struct probe_facts facts;
    uint16_t type;
    uint16_t ids[PROBER_TRIES_MAX]; /* of each try, as they really went out */
    unsigned tries;
    bool open; /* asked and not decided */
    bool retry_over_tcp;
    struct clock_stamp sent; /* of the last try */
    uint64_t deadline_ns;    /* monotonic */
};

/* What c-ares wants to hear of one socket. */
struct watcher {
    ares_socket_t fd;
    struct event *event;
};

#define WATCHERS_MAX 4

struct group {
    struct run_state *run;
    const struct target_facts *target;
    size_t target_index;
    const struct probe_candidate *candidate;
    struct question *questions; /* over UDP (or all over TCP), then the TCP retries */
    size_t questions_count;
    int udp; /* -1 before it is fired and after it is dropped */
    struct event *udp_event;
    ares_channel channel; /* of TCP; NULL: not needed yet */
    struct watcher watchers[WATCHERS_MAX];
    struct event *timer;
    uint16_t udp_port, tcp_port;
    int reserved;    /* the first socket of TCP, opened before c-ares asks for it; -1: none */
    int tcp_errno;   /* the last error of the TCP socket */
    uint8_t *stream; /* what has come over it of a message that is not whole; NULL: nothing yet */
    size_t stream_len;
    bool done;
    struct group *next_done; /* finished groups that still listen, oldest first */
};

struct run_state {
    struct arena *arena;
    const struct prober_options *options;
    struct matrix_facts *matrix;
    struct event_base *base;
    struct event *pace;
    struct group *groups;
    size_t groups_count, fired, finished, listening;
    size_t room;   /* so many groups may listen */
    int own_errno; /* why no socket could be had, where this machine has no more */
    struct group *done_first, *done_last;
    double tokens;
    uint64_t filled_ns;
    uint32_t next_port;     /* the next chosen source port; 0: the kernel chooses */
    uint16_t *port_targets; /* by port: the target it was used towards, plus one */
    uint8_t *buffer;        /* DNS_MESSAGE_MAX + 1 */
    size_t rest_answers;    /* that came after their timeout and count all the same */
    struct err *err;        /* filled when the run cannot go on */
    int failed;
};

/* Where a socket of a group may be bound; keeps the promise about ports. Return the port or a negative errno.
 */
int prober_bind(struct group *group, int fd);

/*
 * Open the group's first socket. Return 0, -EAGAIN where there are no more descriptors, ports or buffers for
 * now, or what the run failed with. What fails otherwise is found again when it is sent.
 */
int prober_reserve(struct group *group);
/* End the run for want of a socket. Return its error. */
int prober_no_socket(struct group *group);

/* The question that a query on its way out over TCP asks: by its type, unique in a group. NULL: none. */
struct question *question_of_query(struct group *group, const uint8_t *bytes, size_t len);

/* What c-ares sends over TCP, and gets; a new connection begins with stream_end(). */
void stream_sent(struct group *group, const struct iovec *iov, int iovcnt);
void stream_received(struct group *group, const uint8_t *bytes, size_t len);
void stream_end(struct group *group);

/* Send over UDP. What fails fails the question, or the run. */
void prober_send(struct group *group, struct question *question, const uint8_t *bytes, size_t len);
/* Take what has come over UDP. */
void prober_receive(struct group *group);

/* The hooks for a channel of a group. */
const struct ares_socket_functions *prober_socket_functions(void);

/* A datagram or TCP answer that is certainly the answer to `question`: fill its facts and close it. */
void question_answered(struct group *group, struct question *question, const uint8_t *bytes, size_t len,
                       uint64_t arrived_real_ns, uint64_t arrived_mono_ns);
/* Close it without an answer. `detail` is copied. */
void question_failed(struct group *group, struct question *question, int status, const char *detail);

/* The answer of an open question closes it; everything else is counted where it belongs. */
void datagram_judge(struct group *group, const uint8_t *bytes, size_t len, const struct address *from,
                    uint64_t arrived_real_ns, uint64_t arrived_mono_ns);

/* Look after the group once c-ares is left: retries over TCP, the timer, the end. */
void group_settle(struct group *group);
/* Start asking. */
int group_fire(struct group *group);
/* Give the channels and events back. */
void group_drop(struct group *group);

#endif
