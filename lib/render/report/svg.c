/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "svg.h"
#include <math.h>
#include <string.h>

static void add_number(struct html *h, const char *name, double number, const char *unit)
{
    text_addf(h->out, " %s=\"", name);
    html_number(h, number, 2);
    text_addf(h->out, "%s\"", unit);
}

static void add_class(struct html *h, const char *class)
{
    html(h, " class=\"");
    html_class(h, class);
    html(h, "\"");
}

void svg_begin(struct html *h, const char *class, double height, const char *title, const char *description)
{
    unsigned id = html_id(h);

    html(h, "<svg role=\"img\"");
    add_class(h, class);
    text_addf(h->out, " aria-labelledby=\"t%u\" aria-describedby=\"d%u\" width=\"100%%\"", id, id);
    add_number(h, "height", height, "");
    text_addf(h->out, "><title id=\"t%u\">", id);
    html_text(h, title);
    text_addf(h->out, "</title><desc id=\"d%u\">", id);
    html_text(h, description);
    html(h, "</desc>");
}

void svg_end(struct html *h)
{
    html(h, "</svg>");
}

void svg_rect(struct html *h, const char *class, double x, double y, double width, double height)
{
    html(h, "<rect");
    add_class(h, class);
    add_number(h, "x", x, "%");
    add_number(h, "y", y, "");
    add_number(h, "width", width > 0 ? width : 0, "%");
    add_number(h, "height", height > 0 ? height : 0, "");
    html(h, "/>");
}

void svg_line(struct html *h, const char *class, double x1, double y1, double x2, double y2)
{
    html(h, "<line");
    add_class(h, class);
    add_number(h, "x1", x1, "%");
    add_number(h, "y1", y1, "");
    add_number(h, "x2", x2, "%");
    add_number(h, "y2", y2, "");
    html(h, "/>");
}

void svg_dot(struct html *h, const char *class, double x, double y, double radius)
{
    html(h, "<circle");
    add_class(h, class);
    add_number(h, "cx", x, "%");
    add_number(h, "cy", y, "");
    add_number(h, "r", radius, "");
    html(h, "/>");
}

void svg_text(struct html *h, const char *class, double x, double y, enum svg_anchor anchor, const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};

    html(h, "<text");
    add_class(h, class);
    add_number(h, "x", x, "%");
    add_number(h, "y", y, "");
    text_addf(h->out, " text-anchor=\"%s\">", anchors[anchor]);
    html_text(h, text);
    html(h, "</text>");
}

void svg_pointer(struct html *h, const char *class, double x, double y)
{
    html(h, "<svg overflow=\"visible\"");
    add_number(h, "x", x, "%");
    add_number(h, "y", y, "");
    html(h, "><path");
    add_class(h, class);
    html(h, " d=\"M0 0L-5 -8L5 -8Z\"/></svg>");
}

double svg_log_place(double value, double low, double high)
{
    double at = value > 0 ? 100 * log(value / low) / log(high / low) : 0;

    return at < 0 ? 0 : at > 100 ? 100 : at;
}

void svg_sign(struct html *h, const char *class)
{
    static const struct {
        const char *class;
        const char *shape;
    } shapes[] = {
        {"ok", "<circle cx=\"8\" cy=\"8\" r=\"7\"/><path class=\"on\" d=\"M4.5 8.3L7 10.8L11.5 5.6\"/>"},
        {"warn", "<path d=\"M8 1L15.5 14.5H0.5Z\"/><path class=\"on\" d=\"M8 5.8V10M8 11.8V12.6\"/>"},
        {"bad", "<path d=\"M5 1H11L15 5V11L11 15H5L1 11V5Z\"/><path class=\"on\" d=\"M5.3 5.3L10.7 10.7M10.7 "
                "5.3L5.3 10.7\"/>"},
        {"info", "<rect x=\"1\" y=\"1\" width=\"14\" height=\"14\" rx=\"2\"/><path class=\"on\" d=\"M8 "
                 "7V11.8M8 4.2V5\"/>"},
        {"unknown", "<circle class=\"ring\" cx=\"8\" cy=\"8\" r=\"6.5\"/>"},
    };

    html(h, "<svg aria-hidden=\"true\" focusable=\"false\" width=\"16\" height=\"16\" viewBox=\"0 0 16 16\" "
            "class=\"sign ");
    html_class(h, class);
    html(h, "\"><title></title>");
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (strcmp(shapes[i].class, class) == 0)
            text_add(h->out, shapes[i].shape);
    html(h, "</svg>");
}
