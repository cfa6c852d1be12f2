/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The questions of the matrix by the targets that they went to. */
#include "asked_probes.h"
#include <string.h>

static struct asked_probes *find(const struct diagnosis *d, const char *id)
{
    for (size_t i = 1; i < d->asked_count; i++)
        if (d->asked[i].target == id || strcmp(d->asked[i].target, id) == 0)
            return &d->asked[i];
    return NULL;
}

void asked_probes_read(struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    size_t targets = matrix ? matrix->targets_count : 0;

    d->asked_count = targets + 1;
    d->asked = arena_array(d->arena, d->asked_count, sizeof(*d->asked));
    for (size_t i = 0; i < targets; i++)
        d->asked[i + 1].target = matrix->targets[i].id;
    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        struct asked_probes *all = &d->asked[0], *asked = find(d, matrix->probes[i].target);

        ARENA_PUSH(d->arena, all->items, all->count)->probe = &matrix->probes[i];
        if (asked)
            ARENA_PUSH(d->arena, asked->items, asked->count)->probe = &matrix->probes[i];
    }
}

const struct asked_probes *probes_at(const struct diagnosis *d, const char *id)
{
    static const struct asked_probes none;
    const struct asked_probes *asked = id ? find(d, id) : &d->asked[0];

    return asked ? asked : &none;
}
