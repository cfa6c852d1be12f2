/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "step.h"
#include "../own_pod.h"
#include "step_action.h"
#include <inttypes.h>
#include <k8sdns/base/braces.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <string.h>

/* The one replica that a finding is about, whatever else it is about; NULL when it is none or several. */
static const struct replica_facts *replica_of(const struct diagnosis *d, const struct finding *finding)
{
    const struct replicas_facts *known = d ? d->facts->replicas : NULL;
    const struct replica_facts *one = NULL;

    for (size_t i = 0; finding && known && i < known->replicas_count; i++)
        for (size_t k = 0; k < finding->about_count; k++) {
            if (strcmp(known->replicas[i].address, finding->about[k]) != 0)
                continue;
            if (one && one != &known->replicas[i])
                return NULL;
            one = &known->replicas[i];
        }
    return one;
}

/* One replica more than is wanted now, and at least two. */
static const char *more_replicas(struct arena *arena, const struct diagnosis *d)
{
    const struct kube_facts *kube = d ? d->facts->kube : NULL;
    uint64_t wanted = kube && kube->wanted != SHAPE_UNSET ? kube->wanted : 2;

    return arena_printf(arena, "%" PRIu64, wanted + 1);
}

/* What is known where a step is told. */
struct telling {
    struct arena *arena;
    const struct diagnosis *d; /* NULL: nothing */
    const struct finding *finding;
};

/* What stands for one word in braces; NULL for a word that is none of ours. */
static const char *value_of(void *user, const char *word, size_t len)
{
    const struct telling *t = user;
    const struct diagnosis *d = t->d;
    const struct finding *finding = t->finding;
    const struct replicas_facts *known = d ? d->facts->replicas : NULL;
    const struct replica_facts *replica = replica_of(d, finding);
    const struct {
        const char *word, *value;
    } rows[] = {
        {"pod", shell_word(t->arena, text_or(replica ? replica->pod : NULL, "POD"))},
        {"node", shell_word(t->arena, text_or(replica ? replica->node : NULL,
                                              text_or(d && !replica ? d->host.node : NULL, "NODE")))},
        {"address", shell_word(t->arena, text_or(finding && finding->about_count ? finding->about[0] : NULL,
                                                 "ADDRESS"))},
        {"clusterip", shell_word(t->arena, text_or(known ? known->cluster_ip : NULL, "CLUSTER-IP"))},
        {"more", more_replicas(t->arena, d)},
        {"self", text_or(d ? own_pod_words(d) : NULL, "POD -n NAMESPACE")},
        {"k8sdns", d ? own_pod_program(d) : "k8sdns"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strlen(rows[i].word) == len && memcmp(rows[i].word, word, len) == 0)
            return rows[i].value;
    return cluster_word(t->arena, d ? d->facts->dns : NULL, word, len);
}

static const char *expand(struct arena *arena, const struct diagnosis *d, const struct finding *finding,
                          const char *text)
{
    return braces_expand(arena, text, value_of, &(struct telling){arena, d, finding});
}

const char *step_expand(const struct diagnosis *d, const struct finding *finding, const char *text)
{
    return expand(d->arena, d, finding, text);
}

/* A command or an undo, which may be one of the words of step_action.h; NULL where it cannot be done here. */
static const char *expand_action(struct arena *arena, const struct diagnosis *d,
                                 const struct finding *finding, const char *command)
{
    const struct step_action *action = step_action_of(d ? d->facts->dns : NULL, command);

    return expand(arena, d, finding, action ? action->command : command);
}

static struct step expand_all(struct arena *arena, const struct diagnosis *d, const struct finding *finding,
                              const struct step *step)
{
    const struct step_action *action = step_action_of(d ? d->facts->dns : NULL, step->command);
    const char *text =
        action && action->note ? arena_printf(arena, "%s (%s)", step->text, action->note) : step->text;

    return (struct step){
        .text = expand(arena, d, finding, text),
        .command = expand_action(arena, d, finding, step->command),
        .undo = expand_action(arena, d, finding, action && action->undo ? action->undo : step->undo)};
}

/* There is no such thing here: no Pods of DNS, or nobody who takes the change. */
static bool is_impossible(const struct diagnosis *d, const struct step *step)
{
    const struct step_action *action = step_action_of(d->facts->dns, step->command);

    if (action)
        return !action->command;
    return !cluster_dns_has_pods(d->facts->dns) &&
           (cluster_words_need_pods(step->command) || cluster_words_need_pods(step->text) ||
            (!step->command && step_action_of(d->facts->dns, step->undo)));
}

static const char *phrase(struct arena *arena, const struct step *step)
{
    return arena_printf(arena, "%s%s%s%s%s", step->text, step->command ? ": " : "",
                        step->command ? step->command : "", step->undo ? "; undo: " : "",
                        step->undo ? step->undo : "");
}

struct step step_usual(struct arena *arena, const struct step *step)
{
    return expand_all(arena, NULL, NULL, step);
}

const char *step_phrase(struct arena *arena, const struct step *step)
{
    const struct step whole = step_usual(arena, step);

    return phrase(arena, &whole);
}

/* The steps of one finding that are possible here; what to look at instead, where some are not. */
static void add_steps(struct diagnosis *d, struct finding *finding, const struct step *steps, size_t count)
{
    bool left_out = false;

    for (size_t i = 0; i < count; i++) {
        if (is_impossible(d, &steps[i]))
            left_out = true;
        else
            *ARENA_PUSH(d->arena, finding->steps, finding->steps_count) =
                expand_all(d->arena, d, finding, &steps[i]);
    }
    for (const struct step *step = step_instead(d->facts->dns); left_out && step->text; step++)
        *ARENA_PUSH(d->arena, finding->steps, finding->steps_count) = expand_all(d->arena, d, finding, step);
}

void steps_write(struct diagnosis *d, struct finding *finding)
{
    const struct rule *rule = rule_find(finding->id);
    const struct step *own = finding->steps;
    const struct step *cache = step_node_cache(d->facts->dns);
    const struct step *steps =
        cache && cluster_words_need_cache(rule->steps[0].command) ? cache : rule->steps;
    size_t own_count = finding->steps_count, count = 0;

    finding->title = expand(d->arena, d, finding, finding->title);
    finding->cause = expand(d->arena, d, finding, finding->cause);
    finding->steps = NULL;
    finding->steps_count = 0;
    while (steps[count].text)
        count++;
    if (own_count)
        add_steps(d, finding, own, own_count);
    /* A finding may have a remedy of its own, by what was seen. */
    for (size_t i = 0; i < finding->remedy_count; i++)
        add_steps(d, finding, &(struct step){.text = finding->remedy[i]}, 1);
    if (!own_count && !finding->remedy_count)
        add_steps(d, finding, steps, count);
    finding->remedy = NULL;
    finding->remedy_count = 0;
    for (size_t i = 0; i < finding->steps_count; i++)
        *ARENA_PUSH(d->arena, finding->remedy, finding->remedy_count) = phrase(d->arena, &finding->steps[i]);
}
