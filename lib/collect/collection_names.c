/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collection asks for: the names, completed as the resolver of this place completes them. */
#include <errno.h>
#include <k8sdns/collect/collection_state.h>
#include <k8sdns/collect/pod_view.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/collect/targets.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MAX 64

static const char usual_external[] = "www.example.com";

static void know_domain(struct collection *c)
{
    c->domain = resolver_cluster_domain(c->view);
    c->own = arena_printf(c->survey->arena, "kubernetes.default.svc.%s.",
                          c->domain ? c->domain : CLUSTER_DOMAIN_USUAL);
}

/* On a node, as a Pod does: with the domain that the servers are of which were named. */
static void complete_as_pod(struct collection *c, struct resolv_facts *resolv)
{
    const struct target_options *targets = &c->options->targets;
    struct address *servers = NULL;
    size_t count = 0;

    for (size_t i = 0; i < targets->cluster_ip.count; i++)
        *ARENA_PUSH(c->survey->arena, servers, count) = targets->cluster_ip.items[i];
    for (size_t i = 0; i < targets->replica.count; i++)
        *ARENA_PUSH(c->survey->arena, servers, count) = targets->replica.items[i];
    pod_view_complete(c->survey, count || targets->endpoints, resolv);
    pod_view_ask(c->survey, resolv, servers, count);
}

int collection_read_resolv(struct collection *c)
{
    struct resolv_facts *resolv = ARENA_NEW(c->survey->arena, struct resolv_facts);
    int r = resolver_choose_if_any(c->survey, c->options->as, resolv, &c->view);

    if (r < 0)
        return r;
    if (c->view) {
        complete_as_pod(c, resolv);
        c->facts->resolv = resolv;
    } else {
        survey_unobserved_as(c->survey, GAP_RESOLV_CONF, NULL,
                             c->survey->pid && c->survey->resolv_why ? c->survey->resolv_why
                                                                     : "there is none here",
                             "name it with --resolv-conf");
        resolv_facts_read(c->survey->arena, "", 0, &(struct resolv_environment){0}, resolv);
        c->view = &resolv->views[RESOLVER_GLIBC];
    }
    know_domain(c);
    return 0;
}

static void add_name(struct collection *c, const char *name, int kind)
{
    struct facts *facts = c->facts;
    struct name_plans *plans;

    for (size_t i = 0; i < facts->names_count; i++)
        if (strcmp(facts->names[i].name, name) == 0)
            return;
    *ARENA_PUSH(c->survey->arena, facts->names, facts->names_count) = (struct asked_name){name, kind};
    plans = ARENA_PUSH(c->survey->arena, facts->plans->names, facts->plans->names_count);
    plans->name = name;
    plan_make(c->survey->arena, c->view, name,
              ARENA_PUSH(c->survey->arena, plans->plans, plans->plans_count));
}

/* With a name below it that nobody has asked for before, so that no cache answers in an upstream's place. */
static void add_external(struct collection *c, const char *name)
{
    size_t len = strlen(name);
    uint8_t wire[DNS_NAME_WIRE_MAX];
    const char *below;

    add_name(c, name, NAME_EXTERNAL);
    len -= len && name[len - 1] == '.';
    below = arena_printf(c->survey->arena, "k8sdns-%08llx.%.*s.",
                         (unsigned long long)(c->survey->started_ns & 0xffffffff), (int)len, name);
    if (dns_name_from_text(below, wire, NULL) > 0)
        add_name(c, below, NAME_UNCACHED);
}

static int choose_names(struct collection *c)
{
    struct survey *survey = c->survey;
    uint8_t wire[DNS_NAME_WIRE_MAX];

    c->facts->plans = ARENA_NEW(survey->arena, struct expand_facts);
    c->facts->plans->detected = c->facts->resolv ? c->facts->resolv->resolver.kind : -1;
    if (survey->names_count > NAMES_MAX)
        return err_set(&survey->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    add_name(c, c->own, NAME_OWN);
    for (size_t i = 0; i < survey->names_count; i++) {
        int r = dns_name_from_text(survey->names[i], wire, &survey->err);

        if (r < 0) {
            survey->err.kind = ERR_USAGE;
            return r;
        }
        add_name(c, survey->names[i], NAME_GIVEN);
    }
    if (c->options->external && dns_name_from_text(c->options->external, wire, &survey->err) < 0) {
        survey->err.kind = ERR_USAGE;
        return err_prefix(&survey->err, -EINVAL, "--external");
    }
    /* Besides the names given, so that what they do not show is seen all the same. */
    if (!c->options->no_external)
        add_external(c, c->options->external ? c->options->external : usual_external);
    add_name(
        c,
        arena_printf(survey->arena, "k8sdns-%08llx", (unsigned long long)(survey->started_ns & 0xffffffff)),
        NAME_MISSING);
    return 0;
}

static void choose_candidates(struct collection *c)
{
    for (size_t i = 0; i < c->facts->plans->names_count; i++) {
        const struct name_plans *name = &c->facts->plans->names[i];

        for (size_t k = 0; k < name->plans[0].queries_count; k++) {
            const char *candidate = name->plans[0].queries[k].name;
            bool known = false;

            for (size_t n = 0; n < c->candidates_count && !known; n++)
                known = strcmp(c->candidates[n].name, name->name) == 0 &&
                        dns_name_equal(c->candidates[n].candidate, candidate);
            if (!known)
                *ARENA_PUSH(c->survey->arena, c->candidates, c->candidates_count) =
                    (struct probe_candidate){name->name, candidate};
        }
    }
}

int collection_choose_names(struct collection *c)
{
    int r = choose_names(c);

    if (r == 0)
        choose_candidates(c);
    return r;
}

/* On a node the cluster's domain may show only now; the names are completed by it then. */
int collection_learn_domain(struct collection *c)
{
    struct address *servers;
    size_t count = targets_of_cluster(c->survey->arena, c->targets, c->targets_count, &servers);

    if (!pod_view_take_corefile(c->survey, c->facts->resolv, c->facts->corefile) &&
        !pod_view_ask(c->survey, c->facts->resolv, servers, count))
        return 0;
    know_domain(c);
    c->facts->names = NULL;
    c->facts->names_count = 0;
    c->candidates = NULL;
    c->candidates_count = 0;
    return collection_choose_names(c);
}
