/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of keys. */
#include "top_panel.h"

/* Keys, and what they do; in the order of need. */
static const struct {
    const char *keys, *does;
} keys[] = {
    {"Tab, left, right", "the next or the last panel"},
    {"1 to 9", "that panel; once more: alone on the screen, and back"},
    {"up, down, PgUp, PgDn, Home, End", "rows"},
    {"Enter", "all about the marked row; Esc or Enter leads back"},
    {"n", "ask for other names"},
    {"i", "another interval (500ms, 2s)"},
    {"s", "sort the servers by trouble, role, loss, latency or name"},
    {"/", "show only rows with this text; Esc shows all"},
    {"p", "hold the picture; queries go on"},
    {"r", "look at everything again now"},
    {", .", "of a recording: an interval back, forward; p plays it"},
    {"- +", "of a recording: slower, faster"},
    {"w", "write all that is known to a file, for --from"},
    {"Ctrl-L", "draw all of it again"},
    {"q, Ctrl-C", "leave; the last summary stays on the terminal"},
    {"mouse", "a click marks a row, one more opens it; the wheel scrolls"},
};

void top_help_lines(struct lines *lines, bool utf8)
{
    lines_add(lines, STYLE_STRONG, "", "Keys");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        lines_add(lines, STYLE_PLAIN, "  ", "%s: %s", keys[i].keys, keys[i].does);
    lines_add(lines, STYLE_PLAIN, "", " ");
    lines_add(lines, STYLE_STRONG, "", "The strip of a server");
    lines_add(lines, STYLE_PLAIN, "  ",
              "the newest is at the right; each mark is the worst of a few seconds");
    lines_add(lines, STYLE_PLAIN, "  ", "%s: under 1, 3, 10, 30, 100, 300 ms, 1 s, and slower",
              utf8 ? "\u2581 \u2582 \u2583 \u2584 \u2585 \u2586 \u2587 \u2588" : "_ . - : = + * #");
    lines_add(lines, STYLE_PLAIN, "  ", "!: no answer; E: an answer with an error; empty: not asked");
    lines_add(lines, STYLE_PLAIN, "", " ");
    lines_add(lines, STYLE_STRONG, "", "Numbers of a server");
    lines_add(lines, STYLE_PLAIN, "  ",
              "ms: the last answer; P50, P99 and LOSS: of the last minute; LAST: what came of "
              "the last query");
    lines_add(lines, STYLE_PLAIN, "  ", "k8sdns-top(1) says more");
}
