/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scope_fleet.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/collect/collect_fleet.h>
#include <k8sdns/diag/pattern.h>
#include <k8sdns/diag/rule.h>
#include <k8sdns/model/scope/fleet_judge.h>
#include <string.h>

/* How far back without --since. */
#define SINCE_US UINT64_C(3600000000)

#define SECRET_MAX (64 * 1024)
#define PEM_MAX    (1024 * 1024)

/* The first line of a file; NULL without a path. */
static int read_secret(struct run *run, const char *path, const char **ret)
{
    char *bytes;
    size_t len;
    int r;

    *ret = NULL;
    if (!path)
        return 0;
    r = file_read(run->arena, path, SECRET_MAX, &bytes, &len, &run->err);
    if (r < 0)
        return r;
    bytes[strcspn(bytes, "\r\n")] = '\0';
    if (!*bytes)
        return err_set(&run->err, ERR_INPUT, EINVAL, "%s is empty", path);
    *ret = bytes;
    return 0;
}

static int read_trust(struct run *run, const struct scope_config *config, struct prometheus_place *place)
{
    char *bytes;
    int r = read_secret(run, config->token, &place->bearer);

    if (r == 0)
        r = read_secret(run, config->basic_auth, &place->basic);
    if (r == 0 && place->basic && !strchr(place->basic, ':'))
        return err_set(&run->err, ERR_FORMAT, EINVAL, "%s: its first line must be USER:PASSWORD",
                       config->basic_auth);
    if (r == 0 && place->basic && place->bearer)
        return err_set(&run->err, ERR_USAGE, EINVAL, "give either --token or --basic-auth");
    if (r < 0 || !config->ca)
        return r;
    r = file_read(run->arena, config->ca, PEM_MAX, &bytes, &place->ca_len, &run->err);
    place->ca = r < 0 ? NULL : bytes;
    return r;
}

static int prepare(struct run *run, const struct scope_config *config, struct collect_fleet *look)
{
    int r = prometheus_place_parse(run->arena, config->prometheus, &look->place, &run->err);

    if (r < 0)
        return err_prefix(&run->err, r, "--prometheus");
    if (config->match && strpbrk(config->match, "{}"))
        return err_set(&run->err, ERR_USAGE, EINVAL, "--match: labels without braces, as 'cluster=\"a\"'");
    if (config->until && !clock_parse(config->until, &look->until_ns))
        return err_set(&run->err, ERR_USAGE, EINVAL, "--until: '%s' is no time as 2026-01-31T12:00:00Z",
                       config->until);
    look->place.headers = config->headers.items;
    look->place.headers_count = config->headers.count;
    look->place.timeout_us = config->timeout_us;
    look->since_us = config->since_us ? config->since_us : SINCE_US;
    look->match = config->match;
    return read_trust(run, config, &look->place);
}

/* What the agents' findings add to the status: they stand for faults that no query has met yet, too. */
static int worse(int status, const struct collect_fleet *look)
{
    int worst = status == HEALTH_UNKNOWN ? HEALTH_OK : status;

    for (size_t i = 0; i < look->findings_count; i++) {
        int severity = look->findings[i].severity;
        int health = severity == SEVERITY_CRITICAL  ? HEALTH_FAILING
                     : severity == SEVERITY_WARNING ? HEALTH_DEGRADED
                                                    : HEALTH_OK;

        worst = health > worst ? health : worst;
    }
    return worst == HEALTH_OK ? status : worst;
}

int scope_fleet_run(struct run *run, const struct scope_config *config, struct scope_facts *facts)
{
    struct collect_fleet look = {.survey = &run->survey};
    int r = prepare(run, config, &look);

    if (r == 0)
        r = collect_fleet(&look);
    if (r < 0)
        return r;
    facts->fleet = look.facts;
    fleet_judge(&look.fleet, facts);
    for (size_t i = 0; i < look.findings_count; i++)
        if (look.findings[i].severity != SEVERITY_INFO)
            pattern_cause_add(run->arena, look.findings[i].id, look.findings[i].nodes, facts);
    pattern_causes(run->arena, NULL, 0, facts);
    facts->status = worse(facts->status, &look);
    return facts->status;
}
