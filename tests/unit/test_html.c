/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../lib/render/report/svg.h"
#include "unit.h"
#include <math.h>
#include <string.h>

/* What a writer of HTML gives for one text. */
static const char *written(struct arena *arena, void (*write)(struct html *html, const char *text),
                           const char *text)
{
    struct text out = {0};
    struct html html = {.out = &out, .arena = arena};
    const char *whole;

    write(&html, text);
    whole = arena_text(arena, text_string(&out));
    text_fini(&out);
    return whole;
}

static void attribute(struct html *html, const char *text)
{
    html_attribute(html, "data-head", text);
}

static void test_text(void **state)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"\"'&<>", "&quot;&#39;&amp;&lt;&gt;"},
        {"&lt;", "&amp;lt;"},
        {"a\nb\tc\033[31m\x7f", "a\\010b\\009c\\027[31m\\127"},
        {"\xe2\x80\xae"
         "abc",
         "\\226\\128\\174abc"}, /* U+202E */
        {"\xef\xbb\xbf", "\\239\\187\\191"},
        {"\xff\xc3(", "\\255\\195("},
        {"m\xc3\xa4rker \xe4\xb8\xad", "m\xc3\xa4rker \xe4\xb8\xad"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(written(*state, html_text, rows[i].text), rows[i].wanted);
    assert_string_equal(written(*state, html_text, NULL), "");
}

/* Nothing ends the attribute, or begins another. */
static void test_attribute(void **state)
{
    assert_string_equal(written(*state, attribute, "\" onclick=\"x"),
                        " data-head=\"&quot; onclick=&quot;x\"");
    assert_string_equal(written(*state, attribute, "'><img src=x>"),
                        " data-head=\"&#39;&gt;&lt;img src=x&gt;\"");
}

static void test_name(void **state)
{
    assert_string_equal(written(*state, html_name, "a.b-c<"), "<bdi>a.<wbr>b-<wbr>c&lt;</bdi>");
    assert_string_equal(written(*state, html_name, "a."), "<bdi>a.</bdi>");
}

/* What is cut says how much there was, and no character is cut in two. */
static void test_long(void **state)
{
    char many[3000];
    const char *said;

    memset(many, 'x', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    said = written(*state, html_text, many);
    assert_int_equal(strspn(said, "x"), HTML_TEXT_MAX);
    assert_string_equal(said + HTML_TEXT_MAX, "\xe2\x80\xa6 (2999 bytes)");
    memcpy(many + HTML_NAME_MAX - 1, "\xc3\xa4", 2);
    many[HTML_NAME_MAX + 1] = '\0';
    said = written(*state, html_name, many);
    assert_int_equal(strspn(said + 5, "x"), HTML_NAME_MAX - 1);
    assert_non_null(strstr(said, "\xe2\x80\xa6 (256 bytes)</bdi>"));
}

static void class_of(struct html *html, const char *text)
{
    html_class(html, text);
}

static void test_class(void **state)
{
    assert_string_equal(written(*state, class_of, "odd\" onload=\"x<y>-z 1"), "odd onloadxy-z 1");
}

static void test_numbers(void **state)
{
    static const struct {
        double number;
        const char *wanted;
    } rows[] = {{1.005, "1.00"},      {(double)NAN, "0.00"},  {(double)INFINITY, "0.00"},
                {1e300, "100000.00"}, {-1e300, "-100000.00"}, {37, "37.00"}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text out = {0};
        struct html html = {.out = &out, .arena = *state};

        html_number(&html, rows[i].number, 2);
        assert_string_equal(text_string(&out), rows[i].wanted);
        text_fini(&out);
    }
}

static void test_figure(void **state)
{
    struct text out = {0};
    struct html html = {.out = &out, .arena = *state};

    svg_begin(&html, "x", 10, "</title><script>", "\">");
    svg_text(&html, "", 50, 5, SVG_MIDDLE, "</svg>");
    svg_rect(&html, "s-bar", 0, 0, -5, (double)NAN);
    svg_end(&html);
    assert_string_equal(
        text_string(&out),
        "<svg role=\"img\" class=\"x\" aria-labelledby=\"t1\" aria-describedby=\"d1\" width=\"100%\" "
        "height=\"10.00\"><title id=\"t1\">&lt;/title&gt;&lt;script&gt;</title><desc "
        "id=\"d1\">&quot;&gt;</desc><text class=\"\" x=\"50.00%\" y=\"5.00\" "
        "text-anchor=\"middle\">&lt;/svg&gt;</text><rect class=\"s-bar\" x=\"0.00%\" y=\"0.00\" "
        "width=\"0.00%\" height=\"0.00\"/></svg>");
    text_fini(&out);
}

static void test_log_place(void **state)
{
    (void)state;
    assert_true(fabs(svg_log_place(100, 1, 10000) - 50) < 1e-9);
    assert_true(svg_log_place(0, 1, 10) == 0 && svg_log_place(0.5, 1, 10) == 0);
    assert_true(svg_log_place(1e9, 1, 10) == 100);
}

/* Times of people, and what is no time stays text. */
static void test_time(void **state)
{
    assert_string_equal(written(*state, html_time, "2026-11-29T02:57:25.346Z"), "2026-11-29\xc2\xa0"
                                                                                "02:57:25\xc2\xa0UTC");
    assert_string_equal(written(*state, html_time, "<b>"), "&lt;b&gt;");
    assert_string_equal(written(*state, html_sentence, "a <b>"), "A &lt;b&gt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_text),   ARENA_TEST(test_attribute), ARENA_TEST(test_name),
        ARENA_TEST(test_long),   ARENA_TEST(test_class),     ARENA_TEST(test_numbers),
        ARENA_TEST(test_figure), ARENA_TEST(test_log_place), ARENA_TEST(test_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
