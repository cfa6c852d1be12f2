/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an agent answers over HTTP. */
#include "agent_state.h"
#include <k8sdns/render/agent/agent_page.h>
#include <k8sdns/source/node/own_process.h>
#include <k8sdns/wire/metrics/metrics_accept.h>
#include <string.h>

static void fill(const struct agent *agent, struct agent_page_facts *page)
{
    const struct facts *facts = agent->facts.facts;
    struct own_process process;

    own_process_read(&process);
    *page = (struct agent_page_facts){
        .counts = &agent->counts,
        .parts = agent->parts,
        .conntrack = facts ? facts->conntrack : NULL,
        .node = facts ? facts->node : NULL,
        .findings = agent->facts.active_findings,
        .findings_count = agent->facts.active_findings_count,
        .version = agent->options->version,
        .node_name = agent->survey->host->node ? agent->survey->host->node : "",
        .zone = agent->options->zone ? agent->options->zone : "",
        .probes_skipped = top_session_skipped(agent->session),
        .lookups_lost = agent->lookups_lost,
        .drops_lost = agent->drops_lost,
        .flows_lost = agent->flows_lost,
        .lines_lost = agent->lines_lost,
        .cpu_seconds = process.cpu_seconds,
        .start_time_seconds = (double)agent->began_real_ns / 1e9,
        .resident_bytes = process.resident_bytes,
        .virtual_bytes = process.virtual_bytes,
        .open_files = process.open_files,
    };
}

static void answer_metrics(struct agent *agent, const struct http_asked *asked, struct http_answer *answer)
{
    struct exposition page = {.openmetrics = metrics_accept_openmetrics(asked->accept)};
    struct agent_recorded_facts recorded;
    struct agent_page_facts facts;

    agent->scrapes++;
    if (agent->stale)
        agent_renew(agent);
    fill(agent, &facts);
    facts.recorded = agent_record_facts(agent, &recorded) ? &recorded : NULL;
    agent_page_write(&facts, &page);
    agent_counts_paged(&agent->counts);
    answer->status = 200;
    answer->type = page.openmetrics ? EXPOSITION_OPENMETRICS_TYPE : EXPOSITION_TEXT_TYPE;
    answer->body = page.text;
}

/* Ready is who has asked, or looked, at least once. */
static void answer_ready(const struct agent *agent, struct http_answer *answer)
{
    bool ready = top_session_knows(agent->session);

    for (int part = 0; part < AGENT_PARTS; part++)
        ready = ready && (agent->options->without[part] || agent->part_known[part]);
    answer->status = ready ? 200 : 503;
    text_add(&answer->body, ready ? "ready\n" : "not ready: not everything was looked at once\n");
}

/* The kubelet, which asks for these, has no password. */
const char *const agent_open_paths[] = {"/healthz", "/-/healthy", "/readyz", "/-/ready", NULL};

static bool is_one(const char *path, size_t first)
{
    return strcmp(path, agent_open_paths[first]) == 0 || strcmp(path, agent_open_paths[first + 1]) == 0;
}

void agent_answer(void *user, const struct http_asked *asked, struct http_answer *answer)
{
    struct agent *agent = user;

    if (strcmp(asked->path, "/metrics") == 0) {
        answer_metrics(agent, asked, answer);
    } else if (is_one(asked->path, 0)) {
        answer->status = 200;
        text_add(&answer->body, "ok\n");
    } else if (is_one(asked->path, 2)) {
        answer_ready(agent, answer);
    } else {
        answer->status = strcmp(asked->path, "/") == 0 ? 200 : 404;
        text_add(&answer->body, "k8sdns agent: /metrics, /healthz, /readyz\n");
    }
}
