/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack_follow.h"
#include "rounds.h"
#include <errno.h>
#include <k8sdns/collect/collect_conntrack.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/node/conntrack_text.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <sys/resource.h>

struct conntrack_config {
    struct target_options targets;
    struct round_options rounds;
    struct follow_options follow;
    uint64_t dns_port, nice;
};

/* Of our choice: beside what is busy the walk has a tenth of a CPU, and on an idle one all of it. */
#define NICE_DEFAULT 10

static const struct conntrack_config defaults = {
    .dns_port = DNS_PORT, .nice = NICE_DEFAULT, .follow.rate = FOLLOW_RATE_DEFAULT};

static const struct option_row options[] = {
    ROUND_OPTION_ROWS(struct conntrack_config, rounds),
    FOLLOW_OPTION_ROWS(struct conntrack_config, follow),
    {.name = "nice",
     .value = "N",
     .min = 0,
     .max = 19,
     OPTION_AT(NUMBER, struct conntrack_config, nice),
     .help = "read the table at this niceness (default 10)"},
    PORT_OPTION_ROWS(struct conntrack_config, dns_port, "the port that clients ask (default 53)"),
    {0},
};

/* What a look needs besides the options. */
struct conntrack_looking {
    const struct conntrack_config *config;
    struct known_replicas known;
};

/* By the rules of diagnose, which are left with the table alone. A table that is not the node's says nothing.
 */
static void judge(struct run *run, struct conntrack_facts *table)
{
    struct facts facts = {.time = "", .host = *run->host, .conntrack = table};
    struct diagnose_facts judged;
    struct thresholds thresholds;

    thresholds_init(&thresholds);
    diagnose(run->arena, &facts, &thresholds, &run->findings, &run->findings_count, &judged);
    table->findings = run->findings;
    table->findings_count = run->findings_count;
    table->status = judged.status;
    if (judged.status == HEALTH_UNKNOWN && table->table.entries != SHAPE_UNSET && table->table.hooks != 0)
        table->status = HEALTH_OK;
}

/* What takes a privilege that is not there is left out, and said once. */
static int look(struct run *run, const void *looking_at, bool first, const void *before, double seconds,
                void *data)
{
    const struct conntrack_looking *looking = looking_at;
    struct conntrack_facts *facts = data;
    int r = collect_conntrack(&run->survey, (uint16_t)looking->config->dns_port, &looking->known, facts);

    if (r < 0)
        return r;
    if (!facts->dns && first)
        collect_conntrack_unobserved(&run->survey);
    run->err = (struct err){0};
    if (before)
        conntrack_facts_rates(run->arena, before, facts, seconds);
    judge(run, facts);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct conntrack_config *config = config_at;
    struct conntrack_looking looking = {.config = config};
    struct conntrack_facts *facts = data;
    int r = follow_check(run, &config->follow, config->rounds.interval_us);

    if (r < 0)
        return r;
    if (config->follow.follow && config->nice != NICE_DEFAULT)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--nice does not go with --follow");
    if (run->captured && config->rounds.interval_us)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "a capture does not change: --interval does not go with --from");
    if (run->captured && !run->captured->conntrack)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has no connection tracking");
    if (run->captured) {
        *facts = *run->captured->conntrack;
        judge(run, facts);
        return facts->status;
    }
    r = known_replicas_find(&run->survey, &config->targets, &looking.known);
    if (r == 0 && config->follow.follow)
        return follow_run(run, &config->follow, config->rounds.count, (uint16_t)config->dns_port,
                          &looking.known, facts);
    /* A table of a million takes a CPU for a second or more; whoever follows must keep pace. */
    if (r == 0 && getpriority(PRIO_PROCESS, 0) < (int)config->nice)
        (void)!setpriority(PRIO_PROCESS, 0, (int)config->nice);
    if (r == 0)
        r = rounds_run(run, &config->rounds, look, &looking, false, data);
    return r < 0 ? r : facts->status;
}

const struct command command_conntrack = {
    .name = "conntrack",
    .group = GROUP_NODE,
    .summary = "connection tracking: fill, drops, DNS entries, port collisions",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct conntrack_config),
    .targets_offset = offsetof(struct conntrack_config, targets),
    .takes_targets = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .shape = &conntrack_facts_shape,
    .part_shapes = (const struct shape *const[]){&conntrack_flow_facts_shape, NULL},
    .judges = true,
    .status_offset = offsetof(struct conntrack_facts, status),
    .from_facts = true,
    .example = "k8sdns conntrack --interval 1s --cluster-ip 10.96.0.10",
    .run = run,
    .render = conntrack_text_render,
    .render_part = conntrack_text_render_part,
};
