/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run: what is asked, at which pace, and what becomes of the answers as a whole. */
#include "prober_run.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/source/event_loop.h>
#include <k8sdns/source/node/own_address.h>
#include <k8sdns/source/timer.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdlib.h>
#include <string.h>

/*
 * So many questions go out at once before the cap on the rate counts: the matrix of the usual four names and
 * four servers, A and AAAA, is 32.
 */
#define BURST 64

/* Each has a socket. */
#define ANSWERED_KEPT 16

/* Descriptors that are left to the rest of the program while questions are in flight. */
#define DESCRIPTORS_KEPT 4

static void question_init(struct run_state *run, struct group *group, struct question *q, uint16_t type)
{
    char word[DNS_WORD];

    q->type = type;
    q->facts = probe_facts_unanswered(group->target->id, group->candidate->name, group->candidate->candidate,
                                      arena_text(run->arena, dns_type_word(type, word)),
                                      run->options->tcp ? TRANSPORT_TCP : TRANSPORT_UDP);
}

static void group_init(struct run_state *run, struct group *group, size_t target,
                       const struct probe_candidate *candidate, const uint16_t *types, size_t types_count)
{
    group->run = run;
    group->target = &run->matrix->targets[target];
    group->target_index = target;
    group->candidate = candidate;
    group->udp = group->reserved = -1;
    /* Twice the room: each may be asked again over TCP. */
    group->questions = arena_array(run->arena, types_count * 2, sizeof(*group->questions));
    group->questions_count = types_count;
    for (size_t i = 0; i < types_count; i++)
        question_init(run, group, &group->questions[i], types[i]);
}

/* Candidate by candidate over all targets, so that the first burst does not fall on one server. */
static void groups_init(struct run_state *run, const struct probe_candidate *candidates, size_t count)
{
    const struct prober_options *options = run->options;
    size_t share = options->separate ? 1 : options->types_count;

    run->groups_count = run->matrix->targets_count * count * (options->types_count / share);
    run->groups = arena_array(run->arena, run->groups_count, sizeof(*run->groups));
    for (size_t c = 0, n = 0; c < count; c++)
        for (size_t t = 0; t < run->matrix->targets_count; t++)
            for (size_t i = 0; i < options->types_count; i += share)
                group_init(run, &run->groups[n++], t, &candidates[c],
                           share == 1 && candidates[c].type ? &candidates[c].type : options->types + i,
                           share);
}

/* Something that it asked may still be answered. */
static bool waits(const struct group *group)
{
    for (size_t i = 0; group->udp >= 0 && i < group->questions_count; i++)
        if (group->questions[i].facts.status == PROBE_TIMEOUT &&
            group->questions[i].facts.transport == TRANSPORT_UDP)
            return true;
    return false;
}

/* Of the finished groups, or of those that have all answers. */
static void drop_oldest(struct run_state *run, bool answered)
{
    struct group *before = NULL, *oldest = run->done_first;

    while (answered && waits(oldest)) {
        before = oldest;
        oldest = oldest->next_done;
    }
    if (before)
        before->next_done = oldest->next_done;
    else
        run->done_first = oldest->next_done;
    if (run->done_last == oldest)
        run->done_last = before;
    group_drop(oldest);
    run->listening--;
}

static size_t answered_groups(const struct run_state *run)
{
    size_t count = 0;

    for (const struct group *group = run->done_first; group; group = group->next_done)
        count += !waits(group);
    return count;
}

/*
 * A finished group keeps listening for late answers until its place is needed. One that has all its answers
 * hears at most copies of them, which come at once.
 */
static void make_place(struct run_state *run)
{
    while (run->listening >= run->room && run->done_first)
        drop_oldest(run, false);
    for (size_t answered = answered_groups(run); answered > ANSWERED_KEPT; answered--)
        drop_oldest(run, true);
}

/* So many groups at once as there are descriptors for, UDP and a retry over TCP each; the rest in turns. */
static int room_init(struct run_state *run)
{
    size_t left = own_limits_descriptors(2 * PROBER_IN_FLIGHT_MAX + DESCRIPTORS_KEPT);

    run->room = left > 2 * PROBER_IN_FLIGHT_MAX + 1 ? PROBER_IN_FLIGHT_MAX
                : left > DESCRIPTORS_KEPT + 1       ? (left - DESCRIPTORS_KEPT) / 2
                                                    : 0;
    return run->room ? 0 : own_limits_take(DESCRIPTORS_KEPT + 2, "asking", run->err);
}

/* Have a socket for the group. What has no room now waits for another to finish. */
static int reserve(struct run_state *run, struct group *group)
{
    int r = prober_reserve(group);

    while (r == -EAGAIN && run->done_first) {
        drop_oldest(run, false);
        r = prober_reserve(group);
    }
    return r == -EAGAIN && !run->listening ? prober_no_socket(group) : r;
}

/* Let go as many groups as the cap and the room allow; come back when there is more. */
static void on_pace(evutil_socket_t fd, short what, void *user)
{
    struct run_state *run = user;
    uint64_t now = clock_monotonic_ns();
    double qps = run->options->qps;

    (void)fd;
    (void)what;
    if (qps > 0) {
        run->tokens += (double)(now - run->filled_ns) / 1e9 * qps;
        run->tokens = run->tokens > BURST ? BURST : run->tokens;
        run->filled_ns = now;
    }
    while (run->fired < run->groups_count && !run->failed) {
        struct group *group = &run->groups[run->fired];
        int r;

        make_place(run);
        if (run->listening >= run->room)
            return; /* the next group that finishes calls again */
        if (qps > 0 && run->tokens < (double)group->questions_count && run->tokens < BURST) {
            timer_set(run->pace, (uint64_t)(((double)group->questions_count - run->tokens) / qps * 1e6));
            return;
        }
        r = reserve(run, group);
        if (r == -EAGAIN)
            return; /* as above */
        run->fired++;
        run->listening++;
        if (r == 0)
            r = group_fire(group);
        if (r < 0) {
            run->failed = r;
            event_base_loopbreak(run->base);
        }
    }
}

/* Rows by target, then name, candidate and type, each TCP retry behind its question. */
static void gather(struct run_state *run)
{
    struct matrix_facts *matrix = run->matrix;
    size_t stride = run->groups_count / matrix->targets_count, per_type = 1;

    for (size_t g = 0; g < run->groups_count; g++)
        matrix->probes_count += run->groups[g].questions_count;
    matrix->probes = arena_array(run->arena, matrix->probes_count, sizeof(*matrix->probes));
    matrix->probes_count = 0;
    if (run->options->separate)
        per_type = run->options->types_count;
    for (size_t t = 0; t < matrix->targets_count; t++) {
        for (size_t k = 0; k < stride; k++) {
            const struct group *group =
                &run->groups[(k / per_type * matrix->targets_count + t) * per_type + k % per_type];
            size_t asked = run->options->separate ? 1 : run->options->types_count;

            for (size_t i = 0; i < asked; i++) {
                matrix->probes[matrix->probes_count++] = group->questions[i].facts;
                for (size_t r = asked; r < group->questions_count; r++)
                    if (group->questions[r].type == group->questions[i].type)
                        matrix->probes[matrix->probes_count++] = group->questions[r].facts;
            }
        }
    }
}

/*
 * Kernels send about one ICMP error a second to one peer, so the silence that follows an error is most likely
 * the same refusal. Source: Linux net/ipv4/icmp.c, icmp_ratelimit in ip-sysctl.
 */
static void infer_unreachable(struct matrix_facts *matrix)
{
    for (size_t i = 0, begin = 0; i <= matrix->probes_count; i++) {
        bool refused = false;

        if (i < matrix->probes_count && matrix->probes[i].target == matrix->probes[begin].target)
            continue;
        for (size_t k = begin; k < i; k++)
            refused = refused || (matrix->probes[k].status == PROBE_UNREACHABLE &&
                                  matrix->probes[k].transport == TRANSPORT_UDP);
        for (size_t k = begin; k < i && refused; k++) {
            struct probe_facts *p = &matrix->probes[k];

            if (p->status != PROBE_TIMEOUT || p->transport != TRANSPORT_UDP || p->late)
                continue;
            p->status = PROBE_UNREACHABLE;
            p->inferred = true;
            if (!p->detail)
                p->detail =
                    "silent after ICMP errors from the same target, which kernels limit to about one a second";
        }
        begin = i;
    }
}

/* A neighbour that does not answer is told of by an ICMP error that this machine sends to itself. */
static void find_own_errors(struct arena *arena, struct matrix_facts *matrix)
{
    const char *asked = NULL;
    bool own = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        struct probe_facts *p = &matrix->probes[i];
        struct address from;
        struct err err;

        if (p->unreachable != UNREACHABLE_HOST || !p->reported_by ||
            address_parse(p->reported_by, 0, &from, &err) < 0)
            continue;
        if (!asked || strcmp(asked, p->reported_by) != 0)
            own = own_address_interface(arena, &from) != NULL;
        asked = p->reported_by;
        p->own_kernel = p->own_kernel || own;
    }
}

/* What is still listened for: the run itself, with sockets of the groups that wait. */
struct prober_rest {
    struct run_state run;
    struct prober_options options;
};

static void run_fini(struct run_state *run)
{
    for (size_t g = 0; g < run->groups_count; g++)
        group_drop(&run->groups[g]);
    if (run->pace)
        event_free(run->pace);
    if (run->base)
        event_base_free(run->base);
    if (run->port_targets != run->options->port_targets)
        free(run->port_targets);
    free(run->buffer);
    ares_library_cleanup();
}

static void judge(struct run_state *run)
{
    run->matrix->probes_count = 0;
    gather(run);
    infer_unreachable(run->matrix);
    find_own_errors(run->arena, run->matrix);
}

/* Keep what somebody may still answer. Return whether anything is. */
static bool keep_rest(struct run_state *run)
{
    struct prober_rest *rest;
    size_t kept = 0;

    for (size_t g = 0; g < run->groups_count; g++) {
        if (waits(&run->groups[g]))
            kept++;
        else
            group_drop(&run->groups[g]);
    }
    if (!kept)
        return false;
    rest = ARENA_NEW(run->arena, struct prober_rest);
    rest->options = *run->options;
    rest->run = *run;
    rest->run.options = &rest->options;
    for (size_t g = 0; g < run->groups_count; g++)
        rest->run.groups[g].run = &rest->run;
    *run->options->rest = rest;
    return true;
}

size_t prober_rest(struct prober_rest *rest)
{
    size_t before;

    if (!rest)
        return 0;
    before = rest->run.rest_answers;
    for (size_t g = 0; g < rest->run.groups_count; g++)
        prober_receive(&rest->run.groups[g]);
    if (rest->run.rest_answers > before)
        judge(&rest->run);
    run_fini(&rest->run);
    return rest->run.rest_answers - before;
}

int prober_run(struct arena *arena, const struct prober_options *options, struct matrix_facts *matrix,
               const struct probe_candidate *candidates, size_t candidates_count, struct err *err)
{
    struct run_state run = {
        .arena = arena,
        .options = options,
        .matrix = matrix,
        .tokens = BURST,
        .filled_ns = clock_monotonic_ns(),
        .next_port = options->source_port,
        .err = err,
    };
    uint64_t began = run.filled_ns;

    matrix->status = -1;
    if (options->rest)
        *options->rest = NULL;
    if (!matrix->targets_count || !candidates_count || !options->types_count)
        return 0;
    ares_library_init(ARES_LIB_INIT_ALL);
    run.failed = event_loop_new(false, &run.base, err);
    run.pace = run.base ? evtimer_new(run.base, on_pace, &run) : NULL;
    run.port_targets =
        options->port_targets ? options->port_targets : calloc(PROBER_PORTS, sizeof(*run.port_targets));
    run.buffer = malloc(DNS_MESSAGE_MAX + 1);
    if (!run.failed)
        run.failed = room_init(&run);
    if (run.failed) {
        ; /* it has been said */
    } else if (!run.pace || !run.port_targets || !run.buffer) {
        run.failed = err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    } else {
        groups_init(&run, candidates, candidates_count);
        on_pace(-1, 0, &run);
        /* A loop that was told to end before it began would run on. */
        if (!run.failed && run.finished < run.groups_count)
            event_base_dispatch(run.base);
    }
    if (!run.failed && run.finished < run.groups_count)
        run.failed = err_set(err, ERR_INTERNAL, EIO, "the event loop ended early");
    if (!run.failed)
        judge(&run);
    matrix->elapsed_ms = (double)(clock_monotonic_ns() - began) / 1e6;
    if (run.failed || !options->rest || !keep_rest(&run))
        run_fini(&run);
    return run.failed;
}
