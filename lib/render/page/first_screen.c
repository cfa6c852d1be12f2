/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/render/page/first_screen.h>

void first_screen(struct printer *printer,
                  void (*render)(const void *data, bool condensed, struct printer *printer,
                                 struct arena *arena),
                  const void *data, struct arena *arena)
{
    struct text whole = {0};
    struct printer trial = *printer;
    size_t lines = 0;

    trial.out = &whole;
    render(data, false, &trial, arena);
    for (const char *at = text_string(&whole); *at; at++)
        lines += *at == '\n';
    if (printer->verbosity > 0 || lines <= FIRST_SCREEN_LINES)
        text_add_n(printer->out, text_string(&whole), whole.len);
    else
        render(data, true, printer, arena);
    text_fini(&whole);
}
