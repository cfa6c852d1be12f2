/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/source/cluster/identity.h>
#include <k8sdns/source/probe/prober.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

/* So many questions meet each of three replicas with 99.5 %. */
#define CLUSTER_ASKS 16
#define QPS          200
#define CORE_DNS     "CoreDNS-"

/* Ask one type of the candidates at the targets; rows of matrix->probes come by target, then candidate. */
static int ask(struct arena *arena, uint16_t type, uint16_t class, uint64_t timeout_us,
               const struct probe_candidate *candidates, size_t count, struct matrix_facts *matrix,
               struct err *err)
{
    const struct prober_options asking = {.types = &type,
                                          .types_count = 1,
                                          .timeout_us = timeout_us,
                                          .tries = 1,
                                          .nsid = class == DNS_CLASS_IN,
                                          .class = class,
                                          .qps = QPS};

    return prober_run(arena, &asking, matrix, candidates, count, err);
}

static struct target_facts target_at(struct arena *arena, const struct address *where)
{
    char text[ADDRESS_TEXT];

    return (struct target_facts){.where = *where,
                                 .id = arena_text(arena, address_format_port(where, text, sizeof(text)))};
}

static void targets_init(struct arena *arena, const struct replicas_facts *facts, struct matrix_facts *matrix)
{
    *matrix =
        (struct matrix_facts){.targets = arena_array(arena, facts->replicas_count, sizeof(*matrix->targets)),
                              .targets_count = facts->replicas_count};
    for (size_t i = 0; i < facts->replicas_count; i++)
        matrix->targets[i] = target_at(arena, &facts->replicas[i].where);
}

/* The only string of a TXT answer, without its quotes; NULL when it is none. */
static const char *only_string(struct arena *arena, const struct probe_facts *probe)
{
    const char *text = probe->answers_count == 1 ? probe->answers[0].rdata.text : NULL;
    size_t len = text ? strlen(text) : 0;

    if (probe->status != PROBE_ANSWER || len < 3 || text[0] != '"' || strchr(text + 1, '"') != text + len - 1)
        return NULL;
    return arena_text_n(arena, text + 1, len - 2);
}

int identity_ask_cluster(struct arena *arena, const char *name, uint64_t timeout_us,
                         struct replicas_facts *facts, struct err *err)
{
    struct probe_candidate candidates[CLUSTER_ASKS];
    struct target_facts target;
    struct matrix_facts matrix = {.targets = &target, .targets_count = 1};
    int r;

    if (!facts->cluster_ips_count)
        return 0;
    target = target_at(arena, &facts->cluster_where[0]);
    for (size_t i = 0; i < CLUSTER_ASKS; i++)
        candidates[i] = (struct probe_candidate){name, name};
    r = ask(arena, DNS_TYPE_A, DNS_CLASS_IN, timeout_us, candidates, CLUSTER_ASKS, &matrix, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < matrix.probes_count; i++) {
        const char *nsid = matrix.probes[i].nsid;
        bool known = !nsid;

        for (size_t k = 0; k < facts->cluster_identities_count && !known; k++)
            known = strcmp(facts->cluster_identities[k], nsid) == 0;
        if (!known)
            *ARENA_PUSH(arena, facts->cluster_identities, facts->cluster_identities_count) = nsid;
    }
    return 0;
}

/* This answer to hostname.bind can only be the replica's own. */
static bool is_own(const struct replicas_facts *facts, const char *const *hosts, size_t i)
{
    size_t others = 0;

    if (!hosts[i])
        return false;
    if (facts->replicas[i].pod && strcmp(facts->replicas[i].pod, hosts[i]) == 0)
        return true;
    for (size_t k = 0; k < facts->replicas_count; k++) {
        if (k == i || !hosts[k])
            continue;
        others++;
        if (strcmp(hosts[k], hosts[i]) == 0)
            return false;
    }
    return others > 0;
}

static int ask_chaos(struct arena *arena, uint64_t timeout_us, struct replicas_facts *facts, struct err *err)
{
    static const struct probe_candidate names[] = {{"hostname.bind", "hostname.bind"},
                                                   {"version.bind", "version.bind"}};
    const char **hosts = arena_array(arena, facts->replicas_count, sizeof(*hosts));
    struct matrix_facts matrix;
    int r;

    targets_init(arena, facts, &matrix);
    r = ask(arena, DNS_TYPE_TXT, DNS_CLASS_CH, timeout_us, names, 2, &matrix, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < facts->replicas_count; i++)
        hosts[i] = only_string(arena, &matrix.probes[2 * i]);
    for (size_t i = 0; i < facts->replicas_count; i++) {
        struct replica_facts *replica = &facts->replicas[i];
        const char *version = only_string(arena, &matrix.probes[2 * i + 1]);

        if (!is_own(facts, hosts, i))
            continue;
        if (!replica->identity)
            replica->identity = hosts[i];
        if (!replica->version && version && strncmp(version, CORE_DNS, strlen(CORE_DNS)) == 0)
            replica->version = version + strlen(CORE_DNS);
    }
    return 0;
}

int identity_ask(struct arena *arena, const char *name, uint64_t timeout_us, struct replicas_facts *facts,
                 struct err *err)
{
    const struct probe_candidate candidate = {name, name};
    struct method_facts method = {.method = METHOD_IDENTITY, .outcome = METHOD_NOTHING};
    struct matrix_facts matrix;
    int r = 0;

    if (facts->replicas_count) {
        targets_init(arena, facts, &matrix);
        r = ask(arena, DNS_TYPE_A, DNS_CLASS_IN, timeout_us, &candidate, 1, &matrix, err);
        for (size_t i = 0; r == 0 && i < facts->replicas_count; i++)
            facts->replicas[i].identity = matrix.probes[i].nsid;
        if (r == 0)
            r = ask_chaos(arena, timeout_us, facts, err);
    }
    if (r < 0)
        return r;
    for (size_t i = 0; i < facts->replicas_count; i++)
        if (facts->replicas[i].identity) {
            replica_add_method(arena, &facts->replicas[i], METHOD_IDENTITY);
            method.found++;
        }
    if (method.found || facts->cluster_identities_count)
        method.outcome = METHOD_FOUND;
    else if (!facts->replicas_count && !facts->cluster_ips_count)
        method = (struct method_facts){METHOD_IDENTITY, METHOD_UNAVAILABLE, 0, "there is nobody to ask"};
    else
        method.detail = "no server says who it is; the nsid plugin of CoreDNS makes them";
    *ARENA_PUSH(arena, facts->methods, facts->methods_count) = method;
    return 0;
}
