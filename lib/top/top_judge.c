/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/top/history_from_facts.h>
#include <k8sdns/top/top_judge.h>
#include <k8sdns/top/top_session.h>
#include <math.h>

void top_judge(const struct facts *facts, const struct thresholds *thresholds, struct arena *arena,
               struct top_facts *top, struct finding **findings, size_t *count)
{
    struct diagnose_facts *diagnosis = ARENA_NEW(arena, struct diagnose_facts);

    diagnose(arena, facts, thresholds, findings, count, diagnosis);
    top->diagnosis = diagnosis;
    top->verdict = diagnosis->verdict;
    top->frequency = diagnosis->frequency;
    top->frequency_text = diagnosis->frequency_text;
}

void top_facts_of_capture(const struct facts *facts, const struct thresholds *thresholds, struct arena *arena,
                          struct top_facts *top)
{
    struct finding *findings;
    size_t count;

    *top = (struct top_facts){.time = facts->time,
                              .facts = facts,
                              .history = facts->history,
                              .flows = facts->conntrack ? facts->conntrack->flows : NULL,
                              .flows_unanswered_lately = SHAPE_UNSET};
    if (!top->history)
        top->history = history_from_facts(arena, facts);
    top_judge(facts, thresholds, arena, top, &findings, &count);
    top->active_findings = arena_array(arena, count + 1, sizeof(*top->active_findings));
    top->active_findings_count = count;
    /* A capture is of one moment: nothing is known of how long. */
    for (size_t i = 0; i < count; i++)
        top->active_findings[i] = (struct active_finding_facts){.id = findings[i].id,
                                                                .title = findings[i].title,
                                                                .subject = findings[i].subject,
                                                                .severity = findings[i].severity,
                                                                .since = facts->time,
                                                                .stood_s = 0,
                                                                .over_s = (double)NAN,
                                                                .consequence = findings[i].consequence,
                                                                .evidence = findings[i].evidence,
                                                                .evidence_count = findings[i].evidence_count,
                                                                .cause = findings[i].cause,
                                                                .remedy = findings[i].remedy,
                                                                .remedy_count = findings[i].remedy_count};
}
