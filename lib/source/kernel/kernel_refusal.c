/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/source/kernel/kernel_refusal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char lines[REFUSAL_LINES][REFUSAL_WIDTH];
static size_t written;

void kernel_refusal_take(const char *fmt, va_list args)
{
    char *piece;

    /* A verifier's log has megabytes at times; without room for it nothing is kept. */
    if (vasprintf(&piece, fmt, args) < 0)
        return;
    for (char *save, *line = strtok_r(piece, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        snprintf(lines[written++ % REFUSAL_LINES], REFUSAL_WIDTH, "%s", line);
    free(piece);
}

size_t kernel_refusal_lines(const char *ret_lines[REFUSAL_LINES])
{
    size_t count = written < REFUSAL_LINES ? written : REFUSAL_LINES;

    for (size_t i = 0; i < count; i++)
        ret_lines[i] = lines[(written - count + i) % REFUSAL_LINES];
    return count;
}
