/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_forms.h"
#include <k8sdns/render/cluster/replicas_text.h>
#include <k8sdns/render/diagnosis/diagnose_text.h>
#include <k8sdns/render/node/conntrack_text.h>
#include <k8sdns/render/probe/probe_text.h>
#include <k8sdns/render/recorder/timeline_text.h>
#include <k8sdns/render/report/report_html.h>
#include <k8sdns/render/report/report_render.h>
#include <k8sdns/render/resolver/lookup_text.h>
#include <k8sdns/render/watch/watch_text.h>

/* The pages of the commands that show each part, one behind the other. */
static void write_text(const struct report_facts *report, struct printer *printer, struct arena *arena)
{
    const struct facts *f = report->facts;
    const struct {
        const char *heading;
        const void *part;
        void (*render)(const void *data, struct printer *printer, struct arena *arena);
    } parts[] = {{"Names and servers", f->matrix, probe_text_render},
                 {"The same name again and again", f->sampling, watch_text_render},
                 {"The recording", report->timeline, timeline_text_render},
                 {"Lookups", report->lookups->lookups_count ? report->lookups : NULL, lookup_text_render},
                 {"CoreDNS replicas", f->replicas, replicas_text_render},
                 {"conntrack", f->conntrack, conntrack_text_render}};
    struct printer whole = *printer;

    whole.verbosity = 1;
    diagnose_text_render(report->diagnosis, &whole, arena);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].part)
            continue;
        printer_addf(printer, "\n");
        printer_style(printer, STYLE_STRONG, parts[i].heading);
        printer_addf(printer, "\n");
        parts[i].render(parts[i].part, printer, arena);
    }
}

void report_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct report_facts *report = data;

    if (report->format == REPORT_TEXT)
        write_text(report, printer, arena);
    else if (report->format == REPORT_MARKDOWN)
        report_markdown_write(report, printer->out, arena);
    else
        report_html_write(report, printer->out, arena);
}
