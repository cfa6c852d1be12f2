/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "steps/step.h"
#include <errno.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/diag/explanation.h>
#include <k8sdns/diag/rule.h>
#include <k8sdns/diag/symptom.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <string.h>

static void add_texts(struct arena *arena, const char *const *from, const char ***to, size_t *count)
{
    for (; from && *from; from++)
        *ARENA_PUSH(arena, *to, *count) = *from;
}

static void add_finding(struct arena *arena, const struct rule *rule, struct explain_facts *facts)
{
    struct finding_words *words = ARENA_PUSH(arena, facts->findings, facts->findings_count);

    *words = (struct finding_words){.id = rule->id,
                                    .title = cluster_words_expand(arena, NULL, rule->title),
                                    .cause = cluster_words_expand(arena, NULL, rule->cause),
                                    .severity = rule->severity};
    for (const struct step *step = rule->steps; step->text; step++) {
        *ARENA_PUSH(arena, words->steps, words->steps_count) = step_usual(arena, step);
        *ARENA_PUSH(arena, words->remedies, words->remedies_count) = step_phrase(arena, step);
    }
    for (const char *const *check = rule->checks; *check; check++)
        *ARENA_PUSH(arena, words->checks, words->checks_count) =
            step_phrase(arena, &(struct step){.text = *check});
    add_texts(arena, rule->explains, &words->explains, &words->explains_count);
}

/* A program's name once, in a list of them. */
static void add_once(struct arena *arena, const char *text, const char ***texts, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*texts)[i], text) == 0)
            return;
    *ARENA_PUSH(arena, *texts, *count) = text;
}

/* A meaning in words, with all its forms, or the one of a message. */
static void add_symptom(struct arena *arena, enum symptom_id id, const struct known_message *message,
                        struct explain_facts *facts)
{
    const struct symptom *symptom = &symptoms[id];
    struct symptom_words *words = ARENA_PUSH(arena, facts->symptoms, facts->symptoms_count);
    const char **programs = NULL;
    size_t programs_count = 0;

    *words = (struct symptom_words){.class = symptom->class,
                                    .text = message ? message->text : NULL,
                                    .line = message ? message->line : SHAPE_UNSET,
                                    .count = message ? message->count : SHAPE_UNSET,
                                    .title = symptom->title,
                                    .meaning = symptom->meaning};
    for (size_t t = 0; message_tables[t]; t++) {
        for (const struct message_pattern *row = message_tables[t]; row->form; row++) {
            if (message ? row != message->form : row->symptom != id)
                continue;
            *ARENA_PUSH(arena, words->patterns, words->patterns_count) = row->form;
            add_once(arena, row->program, &programs, &programs_count);
        }
    }
    words->said_by = arena_join(arena, programs, programs_count, ", ");
    add_texts(arena, symptom->likely, &words->likely, &words->likely_count);
    for (const char *const *check = symptom->checks; check && *check; check++)
        *ARENA_PUSH(arena, words->checks, words->checks_count) =
            step_phrase(arena, &(struct step){.text = *check});
}

/* The findings that may be behind the messages, those of the first message first. */
static void add_likely(struct arena *arena, struct explain_facts *facts)
{
    const char **ids = NULL;
    size_t count = 0;

    for (size_t i = 0; i < facts->symptoms_count; i++)
        for (size_t k = 0; k < facts->symptoms[i].likely_count; k++)
            add_once(arena, facts->symptoms[i].likely[k], &ids, &count);
    for (size_t i = 0; i < count; i++)
        add_finding(arena, rule_find(ids[i]), facts);
}

static void add_all(struct arena *arena, struct explain_facts *facts)
{
    for (size_t i = 0; rules[i]; i++)
        add_finding(arena, rules[i], facts);
    for (int i = 0; i < SYMPTOMS_COUNT; i++)
        add_symptom(arena, (enum symptom_id)i, NULL, facts);
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

/* What is not known: a text of one word may be a misspelt id, other texts are messages. */
static int say_unknown(struct arena *arena, const char *text, struct err *err)
{
    const struct message_pattern *form;
    const char *near;

    if (!text[strcspn(text, " \t\n:")]) {
        near = nearest(arena, text);
        return err_set(err, ERR_UNOBSERVED, ENOENT, "'%.100s' is no finding and no known message%s%s%s", text,
                       near ? "; did you mean " : "; k8sdns explain lists the findings", near ? near : "",
                       near ? "?" : "");
    }
    form = message_pattern_nearest(text, strlen(text));
    if (form)
        return err_set(err, ERR_UNOBSERVED, ENOENT,
                       "this message is not known: '%.100s'; the nearest known one is \"%s\" of %s (%s)",
                       text, form->form, form->program, symptoms[form->symptom].title);
    return err_set(err, ERR_UNOBSERVED, ENOENT,
                   "this message is not known, and says nothing of DNS that is: '%.100s'; k8sdns lookup NAME "
                   "shows what the program's resolver gets",
                   text);
}

/* Lines that may be one message that a terminal or a mail cut: few, none much shorter but the last. */
#define CUT_LINES_MAX 12
/* Hundredths of the longest that a line has at least: by words, and where the lines make sense by themselves.
 */
#define CUT_BY_WORDS 33
#define CUT_FOR_SURE 50
/* Lines of a log begin alike. */
#define CUT_BEGIN 3

static bool may_be_cut(const char *text, size_t share)
{
    size_t longest = 0, lines = 0;
    const char *first = text;

    for (const char *at = text; *at; at += strspn(at, "\r\n")) {
        size_t len = strcspn(at, "\r\n");

        longest = len > longest ? len : longest;
        if (lines++ && strncmp(at, first, CUT_BEGIN) == 0)
            return false;
        at += len;
    }
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\r\n");

        at += len + strspn(at + len, "\r\n");
        if (*at && len * 100 < longest * share)
            return false;
    }
    return lines > 1 && lines <= CUT_LINES_MAX;
}

/* The lines of a text in one, with `between` in the seams. */
static const char *in_one(struct arena *arena, const char *text, const char *between)
{
    const char *one = "";

    while (*text) {
        size_t len = strcspn(text, "\r\n"), blank;

        one = arena_printf(arena, "%s%s%.*s", one, *one ? between : "", (int)len, text);
        text += len + strspn(text + len, "\r\n");
        blank = strspn(text, " \t");
        text += *between ? blank : 0;
    }
    return one;
}

/* Each line by itself; or all of them as one that was cut between words, or anywhere. */
static void find_messages(struct arena *arena, const char *text, struct known_message **ret,
                          size_t *ret_count)
{
    struct known_message *words, *anywhere;
    size_t words_count, anywhere_count;
    bool by_words;

    messages_find(arena, text, ret, ret_count);
    if (*ret_count && (*ret)[0].form->symptom == SYMPTOM_NOISE_FOUND)
        return;
    if (*ret_count > 1 || !may_be_cut(text, *ret_count ? CUT_FOR_SURE : CUT_BY_WORDS))
        return;
    messages_find(arena, in_one(arena, text, " "), &words, &words_count);
    messages_find(arena, in_one(arena, text, ""), &anywhere, &anywhere_count);
    /* A blank too many or too few in a seam may hide what the message is of. */
    by_words =
        words_count && (!anywhere_count || message_rank(words[0].form) <= message_rank(anywhere[0].form));
    if (words_count + anywhere_count) {
        *ret = by_words ? words : anywhere;
        *ret_count = by_words ? words_count : anywhere_count;
    }
}

static bool is_vague(const struct known_message *message)
{
    return symptoms[message->form->symptom].class == SYMPTOM_IS_VAGUE;
}

/*
 * What a program says around any failure is left out beside a message that tells what failed; the messages
 * are in the order of how much they tell.
 */
static size_t leave_out_vague(struct known_message *messages, size_t count)
{
    size_t kept = 0;

    if (!count || is_vague(&messages[0]))
        return count;
    for (size_t i = 0; i < count; i++)
        if (!is_vague(&messages[i]))
            messages[kept++] = messages[i];
    return kept;
}

int explanation_write(struct arena *arena, const char *text, struct explain_facts *facts, struct err *err)
{
    const struct rule *rule = text ? rule_find(text) : NULL;
    struct known_message *messages;
    size_t count;

    facts->asked = text;
    if (!text) {
        add_all(arena, facts);
        return 0;
    }
    if (rule) {
        add_finding(arena, rule, facts);
        return 0;
    }
    find_messages(arena, text, &messages, &count);
    count = leave_out_vague(messages, count);
    for (size_t i = 0; i < count; i++)
        add_symptom(arena, messages[i].form->symptom, &messages[i], facts);
    add_likely(arena, facts);
    return count ? 0 : say_unknown(arena, text, err);
}
