/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_TOP_FACTS_H
#define K8SDNS_MODEL_TOP_FACTS_H

#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/model/facts.h>

/* A finding and for how long it has stood. */
struct active_finding_facts {
    const char *id, *title, *subject;
    int severity;
    const char *since; /* RFC 3339, UTC */
    double stood_s;
    double over_s;           /* since it ended; NAN while it stands */
    const char *consequence; /* as in struct finding */
    const char **evidence;   /* the last seen */
    size_t evidence_count;
    const char *cause;
    const char **remedy;
    size_t remedy_count;
};
extern const struct shape active_finding_facts_shape;

/* `data` of the top command, and all that its screen shows. */
struct top_facts {
    const char *time;    /* of the newest that was seen */
    const char *verdict; /* one sentence */
    int frequency;       /* enum frequency, since the beginning; -1 when too little was asked */
    const char *frequency_text;
    struct active_finding_facts
        *active_findings; /* those that stand first, worst first and causes above consequences */
    size_t active_findings_count;
    uint64_t active_findings_forgotten; /* ended ones that there was no room for */
    struct history_facts *history;
    struct conntrack_follow_facts *flows; /* of others, since the beginning; NULL: not followed */
    uint64_t flows_unanswered_lately;     /* of these, in the last minute; unset without */
    /* For the screen and the recorder; not in JSON. */
    const struct finding *findings; /* of the last judgement */
    size_t findings_count;
    const struct facts *facts;
    const struct diagnose_facts *diagnosis; /* NULL while too little is known to judge */
    const char *doing;                      /* what is waited for: "looking for the servers"; NULL */
    const char *looks;       /* what is late, or was given up: "the Kubernetes API, 8 s"; NULL */
    const char *kernel_gap;  /* why connection tracking is not to be seen; NULL */
    const char *entries_gap; /* why its entries are not; NULL */
    const char *flows_gap;   /* why flows are not followed; NULL */
    bool live;               /* else a capture is shown */
    bool printed;            /* a batch has told it all */
    const char *interval;    /* in words; of a recording how fast it is played; NULL for a capture */
    unsigned rows;           /* of a batch's screens at most; 0: as many as it takes */
    uint64_t screen;         /* the number of a batch's screen, from 1 */
};
extern const struct shape top_facts_shape;

#endif
