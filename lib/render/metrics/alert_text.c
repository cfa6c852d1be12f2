/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/render/metrics_text.h>
#include <string.h>

/* A block of lines, which needs no quotes; each is indented. */
static void print_block(struct page *page, const char *text, const char *indent)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        page_addf(page, "%s%.*s\n", indent, (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void alert_text_render(const struct alert_rule_facts *rules, size_t count, struct page *page)
{
    page_addf(page, "# Rules for Prometheus; made by k8sdns metrics --rules.\n"
                    "groups:\n"
                    "  - name: k8sdns\n"
                    "    rules:\n");
    for (size_t i = 0; i < count; i++) {
        page_addf(page, "      - alert: %s\n        expr: |-\n", rules[i].alert);
        print_block(page, rules[i].expr, "          ");
        page_addf(page,
                  "        for: %s\n"
                  "        labels:\n"
                  "          severity: %s\n"
                  "        annotations:\n"
                  "          summary: '%s'\n"
                  "          explain: k8sdns explain %s\n",
                  rules[i].hold, rules[i].severity, rules[i].summary, rules[i].finding);
    }
}
