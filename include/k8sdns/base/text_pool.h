/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_TEXT_POOL_H
#define K8SDNS_BASE_TEXT_POOL_H

#include <k8sdns/base/arena.h>

/*
 * Texts of which most have come before: each is kept in the arena about once. A text that finds no place near
 * its own is kept once more, so that texts which were made to collide take memory, and no time. Start with
 * {.arena = }; nothing is to be ended.
 */
struct text_pool {
    struct arena *arena;
    const char **places;
    size_t room, count;
};

const char *text_pool_keep(struct text_pool *pool, const char *text) __attribute__((returns_nonnull));

#endif
