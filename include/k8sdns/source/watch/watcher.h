/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_WATCHER_H
#define K8SDNS_SOURCE_WATCHER_H

#include <k8sdns/model/watch/watch_record.h>
#include <k8sdns/source/probe/prober.h>

struct event_base;

struct watcher_options {
    const struct probe_candidate *candidates;
    size_t candidates_count;
    const uint16_t *types; /* asked together from one socket; at most WATCH_TYPES_MAX */
    size_t types_count;
    uint64_t timeout_us;
    double qps;           /* questions a second over all targets; 0: as fast as the answers come */
    uint64_t rounds;      /* each candidate to each target so often; 0: no end */
    uint64_t duration_us; /* no question after it; 0: no end */
    uint64_t interval_us; /* between reports */
    int ports;            /* enum watch_ports */
    uint16_t source_port; /* the first of the kept ports, one for each target; 0: the kernel chooses */
    uint16_t udp_size;    /* EDNS buffer size; 0: no EDNS */
    bool nsid;
    struct event_base *base; /* watcher_run() runs on it; NULL: on one of its own */
    /* Called when an interval is over; NULL: never. A negative errno ends the run with it; 1: it is enough,
     * and only what is under way is still waited for. */
    int (*report)(void *user);
    /* Called with what became of each question, after the record has it; NULL: never. */
    void (*outcome)(void *user, const struct watch_outcome *outcome);
    void *user;
};

/*
 * Ask the candidates at the targets again and again, over UDP, and write what comes of it to `record`, which
 * this initializes and which then lives in `arena`.
 *
 * The schedule is one of absolute times: it does not drift, and neither a timeout nor a slow server holds it
 * up. When the program itself was held up, at most a second's worth is made up for and the rest is counted as
 * skipped. Memory does not grow with the number of questions. Ends with the last answer or timeout after
 * `rounds` or `duration_us`, or at once on SIGINT, SIGTERM or SIGHUP.
 *
 * The probe engine has no part in this: a group for each question costs more than the question.
 *
 * Return 0, or a negative errno with a message when nothing could be asked.
 */
int watcher_run(struct arena *arena, const struct watcher_options *options,
                const struct target_facts *targets, size_t targets_count, struct watch_record *record,
                struct err *err) MUST_USE;

struct watch_run;

/*
 * The same on somebody else's loop, without an end: rounds and duration_us must be 0 and qps more than that,
 * and signals are the owner's. All that is passed must outlive the run. Return it, or NULL with a message.
 */
struct watch_run *watcher_start(struct arena *arena, struct event_base *base,
                                const struct watcher_options *options, const struct target_facts *targets,
                                size_t targets_count, struct watch_record *record, struct err *err) MUST_USE;

/* Ask no more and close the sockets; what is under way is forgotten. NULL is allowed. */
void watcher_stop(struct watch_run *run);

#endif
