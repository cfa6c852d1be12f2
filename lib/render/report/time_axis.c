/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "time_axis.h"
#include "svg.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>

#define TICKS 5

void time_axis_mark(struct time_axis *axis, const char *time)
{
    uint64_t ns;
    double place;

    if (!time || !clock_parse(time, &ns) || ns < axis->begin_ns ||
        axis->marks_count == sizeof(axis->marks) / sizeof(axis->marks[0]))
        return;
    place = (double)(ns - axis->begin_ns) / 1e6 / axis->span_ms * 100;
    if (place <= 100)
        axis->marks[axis->marks_count++] = place;
}

void time_axis_marks(struct html *h, const struct time_axis *axis, double height)
{
    for (size_t i = 0; i < axis->marks_count; i++)
        svg_line(h, "s-mark", axis->marks[i], 0, axis->marks[i], height);
}

/* "23:28:04", with tenths where the axis is of seconds. */
static const char *clock_text(struct html *h, const struct time_axis *axis, double part)
{
    char text[CLOCK_TEXT];

    clock_format(axis->begin_ns + number_whole(axis->span_ms * part * 1e6), text, sizeof(text));
    return arena_text_n(h->arena, text + 11, axis->span_ms < 20000 ? 10 : 8);
}

void time_axis_ticks(struct html *h, const struct time_axis *axis)
{
    static const enum svg_anchor anchors[] = {SVG_START, SVG_MIDDLE, SVG_MIDDLE, SVG_MIDDLE, SVG_END};

    svg_begin(h, "x", 20, "Axis of time",
              arena_printf(h->arena, "from %s to %s UTC", clock_text(h, axis, 0), clock_text(h, axis, 1)));
    for (int i = 0; i < TICKS; i++) {
        double place = 100.0 * i / (TICKS - 1);

        svg_line(h, "s-axis", place, 0, place, 5);
        svg_text(h, i % 2 ? "hide5" : "", place, 17, anchors[i], clock_text(h, axis, place / 100));
    }
    svg_end(h);
}
