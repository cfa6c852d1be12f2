/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of top as a function: facts and a view in, cells out; keys and what they do to the view. */
#include "unit.h"
#include <k8sdns/model/top/active_findings.h>
#include <k8sdns/model/watch/history.h>
#include <k8sdns/render/top/top_screen.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static struct arena *test_arena; /* of the test that runs */

static struct top_facts some_facts(struct arena *arena, size_t servers)
{
    struct history_facts *history = ARENA_NEW(arena, struct history_facts);
    struct facts *facts = ARENA_NEW(arena, struct facts);

    history->window_ms = 60000;
    history->tick_ms = 10000;
    for (size_t i = 0; i < servers; i++) {
        struct history_series_facts *s = ARENA_PUSH(arena, history->series, history->series_count);

        *s = (struct history_series_facts){.target = arena_printf(arena, "10.0.0.%zu", i + 1),
                                           .type = "A",
                                           .role = TARGET_REPLICA,
                                           .sent = 60,
                                           .lost = i,
                                           .loss_ratio = (double)i / 60,
                                           .last_us = 1000 * (servers - i),
                                           .p50_us = 1000,
                                           .p99_us = 1000 * (servers - i),
                                           .max_us = 9000};
    }
    facts->history = history;
    return (struct top_facts){
        .live = true, .facts = facts, .history = history, .time = "2026-01-31T12:00:00.000Z"};
}

static struct grid *draw(const struct top_facts *facts, struct top_view *view, unsigned width,
                         unsigned height)
{
    view->width = width;
    view->height = height;
    return top_screen_draw(facts, view, test_arena);
}

static bool has(const struct grid *grid, const char *text)
{
    for (unsigned y = 0; y < grid->height; y++)
        if (strstr(grid_row_text(grid, y, test_arena), text))
            return true;
    return false;
}

/* ---- the grid ---- */

static void test_grid_cuts(__attribute__((unused)) void **state)
{
    struct grid *grid = grid_new(test_arena, 8, 2, false);

    assert_int_equal(grid_put(grid, 2, 0, 4, STYLE_PLAIN, "abcdef"), 4);
    assert_string_equal(grid_row_text(grid, 0, test_arena), "  abc~");
    /* Outside there is nothing to write to. */
    grid_put(grid, 7, 1, 10, STYLE_PLAIN, "xyz");
    grid_put(grid, 0, 9, 10, STYLE_PLAIN, "xyz");
    assert_string_equal(grid_row_text(grid, 1, test_arena), "       x");
}

/* Whatever text says, a cell holds one printable character of one column. */
static void test_grid_hostile(__attribute__((unused)) void **state)
{
    static const char *const texts[] = {
        "\033[31mred\033[2J",
        "\rover",
        "a\nb",
        "\x9b"
        "31m",
        "\xc2\x9b"
        "5n",
        "\xe2\x80\xae"
        "evil",
        "\x7f\x08",
        "\xff\xfe",
        "e\xcc\x81",
        "\xe4\xb8\xad",
        "\xf0\x9f\x92\xa9",
        "\xe2\x80\x8b",
    };

    for (int utf8 = 0; utf8 < 2; utf8++) {
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
            struct grid *grid = grid_new(test_arena, 60, 1, utf8);
            unsigned columns = grid_put(grid, 0, 0, 60, STYLE_PLAIN, texts[i]);

            assert_int_equal(columns, grid_columns(grid, texts[i]));
            for (unsigned x = 0; x < 60; x++) {
                uint32_t c = grid->cells[x].glyph;

                assert_true((c >= 0x20 && c < 0x7f) || (utf8 && c >= 0xa0 && c < 0x2000));
            }
        }
    }
}

static void test_screen_hostile(__attribute__((unused)) void **state)
{
    struct top_facts facts = some_facts(test_arena, 1);
    struct top_view view = {.utf8 = true};
    struct active_finding_facts active_findings = {
        .id = "x", .title = "t\033]0;owned\a", .subject = "\033[2J\r\n", .over_s = (double)NAN};
    struct grid *grid;

    facts.history->series[0].target = "\033[H\033[2J10.0.0.1";
    facts.verdict = "\033[31mverdict";
    facts.active_findings = &active_findings;
    facts.active_findings_count = 1;
    grid = draw(&facts, &view, 80, 24);
    for (size_t i = 0; i < (size_t)grid->width * grid->height; i++)
        assert_true(grid->cells[i].glyph >= 0x20 && grid->cells[i].glyph != 0x7f);
    assert_true(has(grid, "\\027[31mverdict"));
}

/* ---- the screen ---- */

/* Every size will do, and what matters most is there from 40x12 on. */
static void test_sizes(__attribute__((unused)) void **state)
{
    struct top_facts facts = some_facts(test_arena, 16);
    struct active_finding_facts active_findings = {
        .id = "replica-unreachable", .title = "a replica is dead", .over_s = (double)NAN};

    facts.verdict = "DNS fails";
    facts.active_findings = &active_findings;
    facts.active_findings_count = 1;
    for (unsigned width = 1; width < 210; width += width < 12 ? 1 : 13)
        for (unsigned height = 1; height < 60; height += height < 12 ? 1 : 7) {
            struct top_view view = {.utf8 = true};
            struct grid *grid = draw(&facts, &view, width, height);

            assert_int_equal(grid->width, width);
            assert_int_equal(grid->height, height);
            if (width >= 40 && height >= 12) {
                assert_true(has(grid, "DNS fails"));
                assert_true(has(grid, "a replica is dead"));
                assert_true(has(grid, "10.0.0.2")); /* the first in trouble */
            }
            for (size_t panel = 0; panel < top_screen_panels(); panel++) {
                view.panel = panel;
                draw(&facts, &view, width, height);
                view.alone = !view.alone;
            }
        }
}

static void test_order(__attribute__((unused)) void **state)
{
    static const struct {
        enum top_sort sort;
        const char *first;
    } rows[] = {{TOP_SORT_TROUBLE, "10.0.0.2 "},
                {TOP_SORT_ROLE, "10.0.0.1 "},
                {TOP_SORT_LOSS, "10.0.0.12"},
                {TOP_SORT_LATENCY, "10.0.0.1 "},
                {TOP_SORT_NAME, "10.0.0.1 "}};
    struct top_facts facts = some_facts(test_arena, 12);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct top_view view = {.sort = rows[i].sort, .panel = top_screen_panel("servers"), .alone = true};
        struct grid *grid = draw(&facts, &view, 80, 24);

        /* The title, what is waited for, the panel's heading. */
        assert_non_null(strstr(grid_row_text(grid, 3, test_arena), rows[i].first));
    }
}

/* The marked row stays the same server though the order changes. */
static void test_mark_stays(__attribute__((unused)) void **state)
{
    struct top_facts facts = some_facts(test_arena, 12);
    struct top_view view = {.panel = top_screen_panel("servers"), .sort = TOP_SORT_ROLE};

    draw(&facts, &view, 80, 24);
    for (int i = 0; i < 4; i++)
        top_view_key(&view, TOP_KEY_DOWN);
    draw(&facts, &view, 80, 24);
    assert_string_equal(view.at[view.panel].key, "10.0.0.5|A");
    view.sort = TOP_SORT_LOSS;
    draw(&facts, &view, 80, 24);
    assert_string_equal(view.at[view.panel].key, "10.0.0.5|A");
    assert_int_equal(view.at[view.panel].row, 7);
}

static void test_filter(__attribute__((unused)) void **state)
{
    struct top_facts facts = some_facts(test_arena, 12);
    struct top_view view = {0};

    for (const char *key = "/0.12\n"; *key; key++)
        assert_int_equal(top_view_key(&view, (unsigned)*key), TOP_DO_NOTHING);
    assert_string_equal(view.filter, "0.12");
    assert_true(has(draw(&facts, &view, 80, 24), "10.0.0.12"));
    assert_false(has(draw(&facts, &view, 80, 24), "10.0.0.11"));
    top_view_key(&view, TOP_KEY_ESCAPE);
    assert_true(has(draw(&facts, &view, 80, 24), "10.0.0.11"));
}

/* ---- keys ---- */

static void test_keys(__attribute__((unused)) void **state)
{
    struct top_facts facts = some_facts(test_arena, 12);
    struct top_view view = {.file = "k8sdns.json"};
    size_t panels = top_screen_panels();

    draw(&facts, &view, 80, 24);
    for (size_t i = 1; i <= panels; i++) {
        top_view_key(&view, TOP_KEY_TAB);
        assert_int_equal(view.panel, i % panels);
    }
    top_view_key(&view, TOP_KEY_BACKTAB);
    assert_int_equal(view.panel, panels - 1);
    top_view_key(&view, '2');
    assert_int_equal(view.panel, 1);
    assert_false(view.alone);
    top_view_key(&view, '2');
    assert_true(view.alone);
    top_view_key(&view, TOP_KEY_ESCAPE);
    assert_false(view.alone);
    top_view_key(&view, '9');
    assert_int_equal(view.panel, 1);
    top_view_key(&view, TOP_KEY_ENTER);
    assert_int_equal(view.mode, TOP_DETAILS);
    assert_true(has(draw(&facts, &view, 80, 24), "replica 10.0.0.2, A"));
    top_view_key(&view, '?');
    assert_int_equal(view.mode, TOP_HELP);
    assert_true(has(draw(&facts, &view, 80, 24), "Keys"));
    top_view_key(&view, TOP_KEY_ESCAPE);
    assert_int_equal(view.mode, TOP_PANELS);
    top_view_key(&view, 'p');
    assert_true(view.paused);
    assert_int_equal(top_view_key(&view, 'r'), TOP_DO_LOOK);
    assert_int_equal(top_view_key(&view, TOP_KEY_REDRAW), TOP_DO_REDRAW);
    assert_int_equal(top_view_key(&view, 'w'), TOP_DO_NOTHING);
    assert_string_equal(view.typed, "k8sdns.json");
    assert_int_equal(top_view_key(&view, TOP_KEY_ENTER), TOP_DO_WRITE);
    assert_int_equal(top_view_key(&view, 'q'), TOP_DO_QUIT);
}

static void test_typing(__attribute__((unused)) void **state)
{
    struct top_view view = {0};

    top_view_key(&view, 'n');
    for (const char *key = "qp?"; *key; key++)
        top_view_key(&view, (unsigned)*key);
    top_view_key(&view, 0xe9);
    assert_string_equal(view.typed, "qp?\xc3\xa9");
    top_view_key(&view, TOP_KEY_BACKSPACE);
    top_view_key(&view, TOP_KEY_BACKSPACE);
    assert_string_equal(view.typed, "qp");
    for (int i = 0; i < 2 * TOP_TYPED_MAX; i++)
        top_view_key(&view, 'x');
    assert_int_equal(strlen(view.typed), TOP_TYPED_MAX - 1);
    top_view_key(&view, TOP_KEY_KILL);
    assert_string_equal(view.typed, "");
    top_view_key(&view, TOP_KEY_BACKSPACE);
    top_view_key(&view, 'a');
    assert_int_equal(top_view_key(&view, '\r'), TOP_DO_NAMES);
    assert_string_equal(view.typed, "a");
}

static void test_mouse(__attribute__((unused)) void **state)
{
    struct top_facts facts = some_facts(test_arena, 12);
    struct top_view view = {0};
    struct top_box box;

    draw(&facts, &view, 80, 24);
    box = view.boxes[1];
    top_view_click(&view, box.x + 3, box.y + 3);
    assert_int_equal(view.panel, 1);
    assert_int_equal(view.at[1].row, 2);
    draw(&facts, &view, 80, 24);
    top_view_click(&view, box.x + 3, box.y + 3);
    assert_int_equal(view.mode, TOP_DETAILS);
    top_view_click(&view, 0, 0);
    assert_int_equal(view.mode, TOP_PANELS);
    top_view_wheel(&view, box.x + 3, box.y + 3, 1);
    assert_int_equal(view.at[1].row, 5);
    top_view_click(&view, 500, 500);
    assert_int_equal(view.panel, 1);
}

/* ---- findings that stand ---- */

static struct clock_stamp at(uint64_t seconds)
{
    return (struct clock_stamp){seconds * SECOND, seconds * SECOND};
}

static void test_active_findings(__attribute__((unused)) void **state)
{
    struct active_findings *active_findings = active_findings_new();
    struct finding two[] = {{.id = "a", .title = "A", .severity = SEVERITY_WARNING},
                            {.id = "b", .title = "B", .subject = "s", .severity = SEVERITY_CRITICAL}};
    struct top_facts facts = {0};

    active_findings_update(active_findings, two, 1, at(100));
    active_findings_update(active_findings, two, 2, at(110));
    active_finding_facts_of(active_findings, at(115), test_arena, &facts);
    assert_int_equal(facts.active_findings_count, 2);
    /* As diagnose ranks them, though the second is newer. */
    assert_string_equal(facts.active_findings[0].id, "a");
    assert_true(facts.active_findings[0].stood_s == 15 && facts.active_findings[1].stood_s == 5);
    /* It ends, is remembered, comes back as a new one, and is forgotten in the end. */
    active_findings_update(active_findings, &two[1], 1, at(120));
    active_finding_facts_of(active_findings, at(130), test_arena, &facts);
    assert_true(isnan(facts.active_findings[0].over_s));
    assert_true(facts.active_findings[1].over_s == 10 && facts.active_findings[1].stood_s == 20);
    active_findings_update(active_findings, two, 2, at(140));
    active_finding_facts_of(active_findings, at(141), test_arena, &facts);
    assert_string_equal(facts.active_findings[0].id, "a");
    assert_true(facts.active_findings[0].stood_s == 1);
    active_findings_update(active_findings, NULL, 0, at(150));
    active_findings_update(active_findings, NULL, 0, at(150 + STANDING_OVER_NS / SECOND + 1));
    active_finding_facts_of(active_findings, at(1000), test_arena, &facts);
    assert_int_equal(facts.active_findings_count, 0);
    active_findings_free(active_findings);
}

static void test_active_findings_is_bounded(__attribute__((unused)) void **state)
{
    struct active_findings *active_findings = active_findings_new();
    struct top_facts facts = {0};

    for (size_t i = 0; i < 3 * STANDING_MAX; i++) {
        struct finding one = {.id = "a", .title = "A", .subject = arena_printf(test_arena, "%zu", i)};

        active_findings_update(active_findings, &one, 1, at(100 + i / 100));
    }
    active_finding_facts_of(active_findings, at(200), test_arena, &facts);
    assert_int_equal(facts.active_findings_count, STANDING_MAX);
    assert_int_equal(facts.active_findings_forgotten, 2 * STANDING_MAX);
    assert_string_equal(facts.active_findings[0].subject, "191");
    active_findings_free(active_findings);
}

static int setup(void **state)
{
    (void)state;
    test_arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(test_arena);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_grid_cuts),       TEST(test_grid_hostile),
        TEST(test_screen_hostile),  TEST(test_sizes),
        TEST(test_order),           TEST(test_mark_stays),
        TEST(test_filter),          TEST(test_keys),
        TEST(test_typing),          TEST(test_mouse),
        TEST(test_active_findings), TEST(test_active_findings_is_bounded),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
