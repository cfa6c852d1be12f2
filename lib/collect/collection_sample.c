/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One name again and again: what is lost now and then is not seen in one asking. */
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/collection_state.h>
#include <k8sdns/source/watch/watcher.h>
#include <k8sdns/wire/dns/dns_words.h>

/* Every question was answered, and none as a server does that is in trouble. */
static bool is_spotless(const struct matrix_facts *matrix)
{
    for (size_t i = 0; matrix && i < matrix->probes_count; i++)
        if (matrix->probes[i].status != PROBE_ANSWER && matrix->probes[i].status != PROBE_NODATA &&
            matrix->probes[i].status != PROBE_NXDOMAIN)
            return false;
    return matrix != NULL;
}

/* At most one round of questions is under way, and all before it were answered. */
static bool is_spotless_so_far(const struct watch_record *record)
{
    for (size_t i = 0; i < record->targets_count; i++) {
        const struct watch_tally *total = &record->targets[i].total;

        for (size_t k = 0; k < record->types_count; k++)
            if (total->sent[k] > total->answered[k] + 1)
                return false;
        if (total->bad || total->strays[STRAY_DUPLICATE] || total->strays[STRAY_MISMATCH])
            return false;
    }
    return !record->skipped;
}

struct sampling {
    const struct collection *collection;
    const struct watch_record *record;
};

/* Whether the rest of the time would show no more than that. */
static int is_enough(void *user)
{
    const struct sampling *sampling = user;
    const struct facts *facts = sampling->collection->facts;

    return !sampling->collection->tracked && !facts->small && is_spotless(facts->matrix) &&
           is_spotless(facts->tcp) && is_spotless_so_far(sampling->record);
}

void collection_sample(struct collection *c)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    const struct probe_candidate own = collection_own_candidate(c);
    struct watch_record *record = ARENA_NEW(c->survey->arena, struct watch_record);
    struct sampling sampling = {c, record};
    const struct watcher_options options = {
        .candidates = &own,
        .candidates_count = 1,
        .types = types,
        .types_count = 2,
        .timeout_us = collection_share_us(c, SHARE_LAST),
        .qps = QPS,
        .duration_us = collection_share_us(c, SHARE_SAMPLING),
        .interval_us = collection_share_us(c, SHARE_SPOTLESS),
        .report = is_enough,
        .user = &sampling,
    };

    collection_progress(c, "asking again and again");
    if (watcher_run(c->survey->arena, &options, c->targets, c->targets_count, record, &c->survey->err) < 0) {
        survey_unobserved_as(c->survey, GAP_SAMPLING, NULL, arena_text(c->survey->arena, c->survey->err.text),
                             "see k8sdns watch");
        c->survey->err = (struct err){0};
        return;
    }
    c->facts->sampling = ARENA_NEW(c->survey->arena, struct watch_facts);
    watch_record_facts(record, true, clock_monotonic_ns(), c->survey->arena, c->facts->sampling);
}
