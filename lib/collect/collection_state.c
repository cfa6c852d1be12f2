/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/collect/collection_state.h>

uint64_t collection_share_us(const struct collection *c, double share)
{
    return (uint64_t)((double)(c->left_us ? c->left_us : c->options->budget_us) * share);
}

/* A line on the terminal while people wait; gone when the page comes. */
void collection_progress(const struct collection *c, const char *what)
{
    if (c->survey->progress)
        c->survey->progress(what);
}
