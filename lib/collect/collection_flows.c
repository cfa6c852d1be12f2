/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flows of others while a collection asks. Its own are left out, since what becomes of these it knows
 * better.
 */
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/collect/collect_flows.h>
#include <k8sdns/collect/collection_state.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Of our choice: resolvers repeat a query after 1 s at the earliest. What waits for an upstream so long is
 * slow, and told apart by who else was answered. */
#define WAIT_US UINT64_C(1000000)
/* Flows that are followed at once, of 5,000 new ones a second those of three; and events that wait to be
 * read. */
#define FLOWS_MAX   16384
#define BUFFER_SIZE (8 * 1024 * 1024)
#define LOOK_MS     50
/* So many at once come faster than each is worth a wake-up. */
#define MANY     64
#define BATCH_US 10000

/*
 * Events have no times of their own: they are read by a thread as they come, whatever the collection waits
 * for. Until it is joined all of this but `stop` is its own.
 */
struct collection_flows {
    struct flow_watch *watch;
    struct arena *kept;
    struct err err;
    int r; /* negative: they could not be read any more */
    atomic_bool stop;
    bool threaded;
    pthread_t thread;
};

/* Read what has come, or comes soon. */
static void take(struct collection_flows *flows)
{
    struct pollfd waiting = {.fd = flow_watch_fd(flows->watch), .events = POLLIN};

    (void)!poll(&waiting, 1, LOOK_MS);
    flows->r = flow_watch_take(flows->watch, &flows->err);
    if (flows->r > MANY)
        usleep(BATCH_US);
}

static void *read_all(void *user)
{
    struct collection_flows *flows = user;

    while (flows->r >= 0 && !atomic_load(&flows->stop))
        take(flows);
    return NULL;
}

void collection_flows_begin(struct collection *c)
{
    struct collection_flows *flows = calloc(1, sizeof(*flows));
    struct flow_watch_options options = {.port = DNS_PORT,
                                         .wait_us = WAIT_US,
                                         .buffer_size = BUFFER_SIZE,
                                         .flows_max = FLOWS_MAX,
                                         .known = &c->known,
                                         .others = true};

    if (!flows)
        err_out_of_memory();
    options.kept = flows->kept = arena_new();
    flows->r = flow_watch_begin(c->survey, &options, &flows->watch);
    if (flows->r < 0) {
        flows->watch = NULL;
        flows->err = c->survey->err;
    } else {
        flows->threaded = pthread_create(&flows->thread, NULL, read_all, flows) == 0;
    }
    c->survey->err = (struct err){0};
    c->flows = flows;
}

/* Flows that wait for a reply now are waited for, and none that begins later: where all is well that is no
 * time at all. */
static void wait_for_replies(const struct collection *c, struct collection_flows *flows)
{
    uint64_t now_ns = clock_monotonic_ns(), last_ns = now_ns + WAIT_US * 1000 + LOOK_MS * UINT64_C(1000000);
    uint64_t budget_ns = c->began_ns + c->options->budget_us * 1000;

    last_ns = last_ns < budget_ns ? last_ns : budget_ns;
    flows->r = flow_watch_take(flows->watch, &flows->err);
    while (flows->r >= 0 && flow_watch_waits(flows->watch, now_ns) && clock_monotonic_ns() < last_ns)
        take(flows);
}

void collection_flows_end(struct collection *c)
{
    struct conntrack_facts *table = c->facts->conntrack;
    struct collection_flows *flows = c->flows;
    bool tracks = table && table->table.hooks != 0;

    if (flows->threaded) {
        atomic_store(&flows->stop, true);
        (void)!pthread_join(flows->thread, NULL);
    }
    /* A Pod's own table is told of elsewhere, and so is the lack of rights. */
    if (tracks && flows->r >= 0)
        wait_for_replies(c, flows);
    if (tracks && flows->r >= 0) {
        table->flows = ARENA_NEW(c->survey->arena, struct conntrack_follow_facts);
        flow_watch_facts(flows->watch, c->survey->arena, table->flows);
    } else if (tracks && table->dns) {
        survey_unobserved(c->survey, GAP_FLOWS, arena_text(c->survey->arena, flows->err.text));
    }
    flow_watch_end(flows->watch);
    arena_adopt(c->survey->arena, flows->kept);
    free(flows);
    c->flows = NULL;
}
