/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_AGENT_STATE_H
#define K8SDNS_AGENT_STATE_H

#include <event2/event.h>
#include <k8sdns/agent/agent_run.h>
#include <k8sdns/source/http/http_listener.h>
#include <k8sdns/top/top_session.h>

/* An agent as it runs; private to lib/agent. */

#define AGENT_SIGNALS 2

/* So many names are looked after; of further ones no turn is seen. */
#define AGENT_NAMES_MAX 16

/* A finding that was told to stand. */
struct agent_standing {
    const char *id, *subject;
};

struct agent_kernel;
struct agent_record;

struct agent {
    struct survey *survey;
    const struct agent_options *options;
    struct event_base *base;
    struct event *tick, *end, *signals[AGENT_SIGNALS];
    struct collection_options collection; /* the caller's, with a choice of servers */
    struct top_session_options session_options;
    struct top_session *session;
    struct http_listener *listener;
    struct agent_kernel *kernel;
    struct agent_record *record; /* NULL: nothing is recorded */

    struct agent_counts counts;
    uint64_t scrapes, lookups_lost, drops_lost, flows_lost, lines_lost;
    struct agent_part_facts parts[AGENT_PARTS];
    char whys[AGENT_PARTS][ERR_TEXT_MAX];
    bool part_known[AGENT_PARTS];
    bool flows_open;                /* the events of connection tracking come */
    char servers_err[ERR_TEXT_MAX]; /* why servers cannot be found; "" when they can */

    /* What the last look saw; renewed when that is gone. */
    struct arena *facts_arena;
    struct top_facts facts;
    bool stale;
    struct arena *standing_arena;
    struct agent_standing *standing;
    size_t standing_count;

    /* What came of each query last: enum agent_result; -1: nothing yet. */
    int results[AGENT_SERVERS_MAX][AGENT_NAMES_MAX][AGENT_TYPES];
    uint64_t began_ns, began_real_ns, asked_again_ns, failed_ns;
    bool turned; /* a query fares otherwise than before: everything is asked soon */
    int failed;
};

/* agent_look.c: begin to ask and to look. Return 0, or a negative errno with a message in survey->err. */
int agent_session_init(struct agent *agent) MUST_USE;
/* Take what is known by now, tell what has begun and ended. */
void agent_renew(struct agent *agent);
/* Once an interval: everything is asked when a query fares otherwise, or when nobody could be found to ask.
 */
void agent_ask_again(struct agent *agent);

/* agent_lines.c: a line each. */
void agent_tell_listens(struct agent *agent);
void agent_tell_part(struct agent *agent, enum agent_part part, bool up, const char *why, const char *how);
void agent_tell_findings(struct agent *agent);
/* `why`: nothing can be recorded; NULL: it can again. */
void agent_tell_record(struct agent *agent, const char *why);
/* Whether a line told that this finding stands. */
bool agent_is_told(const struct agent *agent, const char *id, const char *subject);
/* The finding as the last look has it; NULL: it does not stand. */
const struct finding *agent_finding(const struct agent *agent, const char *id, const char *subject);

/* agent_kernel.c: what programs in the kernel see. It says itself what it may not. */
void agent_kernel_begin(struct agent *agent);
/* Once an interval: take the drops. */
void agent_kernel_tick(struct agent *agent);
void agent_kernel_end(struct agent *agent);
/* All drops since the begin, in `arena`. Return false when they are not seen. */
bool agent_kernel_drops(struct agent *agent, struct arena *arena, struct drops_facts *ret_drops);

/* agent_interval.c: nothing of it does anything where nothing is recorded, nor of agent_record.c. */
/* Take what came of the queries so far; before their watch ends. */
void agent_record_sampling(struct agent *agent);
/* It is told to begin: the interval has it, also where it is over before the interval is. NULL: nothing is.
 */
void agent_record_finding(struct agent *agent, const struct finding *finding);
void agent_record_lookup(struct agent *agent, const struct lookups_call_facts *call);
/* In the process of a look: give up what is the agent's alone. A capture's has closed the recording. */
void agent_forked(void *agent);
void agent_capture_forked(void *agent);

/* agent_record.c: return 0, or a negative errno with a message in survey->err. */
int agent_record_begin(struct agent *agent) MUST_USE;
/* How it fares; return false where nothing is recorded. */
bool agent_record_facts(const struct agent *agent, struct agent_recorded_facts *ret_facts);
/* Write what there is of the last interval. */
void agent_record_last(struct agent *agent);
void agent_record_end(struct agent *agent);

/* agent_pages.c: what is answered over HTTP. */
extern const char *const agent_open_paths[];
void agent_answer(void *user, const struct http_asked *asked, struct http_answer *answer);

#endif
