/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include "envelope.h"
#include "output.h"
#include <stdio.h>

/* Go back over the live text on the screen. */
static void add_erasure(struct text *out, struct run *run)
{
    char up[32];

    if (!run->live_lines)
        return;
    snprintf(up, sizeof(up), "\033[%zuA\033[J", run->live_lines);
    text_add(out, up);
    run->live_lines = 0;
}

/* Live text on a screen stands where the one before it stood. */
static void add_live(struct text *out, struct run *run, const void *data)
{
    struct text part = {0};
    struct printer printer;

    output_page(run->globals, &part, &printer);
    run->command->render_part(data, &printer, run->arena);
    add_erasure(out, run);
    text_add(out, text_string(&part));
    for (const char *at = text_string(&part); printer.height && !run->command->scrolls && *at; at++)
        run->live_lines += *at == '\n';
    text_fini(&part);
}

bool emit_is_live(const struct run *run)
{
    struct text unused = {0};
    struct printer printer;

    if (run->globals->json)
        return false;
    output_page(run->globals, &unused, &printer);
    return printer.height > 0;
}

int emit_part(struct run *run, const void *data)
{
    struct text out = {0};
    int r;

    if (run->globals->json)
        envelope_write(&out, run, NULL, data, STATUS_OK, false);
    else if (!run->globals->quiet)
        add_live(&out, run, data);
    r = output_write(&out, &run->err);
    text_fini(&out);
    return r;
}

int emit_piece(struct run *run, const struct shape *shape, const void *data,
               void (*render)(const void *data, struct printer *printer, struct arena *arena))
{
    struct text out = {0};
    struct printer printer;
    int r;

    if (run->globals->json) {
        envelope_write(&out, run, shape, data, STATUS_OK, false);
    } else {
        output_page(run->globals, &out, &printer);
        render(data, &printer, run->arena);
    }
    r = output_write(&out, &run->err);
    text_fini(&out);
    return r;
}

int emit_end(struct run *run, const void *data, int status)
{
    struct text out = {0};
    int r;

    if (run->globals->json) {
        if (!run->told || !data)
            envelope_write(&out, run, NULL, data, status, true);
    } else if (data) {
        struct printer printer;

        add_erasure(&out, run);
        output_page(run->globals, &out, &printer);
        run->command->render(data, &printer, run->arena);
    }
    r = output_write(&out, &run->err);
    if (r >= 0)
        r = output_close(&run->err);
    text_fini(&out);
    return r;
}
