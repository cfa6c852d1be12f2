/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FLEET_WORDS_H
#define K8SDNS_MODEL_FLEET_WORDS_H

#include "fleet_time.h"

/* All that the words of a fleet's two answers are made of. */
struct fleet_answer {
    struct arena *arena;
    const struct fleet *fleet;
    enum fleet_signal signal; /* the one that leads */
    bool lookups_known;
    const struct fleet_width *width;
    const struct fleet_time *time;
    const struct fleet_place_facts *server, *pods; /* that fail far more than the others; NULL */
};

/* Fill the texts of both answers; `facts` has the words and numbers already. */
void fleet_words_fill(const struct fleet_answer *answer, struct scope_facts *facts);

/* "5.0 %", "0.02 %", "under 0.001 %". */
const char *fleet_share_text(struct arena *arena, double ratio);

#endif
