/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/agent/agent_counts.h>
#include <stdio.h>
#include <string.h>

const char *const agent_result_names[] = {"answer", "negative", "failed", "timeout", "error", NULL};
const char *const agent_type_names[] = {"A", "AAAA", NULL};
const char *const agent_lookup_result_names[] = {"ok", "not-found", "timeout", "failed", NULL};
/* From a cache's answer to a resolver's patience: musl and Go give up after 5 s, glibc asks again then. */
const double agent_bounds_s[AGENT_BOUNDS] = {0.0005, 0.002, 0.01, 0.05, 0.25, 1, 2.5, 5};

void agent_histogram_add(struct agent_histogram *histogram, uint64_t us)
{
    size_t i = 0;

    while (i < AGENT_BOUNDS && (double)us > agent_bounds_s[i] * 1e6)
        i++;
    histogram->buckets[i]++;
    histogram->count++;
    histogram->sum_us += us;
}

static struct agent_server *find_server(struct agent_counts *counts, const struct target_facts *target)
{
    for (size_t i = 0; i < counts->servers_count; i++)
        if (counts->servers[i].role == target->role && strcmp(counts->servers[i].server, target->id) == 0)
            return &counts->servers[i];
    return NULL;
}

static void drop_unasked(struct agent_counts *counts)
{
    size_t kept = 0;

    for (size_t i = 0; i < counts->servers_count; i++)
        if (counts->servers[i].asked)
            counts->servers[kept++] = counts->servers[i];
    counts->servers_count = kept;
}

void agent_counts_servers(struct agent_counts *counts, const struct target_facts *targets, size_t count)
{
    for (size_t i = 0; i < counts->servers_count; i++)
        counts->servers[i].asked = false;
    for (size_t i = 0; i < count; i++) {
        struct agent_server *server = find_server(counts, &targets[i]);

        if (server)
            server->asked = true;
    }
    drop_unasked(counts);
    for (size_t i = 0; i < count; i++) {
        struct agent_server *server;

        if (find_server(counts, &targets[i]))
            continue;
        if (counts->servers_count == AGENT_SERVERS_MAX) {
            counts->servers_overflow++;
            continue;
        }
        server = &counts->servers[counts->servers_count++];
        *server = (struct agent_server){.role = targets[i].role, .asked = true};
        snprintf(server->server, sizeof(server->server), "%s", targets[i].id);
    }
}

enum agent_result agent_result_of(int status, bool own)
{
    switch ((enum probe_status)status) {
    case PROBE_ANSWER:
    case PROBE_TRUNCATED:
        return AGENT_ANSWER;
    case PROBE_NXDOMAIN:
        return own ? AGENT_FAILED : AGENT_NEGATIVE;
    case PROBE_NODATA:
        return AGENT_NEGATIVE;
    case PROBE_TIMEOUT:
        return AGENT_TIMEOUT;
    case PROBE_UNREACHABLE:
    case PROBE_ERROR:
        return AGENT_ERROR;
    case PROBE_SERVFAIL:
    case PROBE_REFUSED:
    case PROBE_FORMERR:
    case PROBE_NOTIMP:
    case PROBE_MISMATCH:
    case PROBE_MALFORMED:
        break;
    }
    return AGENT_FAILED;
}

void agent_counts_query(struct agent_counts *counts, const struct target_facts *target, size_t type,
                        int status, bool own, uint64_t rtt_us)
{
    enum agent_result result = agent_result_of(status, own);
    struct agent_server *server = find_server(counts, target);

    counts->queries++;
    counts->query_failures += result >= AGENT_FAILED;
    if (!server || type >= AGENT_TYPES)
        return;
    server->results[type][result]++;
    if (rtt_us != SHAPE_UNSET)
        agent_histogram_add(&server->duration, rtt_us);
}

/* ---- lookups of programs ---- */

/* Resolvers wait for half as long at least before they call it a timeout. */
#define PATIENCE_US 2000000
/* Of our choice: a namespace that is as silent may leave the page. */
#define SILENT_NS   UINT64_C(3600000000000)
#define NODE_SPACE  "(node)"
#define OTHER_SPACE "other"

static bool is_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

enum agent_lookup_result agent_lookup_result_of(const struct lookups_call_facts *call)
{
    static const char *const not_found[] = {
        "EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "HOST_NOT_FOUND", "NO_DATA", "NXDOMAIN", NULL};
    static const char *const again[] = {"EAI_AGAIN", "TRY_AGAIN", NULL};
    uint64_t us = call->latency_us != SHAPE_UNSET ? call->latency_us : call->age_us;
    bool waited = us != SHAPE_UNSET && us >= PATIENCE_US;

    if (!call->failed)
        return AGENT_LOOKUP_OK;
    if (is_word(call->result, not_found))
        return AGENT_LOOKUP_NOT_FOUND;
    if (strcmp(call->result, "no answer") == 0 || (waited && is_word(call->result, again)))
        return AGENT_LOOKUP_TIMEOUT;
    if (strcmp(call->result, "exited") == 0)
        return waited ? AGENT_LOOKUP_TIMEOUT : AGENT_LOOKUP_UNCOUNTED;
    return AGENT_LOOKUP_FAILED;
}

static void init_space(struct agent_space *space, const char *name)
{
    *space = (struct agent_space){.is_new = true};
    snprintf(space->name, sizeof(space->name), "%s", name);
}

/* Who has been silent for so long that nobody will miss it; NULL. The first two places stay what they are. */
static struct agent_space *silent_space(struct agent_counts *counts, uint64_t now_ns)
{
    for (size_t i = 2; i < counts->spaces_count; i++)
        if (now_ns - counts->spaces[i].seen_ns > SILENT_NS)
            return &counts->spaces[i];
    return NULL;
}

static struct agent_space *find_space(struct agent_counts *counts, const char *name, uint64_t now_ns)
{
    struct agent_space *space;

    for (size_t i = 0; i < counts->spaces_count; i++)
        if (strcmp(counts->spaces[i].name, name) == 0)
            return &counts->spaces[i];
    if (counts->spaces_count <= AGENT_SPACES_MAX) {
        space = &counts->spaces[counts->spaces_count++];
    } else {
        space = silent_space(counts, now_ns);
        if (!space) {
            counts->spaces_overflow++;
            return &counts->spaces[0];
        }
        for (int i = 0; i < AGENT_LOOKUP_RESULTS; i++)
            counts->spaces[0].results[i] += space->results[i];
    }
    init_space(space, name);
    return space;
}

void agent_counts_lookup(struct agent_counts *counts, const struct lookups_call_facts *call, uint64_t now_ns)
{
    enum agent_lookup_result result = agent_lookup_result_of(call);
    uint64_t us = call->latency_us != SHAPE_UNSET ? call->latency_us : call->age_us;
    const struct process_facts *process = &call->process;
    const char *name = process->pod_namespace             ? process->pod_namespace
                       : process->pod_uid || process->pod ? OTHER_SPACE
                                                          : NODE_SPACE;
    struct agent_space *space;

    if (result == AGENT_LOOKUP_UNCOUNTED)
        return;
    counts->lookups++;
    counts->lookup_failures += result >= AGENT_LOOKUP_TIMEOUT;
    if (us != SHAPE_UNSET)
        agent_histogram_add(&counts->lookup_duration[result], us);
    space = find_space(counts, name, now_ns);
    space->results[result]++;
    space->seen_ns = now_ns;
}

/* ---- drops ---- */

static struct agent_drop_kind *find_drops(struct agent_counts *counts, const char *reason, const char *hook)
{
    struct agent_drop_kind *kind;

    for (size_t i = 0; i < counts->drops_count; i++)
        if (strcmp(counts->drops[i].reason, reason) == 0 && strcmp(counts->drops[i].hook, hook) == 0)
            return &counts->drops[i];
    if (counts->drops_count > AGENT_DROP_KINDS_MAX)
        return &counts->drops[0];
    kind = &counts->drops[counts->drops_count++];
    *kind = (struct agent_drop_kind){.is_new = true};
    snprintf(kind->reason, sizeof(kind->reason), "%s", reason);
    snprintf(kind->hook, sizeof(kind->hook), "%s", hook);
    return kind;
}

void agent_counts_drops(struct agent_counts *counts, const struct drops_facts *drops)
{
    for (size_t i = 0; i < counts->drops_count; i++)
        counts->drops[i].count = 0;
    for (size_t i = 0; i < drops->kinds_count; i++) {
        const struct drop_kind_facts *kind = &drops->kinds[i];
        struct agent_drop_kind *of;

        if (kind->cause == CAUSE_NOT_OURS || kind->cause == CAUSE_CLOSED)
            continue;
        of = find_drops(counts, kind->reason ? kind->reason : "unknown",
                        kind->hook >= 0 ? drop_hook_names[kind->hook] : "none");
        of->count += kind->count;
        if (of == &counts->drops[0])
            counts->drops_overflow = of->count;
    }
}

void agent_counts_init(struct agent_counts *counts)
{
    *counts = (struct agent_counts){0};
    init_space(&counts->spaces[counts->spaces_count++], OTHER_SPACE);
    init_space(&counts->spaces[counts->spaces_count++], NODE_SPACE);
    counts->backends[counts->backends_count++] = (struct agent_backend){.address = "other"};
    counts->drops[counts->drops_count++] = (struct agent_drop_kind){.reason = "other", .hook = "other"};
}

/* ---- flows ---- */

static struct agent_backend *find_backend(struct agent_counts *counts, const char *address)
{
    struct agent_backend *backend;

    for (size_t i = 0; i < counts->backends_count; i++)
        if (strcmp(counts->backends[i].address, address) == 0)
            return &counts->backends[i];
    if (counts->backends_count > AGENT_BACKENDS_MAX)
        return &counts->backends[0];
    backend = &counts->backends[counts->backends_count++];
    *backend = (struct agent_backend){.is_new = true};
    snprintf(backend->address, sizeof(backend->address), "%s", address);
    return backend;
}

void agent_counts_flows(struct agent_counts *counts, const struct conntrack_follow_facts *flows)
{
    uint64_t before[AGENT_BACKENDS_MAX + 1], told = 0;

    for (size_t i = 0; i < counts->backends_count; i++) {
        before[i] = counts->backends[i].unanswered;
        counts->backends[i].unanswered = 0;
    }
    for (size_t i = 0; i < flows->by_backend_count; i++) {
        struct agent_backend *backend = find_backend(counts, flows->by_backend[i].address);

        if (backend->is_new && !backend->unanswered)
            before[backend - counts->backends] = 0;
        backend->unanswered += flows->by_backend[i].unanswered;
    }
    /* One that is listed no more has what it had; what none of the listed has is of others. */
    for (size_t i = 1; i < counts->backends_count; i++) {
        if (counts->backends[i].unanswered < before[i])
            counts->backends[i].unanswered = before[i];
        told += counts->backends[i].unanswered;
    }
    counts->backends[0].unanswered = flows->unanswered > told ? flows->unanswered - told : 0;
    if (counts->backends[0].unanswered < before[0])
        counts->backends[0].unanswered = before[0];
}

void agent_counts_paged(struct agent_counts *counts)
{
    for (size_t i = 0; i < counts->backends_count; i++)
        counts->backends[i].is_new = false;
    for (size_t i = 0; i < counts->spaces_count; i++)
        counts->spaces[i].is_new = false;
    for (size_t i = 0; i < counts->drops_count; i++)
        counts->drops[i].is_new = false;
}
