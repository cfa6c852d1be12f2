/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/source/cluster/domain_probe.h>
#include <k8sdns/source/probe/prober.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdlib.h>
#include <string.h>

#define SERVERS_MAX 3

/* The domain of NAME.NAMESPACE.svc.DOMAIN; NULL for another name. */
static const char *domain_of(struct arena *arena, const char *name)
{
    const char *space = strchr(name, '.'), *rest = space ? strchr(space + 1, '.') : NULL;
    size_t len;

    if (!rest || strncmp(rest, ".svc.", 5) != 0)
        return NULL;
    rest += 5;
    len = strlen(rest);
    len -= len && rest[len - 1] == '.';
    return len ? arena_text_n(arena, rest, len) : NULL;
}

static void add_reverse(struct arena *arena, const struct address *service, struct probe_candidate **all,
                        size_t *count)
{
    char reverse[DNS_REVERSE_TEXT];
    const char *name = arena_text(arena, dns_name_reverse(service->family, &service->v6, reverse));

    *ARENA_PUSH(arena, *all, *count) = (struct probe_candidate){name, name};
}

int domain_probe_run(struct arena *arena, const struct address *servers, size_t servers_count,
                     uint64_t timeout_us, const char **ret_domain, const char **ret_server, struct err *err)
{
    static const uint16_t type = DNS_TYPE_PTR;
    const struct prober_options asking = {
        .types = &type, .types_count = 1, .timeout_us = timeout_us, .tries = 1};
    struct matrix_facts matrix = {0};
    struct probe_candidate *candidates = NULL;
    const char *api = getenv("KUBERNETES_SERVICE_HOST");
    size_t candidates_count = 0, most = 0;
    struct address service;
    int r;

    *ret_domain = *ret_server = NULL;
    for (size_t i = 0; i < servers_count && i < SERVERS_MAX; i++) {
        char text[ADDRESS_TEXT];
        struct target_facts *target = ARENA_PUSH(arena, matrix.targets, matrix.targets_count);

        target->where = servers[i];
        target->id = arena_text(arena, address_format(&servers[i], text, sizeof(text)));
        add_reverse(arena, &servers[i], &candidates, &candidates_count);
    }
    if (!matrix.targets_count)
        return 0;
    if (api && address_parse(api, DNS_PORT, &service, NULL) == 0)
        add_reverse(arena, &service, &candidates, &candidates_count);
    r = prober_run(arena, &asking, &matrix, candidates, candidates_count, err);
    for (size_t i = 0; r == 0 && i < matrix.probes_count; i++) {
        const struct probe_facts *probe = &matrix.probes[i];
        const char *domain = NULL;
        size_t same = 0;

        for (size_t k = 0; probe->status == PROBE_ANSWER && k < probe->answers_count && !domain; k++)
            if (probe->answers[k].type == DNS_TYPE_PTR && probe->answers[k].rdata.text)
                domain = domain_of(arena, probe->answers[k].rdata.text);
        for (size_t k = 0; domain && k < matrix.probes_count; k++)
            for (size_t n = 0; n < matrix.probes[k].answers_count; n++) {
                const char *text = matrix.probes[k].answers[n].rdata.text;
                const char *other = text ? domain_of(arena, text) : NULL;

                same += other && strcasecmp(other, domain) == 0;
            }
        if (same > most) {
            most = same;
            *ret_domain = domain;
            *ret_server = probe->target;
        }
    }
    return r;
}
