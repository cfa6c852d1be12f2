/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_SYMPTOM_H
#define K8SDNS_DIAG_SYMPTOM_H

#include <stddef.h>

/* An application's message about DNS: what it means, who says it when, and what may be behind it. */
struct symptom {
    const char *const *patterns; /* pieces of the message, any of which will do; NULL-terminated */
    const char *title;
    const char *meaning;
    const char *said_by;       /* which resolver or program, and when */
    const char *const *likely; /* ids of findings, the likeliest first; NULL-terminated */
    const char *const *checks; /* what to run; NULL-terminated */
};
extern const struct symptom symptoms[]; /* ends with one without patterns */

/* The one whose pattern stands in `text`, whatever the case: the longest pattern decides. NULL for none. */
const struct symptom *symptom_find(const char *text);

#endif
