/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thresholds as alert rules in Prometheus's YAML. */
#include <k8sdns/render/metrics/metrics_text.h>
#include <string.h>

/* A block of lines, which needs no quotes; each is indented. */
static void print_block(struct printer *printer, const char *text, const char *indent)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        printer_addf(printer, "%s%.*s\n", indent, (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void alert_text_render(const struct alert_rule_facts *rules, size_t count, struct printer *printer)
{
    printer_addf(printer, "# Rules for Prometheus; made by k8sdns metrics --rules.\n"
                          "groups:\n"
                          "  - name: k8sdns\n"
                          "    rules:\n");
    for (size_t i = 0; i < count; i++) {
        printer_addf(printer, "      - alert: %s\n        expr: |-\n", rules[i].alert);
        print_block(printer, rules[i].expr, "          ");
        printer_addf(printer,
                     "        for: %s\n"
                     "        labels:\n"
                     "          severity: %s\n"
                     "        annotations:\n"
                     "          summary: '%s'\n"
                     "          explain: k8sdns explain %s\n",
                     rules[i].hold, rules[i].severity, rules[i].summary, rules[i].finding);
    }
}
