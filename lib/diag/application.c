/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs see: the lookups of their resolvers, replayed on the answers that came. */
#include "application.h"
#include "evidence/answer/refusal.h"
#include "evidence/server.h"
#include <k8sdns/base/number.h>
#include <k8sdns/model/resolver/lookup_matrix.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <string.h>

/* A server rejects EDNS alone. The matrix is asked with it, and most programs ask without. */
static bool is_edns_rejected(const struct diagnosis *d)
{
    for (size_t i = 0; d->facts->matrix && d->facts->small && i < d->servers_count; i++)
        if (refusals_of(d, &d->servers[i]).kind == REFUSAL_EDNS)
            return true;
    return false;
}

/* False where what a program would hear is not known. */
static bool replay(const struct diagnosis *d, const struct resolver_view *view, const char *name,
                   struct lookup_result *ret_result)
{
    const char *missing;
    struct plan plan;

    *ret_result = (struct lookup_result){0};
    if (d->edns_rejected)
        return false;
    plan_make(d->arena, view, name, &plan);
    return plan.queries_count &&
           lookup_from_matrix(d->arena, view, &plan, d->facts->matrix, ret_result, &missing);
}

/* Some server has an address for one of the full names that it may stand for. */
static bool exists(const struct matrix_facts *matrix, const struct asked_name *name)
{
    for (size_t i = 0; i < matrix->probes_count; i++)
        if (matrix->probes[i].status == PROBE_ANSWER && strcmp(matrix->probes[i].name, name->name) == 0)
            return true;
    return false;
}

void application_lookups(struct diagnosis *d)
{
    const struct resolver_view *view = d->facts->matrix ? resolver_followed(d->facts) : NULL;

    d->edns_rejected = is_edns_rejected(d);
    for (size_t i = 0; view && i < d->facts->names_count; i++) {
        const struct asked_name *name = &d->facts->names[i];
        struct lookup_result result;

        if (name->kind == NAME_MISSING || name->kind == NAME_UNCACHED ||
            !replay(d, view, name->name, &result))
            continue;
        *ARENA_PUSH(d->arena, d->lookups, d->lookups_count) =
            (struct seen_lookup){.name = name->name,
                                 .resolver = view->resolver,
                                 .found = result.ok,
                                 .exists = exists(d->facts->matrix, name),
                                 .error = result.error,
                                 .total_ms = (double)result.total_us / 1000};
    }
}

const struct seen_lookup *application_lookup(const struct diagnosis *d, const char *name)
{
    for (size_t i = 0; i < d->lookups_count; i++)
        if (strcmp(d->lookups[i].name, name) == 0)
            return &d->lookups[i];
    return NULL;
}

/* The three that most programs use. */
static const int usual[] = {RESOLVER_GLIBC, RESOLVER_MUSL, RESOLVER_GO};
#define USUAL (sizeof(usual) / sizeof(usual[0]))

static const struct resolver_view *view_of(const struct facts *facts, int resolver)
{
    for (size_t i = 0; facts->resolv && facts->matrix && i < facts->resolv->views_count; i++)
        if (facts->resolv->views[i].resolver == resolver)
            return &facts->resolv->views[i];
    return NULL;
}

/* Programs that bring a resolver of their own, as Pods have them, and ask for A and AAAA alone. */
static const int own[] = {RESOLVER_CARES,  RESOLVER_GRPC, RESOLVER_HICKORY, RESOLVER_RUBY,
                          RESOLVER_ERLANG, RESOLVER_NODE, RESOLVER_NGINX,   RESOLVER_HAPROXY};

/* Whether all that it asked for is the name as it is, which does not exist. */
static bool lacks_search(const struct lookup_result *result, const char *name)
{
    size_t len = strlen(name);

    if (len && name[len - 1] == '.')
        return false;
    for (size_t i = 0; i < result->queries_count; i++)
        if (strncasecmp(result->queries[i].name, name, len) != 0 || result->queries[i].name[len] ||
            result->queries[i].status != PROBE_NXDOMAIN)
            return false;
    return result->queries_count > 0;
}

static const char *sentence(struct arena *arena, const char **names, size_t count, const char *one,
                            const char *several)
{
    return count ? arena_printf(arena, "%s %s", arena_join(arena, names, count, ", "),
                                count == 1 ? one : several)
                 : NULL;
}

/* What those programs come to: "c-ares, hickory find it; node-resolve, nginx ask for it only as it is". */
static const char *own_text(const struct diagnosis *d, const char *name)
{
    const char **found = NULL, **failed = NULL, **bare = NULL, *parts[3];
    size_t found_count = 0, failed_count = 0, bare_count = 0, count = 0;
    const char *part;

    for (size_t i = 0; d->facts->resolv && d->facts->matrix && i < sizeof(own) / sizeof(own[0]); i++) {
        const char *who = resolver_all_names[own[i]];
        struct resolver_view view;
        struct lookup_result result;

        resolver_view_of(d->arena, d->facts->resolv, own[i], &view);
        if (!replay(d, &view, name, &result))
            continue;
        if (result.ok)
            *ARENA_PUSH(d->arena, found, found_count) = who;
        else if (lacks_search(&result, name))
            *ARENA_PUSH(d->arena, bare, bare_count) = who;
        else
            *ARENA_PUSH(d->arena, failed, failed_count) = who;
    }
    if ((part = sentence(d->arena, found, found_count, "finds it", "find it")))
        parts[count++] = part;
    if ((part = sentence(d->arena, failed, failed_count, "fails", "fail")))
        parts[count++] = part;
    if ((part = sentence(d->arena, bare, bare_count, "asks for it only as it is, without the search list",
                         "ask for it only as it is, without the search list")))
        parts[count++] = part;
    return count ? arena_join(d->arena, parts, count, "; ") : NULL;
}

const char *application_without_search(const struct diagnosis *d, const char *name)
{
    const struct seen_lookup *lookup = application_lookup(d, name);
    const char **bare = NULL;
    size_t count = 0;

    if (!lookup || !lookup->found || !d->facts->resolv || !d->facts->matrix)
        return NULL;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        struct resolver_view view;
        struct lookup_result result;

        resolver_view_of(d->arena, d->facts->resolv, own[i], &view);
        if (replay(d, &view, name, &result) && !result.ok && lacks_search(&result, name))
            *ARENA_PUSH(d->arena, bare, count) = resolver_all_names[own[i]];
    }
    return count ? arena_join(d->arena, bare, count, ", ") : NULL;
}

const char *application_text(const struct diagnosis *d, const char *name)
{
    const char **parts = NULL;
    size_t count = 0;
    const char *others;

    for (size_t i = 0; i < USUAL; i++) {
        const struct resolver_view *view = view_of(d->facts, usual[i]);
        struct lookup_result result;
        char time[DURATION_TEXT];

        if (!view || !replay(d, view, name, &result))
            continue;
        duration_format_us(time, sizeof(time), result.total_us);
        *ARENA_PUSH(d->arena, parts, count) =
            result.ok ? arena_printf(d->arena, "%s finds it in %s", resolver_names[usual[i]], time)
                      : arena_printf(d->arena, "%s fails after %s (%s)", resolver_names[usual[i]], time,
                                     result.error ? result.error : "no address");
    }
    others = count ? own_text(d, name) : NULL;
    if (others)
        *ARENA_PUSH(d->arena, parts, count) = others;
    return count ? arena_join(d->arena, parts, count, "; ") : NULL;
}

/* Those that most Pods have first. */
static const int common[] = {RESOLVER_GLIBC, RESOLVER_MUSL,      RESOLVER_MUSL_OLD, RESOLVER_GO,
                             RESOLVER_CARES, RESOLVER_CARES_OLD, RESOLVER_GRPC,     RESOLVER_NODE,
                             RESOLVER_NETTY, RESOLVER_HICKORY,   RESOLVER_RUBY,     RESOLVER_ERLANG,
                             RESOLVER_NGINX, RESOLVER_HAPROXY};
/* From so long a wait on it is told. */
#define WAIT_US UINT64_C(500000)

const char *application_staged(const struct diagnosis *d, const char *name, const struct lookup_stage *stage)
{
    const char **found = NULL, **late = NULL, **failed = NULL, *parts[3], *part;
    size_t found_count = 0, late_count = 0, failed_count = 0, count = 0;
    char time[DURATION_TEXT];

    for (size_t i = 0; d->facts->resolv && i < sizeof(common) / sizeof(common[0]); i++) {
        const char *who = resolver_all_names[common[i]];
        struct resolver_view view;
        struct lookup_result result;
        struct plan plan;

        resolver_view_of(d->arena, d->facts->resolv, common[i], &view);
        if (!view.nameservers_count)
            continue;
        lookup_staged(d->arena, &view, name, stage, &plan, &result);
        if (!result.ok) {
            *ARENA_PUSH(d->arena, failed, failed_count) = who;
        } else if (result.total_us < WAIT_US) {
            *ARENA_PUSH(d->arena, found, found_count) = who;
        } else {
            duration_format_us(time, sizeof(time), result.total_us);
            *ARENA_PUSH(d->arena, late, late_count) = arena_printf(d->arena, "%s (%s)", who, time);
        }
    }
    if ((part = sentence(d->arena, found, found_count, "finds it", "find it")))
        parts[count++] = part;
    if ((part = sentence(d->arena, late, late_count, "finds it late", "find it late")))
        parts[count++] = part;
    if ((part = sentence(d->arena, failed, failed_count, "fails", "fail")))
        parts[count++] = part;
    return count ? arena_join(d->arena, parts, count, "; ") : NULL;
}

static int first_gives(void *user, size_t server, const char *name, uint16_t type, int transport)
{
    (void)name, (void)type, (void)transport;
    return server ? PROBE_ANSWER : *(const int *)user;
}

void application_tell_first(struct diagnosis *d, struct finding *finding, const struct target_facts *target,
                            int status)
{
    const struct resolver_view *view = resolver_followed(d->facts);
    const struct lookup_stage stage = {first_gives, &status};
    const char *text;

    if (!view || view->nameservers_count < 2 || strcmp(view->nameservers[0], target->address) != 0)
        return;
    text = application_staged(d, "www.example.com.", &stage);
    if (text)
        finding_evidence(d, finding, "%s is the first nameserver; a name that the others answer: %s",
                         target->id, text);
}

bool application_agrees(const struct diagnosis *d, const char *name)
{
    size_t found = 0, seen = 0;

    for (size_t i = 0; i < USUAL; i++) {
        const struct resolver_view *view = view_of(d->facts, usual[i]);
        struct lookup_result result;

        if (!view || !replay(d, view, name, &result))
            continue;
        seen++;
        found += result.ok;
    }
    return !found || found == seen;
}
