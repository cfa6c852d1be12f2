/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The replicas side by side, a row each; what differs from its peers is marked. */
#include "section.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <string.h>

enum {
    ROWS_SHOWN = 40,
};

/* What is known of one replica, from everybody who tells of it. */
struct known {
    const char *address, *pod, *node, *version;
    int ready;
    const struct kube_pod_facts *kube;
    const struct watch_target_facts *sampled;
    const struct metrics_replica_facts *metrics;
    const struct server_tally *tally;
};

static struct known known_of(const struct page *page, const struct replica_facts *replica)
{
    const struct facts *f = page->facts;
    struct known known = {.address = replica->address,
                          .pod = replica->pod,
                          .node = replica->node,
                          .version = replica->version,
                          .ready = replica->ready};

    for (size_t i = 0; f->kube && replica->pod && i < f->kube->pods_count; i++)
        if (strcmp(f->kube->pods[i].name, replica->pod) == 0)
            known.kube = &f->kube->pods[i];
    known.sampled = watch_target_find(f->sampling, replica->address);
    for (size_t i = 0; f->metrics && i < f->metrics->replicas_count; i++)
        if (metrics_are_of(&f->metrics->replicas[i], replica->address) && !f->metrics->replicas[i].error)
            known.metrics = &f->metrics->replicas[i];
    for (size_t i = 0; i < page->diagnosis->servers_count; i++)
        if (strcmp(page->diagnosis->servers[i].server, replica->address) == 0)
            known.tally = &page->diagnosis->servers[i];
    if (!known.version && known.kube)
        known.version = known.kube->version;
    if (!known.version && known.metrics)
        known.version = known.metrics->version;
    return known;
}

/* Most others have another one. */
static bool is_odd(const struct known *all, size_t count, size_t at)
{
    size_t same = 0, other = 0;

    for (size_t i = 0; i < count; i++)
        if (i != at && all[i].version && all[at].version) {
            same += strcmp(all[i].version, all[at].version) == 0;
            other += strcmp(all[i].version, all[at].version) != 0;
        }
    return other > same;
}

static bool stands_out(const struct known *known, const char *measure)
{
    for (size_t i = 0; known->metrics && i < known->metrics->outliers_count; i++)
        if (strcmp(known->metrics->outliers[i], measure) == 0)
            return true;
    return false;
}

static void cell(const struct page *page, const char *heading, bool odd, const char *text)
{
    page_cell(page,
              odd    ? "odd"
              : text ? ""
                     : "unk",
              heading,
              text ? odd ? arena_printf(page->arena, "\xe2\x9c\x95 %s", text) : text : "not checked");
}

static const char *real_text(struct arena *arena, double value, const char *unit)
{
    return isnan(value) ? NULL : arena_printf(arena, "%.1f%s", value, unit);
}

static const char *times(const struct page *page, const struct known *k)
{
    char p50[DURATION_TEXT], p99[DURATION_TEXT];

    if (!k->sampled)
        return NULL;
    if (k->sampled->p50_us == SHAPE_UNSET)
        return "no answer";
    return arena_printf(page->arena, "%s, %s", duration_format_us(p50, sizeof(p50), k->sampled->p50_us),
                        duration_format_us(p99, sizeof(p99), k->sampled->p99_us));
}

static const char *memory(const struct page *page, const struct known *k)
{
    return k->metrics && k->metrics->memory_bytes != SHAPE_UNSET
               ? arena_printf(page->arena, "%.0f MB", (double)k->metrics->memory_bytes / 1e6)
               : NULL;
}

static void print_replica(const struct page *page, const struct known *all, size_t count, size_t at)
{
    const struct known *k = &all[at];
    const struct metrics_replica_facts *m = k->metrics;
    struct arena *arena = page->arena;
    struct html *h = page->html;

    html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
    html_name(h, k->pod ? k->pod : k->address);
    html(h, "<span class=\"sub\">");
    html_name(h, k->pod ? k->address : NULL);
    if (k->node) {
        html_text(h, k->pod ? ", " : "");
        html_name(h, k->node);
    }
    html(h, "</span></th>");
    cell(page, "Failed queries", k->tally && k->tally->failed,
         k->tally ? arena_printf(arena, "%" PRIu64 " of %" PRIu64, k->tally->failed, k->tally->asked) : NULL);
    cell(page, "p50, p99", k->sampled && k->sampled->p50_us == SHAPE_UNSET, times(page, k));
    cell(page, "Ready", k->ready == 0, k->ready < 0 ? NULL : k->ready ? "yes" : "no");
    cell(page, "Restarts", k->kube && k->kube->last_end,
         k->kube ? arena_printf(arena, "%" PRIu64 "%s%s", k->kube->restarts,
                                k->kube->last_end ? ", last: " : "", text_or(k->kube->last_end, ""))
                 : NULL);
    cell(page, "Version", is_odd(all, count, at), k->version);
    cell(page, "CPU, cores", stands_out(k, "CPU"), m ? real_text(arena, m->cpu_cores, "") : NULL);
    cell(page, "Memory", false, memory(page, k));
    cell(page, "Cache hits", stands_out(k, "cache hits"),
         m ? real_text(arena, m->cache_hit_ratio * 100, " %") : NULL);
    cell(page, "SERVFAIL", stands_out(k, "SERVFAIL"),
         m ? real_text(arena, m->servfail_ratio * 100, " %") : NULL);
    html(h, "</tr>");
}

void section_replicas(const struct page *page)
{
    static const char *const heads[] = {"Replica", "Failed queries", "p50, p99", "Ready",      "Restarts",
                                        "Version", "CPU, cores",     "Memory",   "Cache hits", "SERVFAIL"};
    const struct facts *f = page->facts;
    const struct replicas_facts *replicas = f->replicas;
    struct html *h = page->html;
    struct known *all;
    size_t count = replicas ? replicas->replicas_count : 0;
    bool scraped = false;

    section_begin(page, "replicas", "CoreDNS replicas side by side");
    if (!count) {
        page_gap(page, "the replicas", "no source lists them", "kubectl k8sdns replicas");
        section_end(page);
        return;
    }
    all = arena_array(page->arena, count, sizeof(*all));
    for (size_t i = 0; i < count; i++) {
        all[i] = known_of(page, &replicas->replicas[i]);
        scraped = scraped || all[i].metrics;
    }
    html(
        h,
        "<p class=\"lead\">What differs from its peers, or fails, is marked with \xe2\x9c\x95.</p><table role=\"table\" "
        "class=\"table blocks\"><caption>Each replica by these queries, by Kubernetes and by its metrics</caption><thead><tr "
        "role=\"row\">");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        html(h, "<th role=\"columnheader\" scope=\"col\">");
        html_text(h, heads[i]);
        html(h, "</th>");
    }
    html(h, "</tr></thead><tbody>");
    for (size_t i = 0; i < count && i < ROWS_SHOWN && !page_is_full(page); i++)
        print_replica(page, all, count, i);
    html(h, "</tbody></table>");
    if (count > ROWS_SHOWN)
        html_textf(h, "%zu more replicas are left out; k8sdns report --json has them all.",
                   count - ROWS_SHOWN);
    for (size_t i = 0; f->metrics && i < f->metrics->differences_count && i < 8; i++) {
        html(h, "<p>");
        html_text(h, f->metrics->differences[i]);
        html(h, "</p>");
    }
    if (!scraped)
        page_gap(page, "CPU, memory, cache and response codes of the replicas", "no metrics were read",
                 "kubectl k8sdns metrics");
    section_end(page);
}
