/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/capture/json_tree.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static size_t most, used;
static bool bounded, exceeded;

static void *take(size_t size)
{
    void *at;

    if (bounded && size > most - used) {
        exceeded = true;
        return NULL;
    }
    at = malloc(size);
    if (at && bounded) {
        size_t got = malloc_usable_size(at);

        used = got < most - used ? used + got : most;
    }
    return at;
}

static void give(void *at)
{
    if (at && bounded) {
        size_t got = malloc_usable_size(at);

        used -= got < used ? got : used;
    }
    free(at);
}

void json_tree_begin(size_t room)
{
    /* What was taken before comes from malloc() as well. */
    json_set_alloc_funcs(take, give);
    most = room;
    used = 0;
    exceeded = false;
    bounded = true;
}

bool json_tree_end(void)
{
    bounded = false;
    return exceeded;
}

size_t json_tree_used(void)
{
    return used;
}

json_t *json_tree_read(const char *bytes, size_t len, size_t flags, size_t room, json_error_t *where)
{
    json_t *tree;

    json_tree_begin(room);
    tree = json_loadb(bytes, len, flags, where);
    if (json_tree_end() && !tree) {
        snprintf(where->text, sizeof(where->text), "it would take more than %zu MB of memory",
                 room / 1024 / 1024);
        where->line = where->column = -1;
    }
    return tree;
}
