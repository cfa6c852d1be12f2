/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/render/page/status_line.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum style status_style(int health)
{
    static const enum style styles[] = {[HEALTH_OK] = STYLE_GOOD,
                                        [HEALTH_DEGRADED] = STYLE_ODD,
                                        [HEALTH_FAILING] = STYLE_BAD,
                                        [HEALTH_UNKNOWN] = STYLE_ODD};

    return health >= 0 ? styles[health] : STYLE_STRONG;
}

void status_line(struct printer *printer, int health, const char *fmt, ...)
{
    const char *word = health_titles[health >= 0 ? health : HEALTH_UNKNOWN];
    struct text line = {0};
    char *said = NULL;
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&said, fmt, args) < 0)
        err_out_of_memory();
    va_end(args);
    text_addf(&line, "%s: %s", word, said);
    free(said);
    printer_line(printer, status_style(health), text_string(&line));
    text_fini(&line);
}
