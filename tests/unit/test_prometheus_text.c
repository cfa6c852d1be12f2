/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/metrics/metrics_facts.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Each sample on a line of its own: name, labels, value. */
static void write_down(void *user, const struct prometheus_sample *sample)
{
    char *out = user;

    out += strlen(out);
    out += sprintf(out, "%.*s", (int)sample->name_len, sample->name);
    for (size_t i = 0; i < sample->labels_count; i++)
        out += sprintf(out, " %.*s=[%.*s]", (int)sample->labels[i].name_len, sample->labels[i].name,
                       (int)sample->labels[i].value_len, sample->labels[i].value);
    sprintf(out, " %g\n", sample->value);
}

static void lines_are_read(void **state)
{
    static const struct {
        const char *line, *read; /* NULL: it is refused; "": it has nothing to say */
    } rows[] = {
        {"a 1", "a 1\n"},
        {"a{} 1", "a 1\n"},
        {"  a  {  x = \"y\" , }  -2.5e3  17 ", "a x=[y] -2500\n"},
        {"a:b_9{x=\"\",y=\"{},= #\"} 0", "a:b_9 x=[] y=[{},= #] 0\n"},
        {"a{x=\"q\\\"b\\\\n\\x\"} 1", "a x=[q\"b\\n\\x] 1\n"},
        {"a +Inf\r", "a inf\n"},
        {"a -inf", "a -inf\n"},
        {"a NaN", "a nan\n"},
        {"a 1 # {x=\"y\"} 2 3", "a 1\n"},
        {"a 1 1.5 # anything", "a 1\n"},
        {"{\"a.b\",\"x.y\"=\"z\"} 1", "a.b x.y=[z] 1\n"},
        {"a 9007199254740993", "a 9.0072e+15\n"},
        {"", ""},
        {" \t", ""},
        {"# HELP a b", ""},
        {"#", ""},
        {"a", NULL},
        {"a ", NULL},
        {"a b", NULL},
        {"a 0x10", NULL},
        {"a infinite", NULL},
        {"a 1 b", NULL},
        {"a 1 2 3", NULL},
        {"a{x=1} 1", NULL},
        {"a{x=\"y} 1", NULL},
        {"a{x=\"y\" z=\"w\"} 1", NULL},
        {"a{x=\"y\"", NULL},
        {"9a 1", NULL},
        {"{x=\"y\"} 1", NULL},
    };
    struct prometheus_text *text = arena_alloc(*state, sizeof(*text));

    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[256] = "";

        prometheus_text_init(text, write_down, out);
        prometheus_text_feed(text, rows[i].line, strlen(rows[i].line));
        prometheus_text_feed(text, "\n", 1);
        prometheus_text_end(text);
        assert_string_equal(out, rows[i].read ? rows[i].read : "");
        assert_int_equal(text->counts.malformed, rows[i].read ? 0 : 1);
        assert_false(text->counts.cut);
    }
}

static void quantiles_are_those_of_promql(void **state)
{
    struct metrics_bucket buckets[] = {{0.001, 10}, {0.01, 10}, {0.1, 90}, {(double)INFINITY, 100}};
    struct metrics_histogram h = {.buckets = buckets, .count = COUNT(buckets)};
    bool over;

    (void)state;
    assert_true(fabs(metrics_quantile(&h, 0.05, &over) - 0.0005) < 1e-12);
    assert_true(fabs(metrics_quantile(&h, 0.5, &over) - 0.055) < 1e-12);
    assert_true(fabs(metrics_quantile(&h, 0.9, &over) - 0.1) < 1e-12);
    assert_false(over);
    assert_true(fabs(metrics_quantile(&h, 0.99, &over) - 0.1) < 1e-12);
    assert_true(over);
    buckets[3].count = buckets[2].count = buckets[1].count = buckets[0].count = 0;
    assert_true(isnan(metrics_quantile(&h, 0.5, &over)));
    /* Without a bucket for the rest nothing is said. */
    buckets[2].count = 9;
    h.count = 3;
    assert_true(isnan(metrics_quantile(&h, 0.5, &over)));
}

/* Every name that means something is found: the table is in order. */
static void every_name_has_its_place(void **state)
{
    static const char *const names[] = {
        "coredns_build_info", "coredns_cache_size", "coredns_dns_requests_total",
        "coredns_proxy_request_duration_seconds_sum", "coredns_reload_version_info"};

    for (size_t i = 0; i < COUNT(names); i++) {
        struct metrics_record *record = metrics_record_new(*state);

        metrics_record_add(
            record, &(struct prometheus_sample){.name = names[i], .name_len = strlen(names[i]), .value = 1});
        assert_true(record->is_coredns);
        record = metrics_record_new(*state);
        metrics_record_add(record, &(struct prometheus_sample){
                                       .name = names[i], .name_len = strlen(names[i]) - 1, .value = 1});
        assert_false(record->is_coredns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(lines_are_read),
        cmocka_unit_test(quantiles_are_those_of_promql),
        ARENA_TEST(every_name_has_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
