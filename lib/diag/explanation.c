/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/diag/explanation.h>
#include <k8sdns/diag/rule.h>
#include <k8sdns/diag/symptom.h>
#include <string.h>

static void add_texts(struct arena *arena, const char *const *from, const char ***to, size_t *count)
{
    for (; from && *from; from++)
        *ARENA_PUSH(arena, *to, *count) = *from;
}

static void add_finding(struct arena *arena, const struct rule *rule, struct explain_facts *facts)
{
    struct finding_words *words = ARENA_PUSH(arena, facts->findings, facts->findings_count);

    *words = (struct finding_words){
        .id = rule->id, .title = rule->title, .cause = rule->cause, .severity = rule->severity};
    add_texts(arena, rule->remedies, &words->remedies, &words->remedies_count);
    add_texts(arena, rule->checks, &words->checks, &words->checks_count);
    add_texts(arena, rule->explains, &words->explains, &words->explains_count);
}

static void add_symptom(struct arena *arena, const struct symptom *symptom, struct explain_facts *facts)
{
    struct symptom_words *words = ARENA_PUSH(arena, facts->symptoms, facts->symptoms_count);

    *words = (struct symptom_words){
        .title = symptom->title, .meaning = symptom->meaning, .said_by = symptom->said_by};
    add_texts(arena, symptom->patterns, &words->patterns, &words->patterns_count);
    add_texts(arena, symptom->likely, &words->likely, &words->likely_count);
    add_texts(arena, symptom->checks, &words->checks, &words->checks_count);
}

static void add_all(struct arena *arena, struct explain_facts *facts)
{
    for (size_t i = 0; rules[i]; i++)
        add_finding(arena, rules[i], facts);
    for (const struct symptom *symptom = symptoms; symptom->patterns; symptom++)
        add_symptom(arena, symptom, facts);
    for (const struct threshold_row *row = threshold_rows; row->name; row++)
        *ARENA_PUSH(arena, facts->thresholds, facts->thresholds_count) =
            (struct threshold_words){row->name, row->doc, row->usual};
}

static const char *nearest(struct arena *arena, const char *text)
{
    const char **ids = NULL;
    size_t count = 0;

    for (size_t i = 0; rules[i]; i++)
        *ARENA_PUSH(arena, ids, count) = rules[i]->id;
    *ARENA_PUSH(arena, ids, count) = NULL;
    return suggest_word(text, ids);
}

int explanation_write(struct arena *arena, const char *text, struct explain_facts *facts, struct err *err)
{
    const struct rule *rule = text ? rule_find(text) : NULL;
    const struct symptom *symptom = text && !rule ? symptom_find(text) : NULL;
    const char *near;

    facts->asked = text;
    if (!text) {
        add_all(arena, facts);
        return 0;
    }
    if (rule) {
        add_finding(arena, rule, facts);
        return 0;
    }
    if (symptom) {
        add_symptom(arena, symptom, facts);
        for (size_t i = 0; symptom->likely[i]; i++)
            add_finding(arena, rule_find(symptom->likely[i]), facts);
        return 0;
    }
    near = nearest(arena, text);
    return err_set(err, ERR_UNOBSERVED, ENOENT, "'%.100s' is no finding and no message that is known%s%s%s",
                   text, near ? "; did you mean " : "; k8sdns explain lists what is", near ? near : "",
                   near ? "?" : "");
}
