/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack_follow.h"
#include "emit.h"
#include "output.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/pause.h>
#include <k8sdns/collect/collect_conntrack.h>
#include <k8sdns/collect/collect_flows.h>
#include <k8sdns/render/node/conntrack_flows_text.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define POLL_MS 100
/* So many at once come faster than each is worth a wake-up; meanwhile they wait in the kernel's buffer. */
#define MANY     64
#define BATCH_US 10000

struct following {
    struct run *run;
    const struct follow_options *options;
    uint64_t left; /* events to show; 0: no end */
    uint64_t hidden, shown, second;
    int r; /* 1: enough were shown; negative: the output failed */
};

static bool is_unreplied(const struct conntrack_flow_facts *flow)
{
    return flow->event == FLOW_UNANSWERED || flow->event == FLOW_LATE ||
           (flow->event == FLOW_ENDED && !flow->flow.replied);
}

/* Whether there is room in this second. */
static bool has_room(struct following *f)
{
    uint64_t second = clock_monotonic_ns() / UINT64_C(1000000000);

    if (second != f->second)
        f->shown = 0;
    f->second = second;
    return !f->options->rate || f->shown++ < f->options->rate;
}

static void show(void *user, struct arena *arena, const struct conntrack_flow_facts *flow)
{
    struct following *f = user;
    struct arena *kept = f->run->arena;
    int r;

    if (f->r || (f->options->unreplied && !is_unreplied(flow)))
        return;
    if ((f->run->globals->quiet && !f->run->globals->json) || !has_room(f)) {
        f->hidden++;
        return;
    }
    f->run->arena = arena; /* what is told goes with the telling */
    r = emit_piece(f->run, &conntrack_flow_facts_shape, flow, conntrack_flows_text_render_event);
    f->run->arena = kept;
    if (r < 0)
        f->r = r;
    else if (f->left && --f->left == 0)
        f->r = 1;
}

int follow_check(struct run *run, const struct follow_options *options, bool rounds)
{
    if (options->follow && rounds)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--interval does not go with --follow");
    if (options->follow && run->captured)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--follow does not go with --from");
    if (!options->follow &&
        (options->unreplied || options->wait_us || options->duration_us || options->clients.count ||
         options->backends.count || options->rate != FOLLOW_RATE_DEFAULT))
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "--wait, --unreplied, --client, --backend, --rate and --duration go with --follow");
    return 0;
}

static int loop(struct following *f, struct flow_watch *watch)
{
    uint64_t duration_us = f->options->duration_us, now_ns;
    uint64_t end_ns = duration_us ? clock_monotonic_ns() + duration_us * 1000 : UINT64_MAX;
    struct pollfd waiting = {.fd = flow_watch_fd(watch), .events = POLLIN};
    struct pause pause;
    int r = 0;

    pause_begin(&pause, 1000000);
    if (isatty(STDERR_FILENO))
        output_watching(f->run->globals, duration_us);
    while (r >= 0 && !f->r && (now_ns = clock_monotonic_ns()) < end_ns && !pause_is_enough()) {
        uint64_t left_ms = (end_ns - now_ns) / 1000000 + 1;

        (void)!poll(&waiting, 1, left_ms < POLL_MS ? (int)left_ms : POLL_MS);
        r = flow_watch_take(watch, &f->run->err);
        if (r > MANY)
            usleep(BATCH_US);
    }
    return r < 0 ? r : f->r < 0 ? f->r : 0;
}

int follow_run(struct run *run, const struct follow_options *options, uint64_t count, uint16_t port,
               const struct known_replicas *known, struct conntrack_facts *facts)
{
    struct following following = {.run = run, .options = options, .left = count};
    const struct flow_watch_options watched = {.port = port,
                                               .wait_us = options->wait_us,
                                               .known = known,
                                               .clients = options->clients,
                                               .backends = options->backends,
                                               .present = true,
                                               .each = show,
                                               .user = &following};
    struct conntrack_facts before = {0};
    struct flow_watch *watch;
    int r = flow_watch_begin(&run->survey, &watched, &watch);

    if (r < 0)
        return r;
    r = collect_conntrack_counters(&run->survey, &before);
    if (r == 0)
        r = loop(&following, watch);
    if (r == 0)
        r = collect_conntrack_counters(&run->survey, facts);
    if (r == 0) {
        facts->replicas = known->names;
        facts->replicas_count = known->names_count;
        facts->flows = ARENA_NEW(run->arena, struct conntrack_follow_facts);
        flow_watch_facts(watch, run->arena, facts->flows);
        facts->flows->hidden = following.hidden;
        conntrack_facts_rates(run->arena, &before, facts, facts->flows->seconds);
        facts->status = conntrack_follow_status(facts->flows, &facts->table);
    }
    flow_watch_end(watch);
    return r < 0 ? r : facts->status;
}
