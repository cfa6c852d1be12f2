/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TIME_AXIS_H
#define K8SDNS_RENDER_TIME_AXIS_H

#include "html.h"
#include <stdint.h>

/* The axis of time that the rows of a timeline share, with marks through all of them. */
struct time_axis {
    uint64_t begin_ns; /* since 1970 */
    double span_ms;
    double marks[16]; /* in percent */
    size_t marks_count;
};

/* Mark the moment `time` (RFC 3339; NULL or another text: none), if it is on the axis. */
void time_axis_mark(struct time_axis *axis, const char *time);

/* The marks, in a figure of that height. */
void time_axis_marks(struct html *html, const struct time_axis *axis, double height);

/* A figure of its own with the clock under the rows, UTC; fewer ticks show on a narrow page. */
void time_axis_ticks(struct html *html, const struct time_axis *axis);

#endif
