/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <k8sdns/render/diagnosis/finding_text.h>

static const enum style styles[] = {
    [SEVERITY_CRITICAL] = STYLE_BAD, [SEVERITY_WARNING] = STYLE_ODD, [SEVERITY_INFO] = STYLE_PLAIN};

void finding_text_list(const struct finding *findings, size_t count, struct printer *printer,
                       struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        const struct finding *finding = &findings[i];

        printer_style(printer, styles[finding->severity],
                      arena_printf(arena, "%s: %s", severity_names[finding->severity],
                                   finding_headline(arena, finding->title, finding->subject)));
        printer_addf(printer, "\n");
        for (size_t k = 0; k < finding->evidence_count; k++)
            printer_paragraph(printer, "  - ", "%s", finding->evidence[k]);
        printer_paragraph(printer, "  more: ", "k8sdns explain %s", finding->id);
    }
}

/* A command stands alone on its line, whole, so that it can be pasted. */
void step_print(const struct step *step, const char *mark, struct printer *printer)
{
    printer_paragraph(printer, mark, "%s", step->text);
    if (step->command)
        printer_addf(printer, "       %s\n", step->command);
}
