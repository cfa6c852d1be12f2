/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/agent/exposition.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of a line: the last backslash, quote and newline are escaped. In OpenMetrics' HELP quotes are as well. */
static void add_escaped(struct text *text, const char *from, bool quotes)
{
    for (const char *at = from; *at; at++) {
        if (*at == '\n')
            text_add(text, "\\n");
        else if (*at == '\\' || (*at == '"' && quotes))
            text_add_n(text, (const char[]){'\\', *at}, 2);
        else
            text_add_char(text, *at, 1);
    }
}

static const char *suffix_of(const struct exposition *page)
{
    return page->type == EXPOSITION_COUNTER ? "_total" : page->type == EXPOSITION_INFO ? "_info" : "";
}

void exposition_family(struct exposition *page, const char *name, enum exposition_type type, const char *unit,
                       const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "info"};
    bool as_gauge = !page->openmetrics && type == EXPOSITION_INFO;

    page->family = name;
    page->type = type;
    for (int i = 0; i < 3; i++) {
        static const char *const words[] = {"TYPE", "UNIT", "HELP"};

        if (i == 1 && (!unit || !page->openmetrics))
            continue;
        /* In the text format comments have the name of the samples. */
        text_addf(&page->text, "# %s %s%s ", words[i], name, page->openmetrics ? "" : suffix_of(page));
        if (i == 0)
            text_add(&page->text, as_gauge ? "gauge" : types[type]);
        else if (i == 1)
            text_add(&page->text, unit);
        else
            add_escaped(&page->text, help, page->openmetrics);
        text_add_char(&page->text, '\n', 1);
    }
}

static void add_label(struct text *text, bool *any, const char *name, const char *value)
{
    text_add_char(text, *any ? ',' : '{', 1);
    text_addf(text, "%s=\"", name);
    add_escaped(text, value, true);
    text_add_char(text, '"', 1);
    *any = true;
}

/* A sample's name and labels; `le`: the bucket's, or NULL. */
static void begin(struct exposition *page, const char *suffix, const struct exposition_label *labels,
                  const char *le)
{
    bool any = false;

    text_addf(&page->text, "%s%s", page->family, suffix);
    for (; labels && labels->name; labels++)
        add_label(&page->text, &any, labels->name, labels->value);
    if (le)
        add_label(&page->text, &any, "le", le);
    text_add(&page->text, any ? "} " : " ");
    page->series++;
}

static void end(struct exposition *page, double value)
{
    if (isnan(value))
        text_add(&page->text, "NaN\n");
    else if (isinf(value))
        text_add(&page->text, value > 0 ? "+Inf\n" : "-Inf\n");
    else
        text_addf(&page->text, "%.15g\n", value);
}

void exposition_value(struct exposition *page, const struct exposition_label *labels, double value)
{
    begin(page, suffix_of(page), labels, NULL);
    end(page, value);
}

void exposition_count(struct exposition *page, const struct exposition_label *labels, uint64_t value)
{
    begin(page, suffix_of(page), labels, NULL);
    text_addf(&page->text, "%" PRIu64 "\n", value);
}

/* A float in both formats, as OpenMetrics wants it: "1.0" and "1" would be two series. */
static const char *bound_text(double bound, char *buf, size_t size)
{
    snprintf(buf, size, "%.15g", bound);
    if (!strpbrk(buf, ".e"))
        snprintf(buf + strlen(buf), size - strlen(buf), ".0");
    return buf;
}

void exposition_histogram(struct exposition *page, const struct exposition_label *labels,
                          const double *bounds, size_t bounds_count, const uint64_t *counts, double sum)
{
    uint64_t total = 0;
    char buf[32];

    for (size_t i = 0; i <= bounds_count; i++) {
        total += counts[i];
        begin(page, "_bucket", labels, i < bounds_count ? bound_text(bounds[i], buf, sizeof(buf)) : "+Inf");
        text_addf(&page->text, "%" PRIu64 "\n", total);
    }
    begin(page, "_sum", labels, NULL);
    end(page, sum);
    begin(page, "_count", labels, NULL);
    text_addf(&page->text, "%" PRIu64 "\n", total);
}

void exposition_end(struct exposition *page)
{
    if (page->openmetrics)
        text_add(&page->text, "# EOF\n");
}
