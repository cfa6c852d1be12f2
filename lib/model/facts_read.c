/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts that an earlier version wrote: some of what is a word or a number now was part of a sentence then.
 * Here alone are such sentences read; whoever judges finds the same facts whatever their age.
 */
#include <k8sdns/model/facts_read.h>
#include <k8sdns/model/shape/shape_json.h>
#include <string.h>

/* The errors by the words that they had, the longer ones first. */
static const struct {
    const char *words;
    int kind;
} errors[] = {
    {"prohibited", UNREACHABLE_PROHIBITED},
    {"EPERM", UNREACHABLE_LOCAL_RULE},
    {"ICMP Permission denied", UNREACHABLE_POLICY}, /* codes 5 and 6 of ICMPv6 had no name */
    {"port unreachable", UNREACHABLE_PORT},
    {"protocol unreachable", UNREACHABLE_PROTOCOL},
    {"host unreachable", UNREACHABLE_HOST},
    {"No route to host", UNREACHABLE_HOST},
    {"network unreachable", UNREACHABLE_NET},
    {"Network is unreachable", UNREACHABLE_NO_ROUTE},
    {"no route", UNREACHABLE_NO_ROUTE},
    {"fragmentation needed", UNREACHABLE_TOO_BIG},
    {"packet too big", UNREACHABLE_TOO_BIG},
    {"time exceeded", UNREACHABLE_HOPS},
    {"connection refused", UNREACHABLE_PORT},
    {"ICMP ", UNREACHABLE_OTHER},
};

/* The enum unreachable of such words; -1 when they are about something else. */
static int kind_of(int status, const char *detail)
{
    if ((status != PROBE_UNREACHABLE && status != PROBE_ERROR) || !detail || strstr(detail, "silent after"))
        return -1;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strstr(detail, errors[i].words))
            return errors[i].kind;
    return -1;
}

static void complete_matrix(struct matrix_facts *matrix)
{
    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        struct probe_facts *p = &matrix->probes[i];

        if (p->unreachable < 0)
            p->unreachable = kind_of(p->status, p->detail);
    }
}

static int complete_failure(struct watch_failure_facts *failure)
{
    if (!failure)
        return -1;
    if (failure->unreachable < 0)
        failure->unreachable = kind_of(failure->status, failure->detail);
    return failure->status == PROBE_UNREACHABLE ? failure->unreachable : -1;
}

/* Their tally was by status alone: all are taken for what the first, or else the last, of them was. */
static void complete_sampled(struct arena *arena, struct watch_target_facts *w)
{
    int first = complete_failure(w->first_failure), last = complete_failure(w->last_failure);
    int kind = first >= 0 ? first : last >= 0 ? last : UNREACHABLE_OTHER;

    for (size_t i = 0; !w->unreachables && i < w->outcomes_count; i++)
        if (w->outcomes[i].count && strcmp(w->outcomes[i].name, probe_status_names[PROBE_UNREACHABLE]) == 0) {
            w->unreachables = ARENA_NEW(arena, struct shape_tally);
            w->unreachables_count = 1;
            *w->unreachables = (struct shape_tally){unreachable_names[kind], w->outcomes[i].count};
        }
}

/* Its kind was the first word of its name. */
static void complete_changes(struct kube_facts *kube)
{
    for (size_t i = 0; kube && i < kube->changes_count; i++) {
        struct kube_change_facts *change = &kube->changes[i];

        for (int kind = 0; !change->name && kube_kind_names[kind]; kind++) {
            size_t len = strlen(kube_kind_names[kind]);

            if (strncmp(change->what, kube_kind_names[kind], len) == 0 && change->what[len] == ' ') {
                change->kind = kind;
                change->name = change->what + len + 1;
            }
        }
        if (!change->name)
            change->kind = -1;
    }
}

static void complete_differences(struct matrix_facts *matrix)
{
    for (size_t i = 0; matrix && i < matrix->differences_count; i++) {
        struct difference_facts *difference = &matrix->differences[i];

        if (difference->kind != DIFFERS_STATUS || difference->fault >= 0)
            continue;
        difference->fault = strstr(difference->text, " does not answer ") ? FAULT_SILENCE
                            : strstr(difference->text, "(SERVFAIL)")      ? FAULT_SERVFAIL
                            : strstr(difference->text, "(REFUSED)")       ? FAULT_REFUSED
                            : strstr(difference->text, " fails ")         ? FAULT_OTHER
                                                                          : -1;
    }
}

/* "10.244.1.22:9153: p99 1.2 s, the others 7.5 ms", "...: another Corefile than the others". */
static void complete_outliers(struct arena *arena, struct metrics_facts *metrics)
{
    bool known = metrics && metrics->outliers_count;

    for (size_t i = 0; metrics && !known && i < metrics->differences_count; i++)
        for (size_t k = 0; k < metrics->replicas_count; k++) {
            const char *source = metrics->replicas[k].source, *text = metrics->differences[i];
            size_t len = strlen(source);

            if (strncmp(text, source, len) != 0 || strncmp(text + len, ": ", 2) != 0)
                continue;
            text += len + (strncmp(text + len, ": another ", 10) == 0 ? 10 : 2);
            for (int measure = 0; metrics_measure_names[measure]; measure++)
                if (strncmp(text, metrics_measure_names[measure], strlen(metrics_measure_names[measure])) ==
                    0)
                    *ARENA_PUSH(arena, metrics->outliers, metrics->outliers_count) =
                        (struct metrics_outlier_facts){source, measure, metrics->differences[i]};
        }
}

int facts_from_json(struct arena *arena, json_t *json, struct facts *facts, struct err *err)
{
    int r = shape_from_json(arena, &facts_shape, json, facts, err);

    if (r < 0)
        return r;
    complete_matrix(facts->matrix);
    complete_differences(facts->matrix);
    complete_changes(facts->kube);
    complete_outliers(arena, facts->metrics);
    complete_matrix(facts->small);
    complete_matrix(facts->name_suggestions);
    complete_matrix(facts->service_guess);
    complete_matrix(facts->tcp);
    for (size_t i = 0; facts->sampling && i < facts->sampling->targets_count; i++)
        complete_sampled(arena, &facts->sampling->targets[i]);
    return 0;
}
