/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sections of the page share. */
#include "../svg.h"
#include "section.h"
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

bool page_is_full(const struct page *page)
{
    return page->html->out->len > PAGE_BYTES_ENOUGH;
}

void section_end(const struct page *page)
{
    html(page->html, "</section>\n");
}

void page_gap(const struct page *page, const char *what, const char *why, const char *command)
{
    struct html *h = page->html;

    html(h, "<div class=\"gap\">");
    svg_sign(h, "unknown");
    html(h, "<div><p><b>Not checked:</b> ");
    html_text(h, what);
    if (why) {
        html(h, " (");
        html_text(h, why);
        html(h, ")");
    }
    html(h, "</p>");
    if (command)
        page_command(page, command);
    html(h, "</div></div>");
}

/* It can be pasted as it stands. */
static bool is_plain(const char *command)
{
    for (; *command; command++)
        if ((unsigned char)*command < 0x20 || *command == 0x7f)
            return false;
    return true;
}

void page_command(const struct page *page, const char *command)
{
    struct html *h = page->html;

    html(h, "<div class=\"cmd\"><code tabindex=\"0\">");
    html_text(h, command);
    html(h, "</code>");
    if (is_plain(command) && strlen(command) <= HTML_TEXT_MAX) {
        html(h, "<button type=\"button\" hidden");
        html_attribute(h, "aria-label", arena_printf(page->arena, "Copy: %s", command));
        html(h, ">Copy</button>");
    }
    html(h, "</div>");
}

void page_severity(const struct page *page, int severity)
{
    static const struct {
        const char *sign, *word;
    } rows[] = {{"bad", "CRITICAL"}, {"warn", "WARNING"}, {"info", "INFO"}};
    struct html *h = page->html;
    int row = severity >= 0 && severity < 3 ? severity : 2;

    html(h, "<span class=\"sev ");
    html_class(h, row == 2 ? "soft" : rows[row].sign);
    html(h, "\">");
    svg_sign(h, rows[row].sign);
    html_text(h, rows[row].word);
    html(h, "</span>");
}

const struct replica_facts *page_replica(const struct page *page, const char *server)
{
    const struct replicas_facts *known = page->facts->replicas;

    for (size_t i = 0; known && i < known->replicas_count; i++)
        if (known->replicas[i].address && strcmp(known->replicas[i].address, server) == 0)
            return &known->replicas[i];
    return NULL;
}

const char *page_role(const char *role)
{
    static const char *const words[] = {"ClusterIP", "replica", "node-local cache", "nameserver", "server"};

    for (int i = 0; role && target_role_names[i]; i++)
        if (strcmp(target_role_names[i], role) == 0)
            return words[i];
    return "server";
}

void page_server(const struct page *page, const char *server, const char *role)
{
    const struct replica_facts *replica = page_replica(page, server);
    struct html *h = page->html;

    html_name(h, server);
    html(h, "<small>");
    html_text(h, page_role(role));
    if (replica && replica->node) {
        html(h, ", ");
        html_name(h, replica->node);
    }
    html(h, "</small>");
}

const char *page_server_text(const struct page *page, const char *server, const char *role)
{
    const struct replica_facts *replica = page_replica(page, server);
    const char *pod = replica ? replica->pod : NULL, *node = replica ? replica->node : NULL;

    return arena_printf(page->arena, "%s %s%s%s%s%s%s", page_role(role), server, pod || node ? " (" : "",
                        pod ? pod : "", pod && node ? ", " : "", node ? node : "", pod || node ? ")" : "");
}

const char *page_count(struct arena *arena, uint64_t count, const char *one, const char *several)
{
    return arena_printf(arena, "%" PRIu64 " %s", count, count == 1 ? one : several);
}

void page_cell(const struct page *page, const char *class, const char *heading, const char *text)
{
    struct html *h = page->html;

    html(h, "<td role=\"cell\" class=\"");
    html_class(h, class);
    html(h, "\"");
    html_attribute(h, "data-head", heading);
    html(h, "><span>");
    html_text(h, text);
    html(h, "</span></td>");
}
