/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_SECTION_H
#define K8SDNS_RENDER_SECTION_H

#include "../html.h"
#include <k8sdns/model/report/report_facts.h>

/* The page as it is written: its sections only add to `html`. */
struct page {
    struct html *html;
    struct arena *arena;
    const struct report_facts *report;
    const struct diagnose_facts *diagnosis;
    const struct facts *facts;
};

/* A page is no larger: from so many bytes on, rows are counted and no longer written. */
#define PAGE_BYTES_ENOUGH 220000
bool page_is_full(const struct page *page);

/* One after the other, as they stand on the page. Each says what was not checked where it has no facts. */
void section_verdict(const struct page *page);
void section_findings(const struct page *page);
void section_matrix(const struct page *page);
void section_timeline(const struct page *page);
void section_path(const struct page *page);
void section_latency(const struct page *page);
void section_lookups(const struct page *page);
void section_conntrack(const struct page *page);
void section_replicas(const struct page *page);
void section_resolv(const struct page *page);
void section_checks(const struct page *page);

/* ---- what they share ---- */

/* A card with a heading; `id` and `title` are literals. */
#define section_begin(page, id, title) \
    html((page)->html, "<section class=\"card\" id=\"" id "\"><h2>" title "</h2>")
void section_end(const struct page *page);

/* "not checked": what, why, and the command that checks it (NULL: none). */
void page_gap(const struct page *page, const char *what, const char *why, const char *command);

/* A command alone on its line, with a button that copies it. One with control characters has no button. */
void page_command(const struct page *page, const char *command);

/* The sign and the word of a severity. */
void page_severity(const struct page *page, int severity);

/* What is known of a server beside its address; NULL when it is no replica. */
const struct replica_facts *page_replica(const struct page *page, const char *server);

/* The word for a server's role: "ClusterIP", "replica". */
const char *page_role(const char *role);

/* Address, and below it role, Pod and node. */
void page_server(const struct page *page, const char *server, const char *role);

/* The same in one line, as text: "replica 10.244.1.22 (coredns-x, worker-2)". */
const char *page_server_text(const struct page *page, const char *server, const char *role);

/* "1 query", "2 queries". */
const char *page_count(struct arena *arena, uint64_t count, const char *one, const char *several);

/* A table whose rows become blocks on a narrow page, so that each cell needs its heading's words. */
void page_cell(const struct page *page, const char *class, const char *heading, const char *text);

#endif
