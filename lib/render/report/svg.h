/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_SVG_H
#define K8SDNS_RENDER_SVG_H

#include "html.h"

/*
 * Small plots. A figure has no viewBox: x and widths are in percent of its width, y and heights in pixels, so
 * that bars stretch with the page while text keeps its size on a phone as on paper. Every figure has a title
 * and a description, which say its numbers to who cannot see it. Classes are literals of the program.
 */
enum svg_anchor {
    SVG_START,
    SVG_MIDDLE,
    SVG_END,
};

/* A figure `height` pixels high, of the style `class`; title and description are any text. */
void svg_begin(struct html *html, const char *class, double height, const char *title,
               const char *description);
void svg_end(struct html *html);

void svg_rect(struct html *html, const char *class, double x, double y, double width, double height);
void svg_line(struct html *html, const char *class, double x1, double y1, double x2, double y2);
void svg_dot(struct html *html, const char *class, double x, double y, double radius);
void svg_text(struct html *html, const char *class, double x, double y, enum svg_anchor anchor,
              const char *text);

/* A triangle of 8 pixels that points down at (x, y). */
void svg_pointer(struct html *html, const char *class, double x, double y);

/* Where a value is on a logarithmic axis from `low` to `high`, in percent; what is outside is at its end. */
double svg_log_place(double value, double low, double high);

/* The sign of a status or severity, 16 pixels wide; its word stands beside it, so it says nothing itself. */
void svg_sign(struct html *html, const char *class);

#endif
