/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/arena.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One block serves an ordinary run; it is small enough not to show in the peak of a short command. */
#define BLOCK_SIZE (16 * 1024)

struct block {
    struct block *next;
    void *owned; /* from the heap; NULL: none */
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks;
};

static struct block *block_new(size_t size, struct block *next)
{
    struct block *b = calloc(1, sizeof(*b) + size);

    if (!b)
        err_out_of_memory();
    b->size = size;
    b->next = next;
    return b;
}

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (!arena)
        err_out_of_memory();
    return arena;
}

void arena_free(struct arena *arena)
{
    struct block *next;

    if (!arena)
        return;
    for (struct block *b = arena->blocks; b; b = next) {
        next = b->next;
        free(b->owned);
        free(b);
    }
    free(arena);
}

void arena_own(struct arena *arena, void *heap)
{
    struct block *b = block_new(0, NULL), **last = &arena->blocks;

    b->owned = heap;
    /* Behind the first, whose rest stays in use. */
    if (*last)
        last = &(*last)->next;
    b->next = *last;
    *last = b;
}

void arena_reset(struct arena *arena)
{
    struct block *kept = arena->blocks;

    if (!kept)
        return;
    for (struct block *b = kept->next, *next; b; b = next) {
        next = b->next;
        free(b->owned);
        free(b);
    }
    free(kept->owned);
    kept->owned = NULL;
    memset(kept->bytes, 0, kept->used);
    kept->next = NULL;
    kept->used = 0;
}

void arena_adopt(struct arena *arena, struct arena *child)
{
    struct block **last = &arena->blocks;

    while (*last)
        last = &(*last)->next;
    *last = child->blocks;
    free(child);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *b = arena->blocks;
    void *at;

    if (size > SIZE_MAX / 2)
        err_out_of_memory();
    size = (size + align - 1) & ~(align - 1);
    if (!b || b->size - b->used < size) {
        if (size > BLOCK_SIZE / 4 && b) {
            /* A large piece gets a block of its own behind the current one, whose rest stays in use. */
            b->next = block_new(size, b->next);
            b->next->used = size;
            return b->next->bytes;
        }
        b = arena->blocks = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE, b);
    }
    at = b->bytes + b->used;
    b->used += size;
    return at;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 2 / size)
        err_out_of_memory();
    return arena_alloc(arena, count * size);
}

void *arena_copy(struct arena *arena, const void *from, size_t size)
{
    void *to = arena_alloc(arena, size ? size : 1);

    if (size)
        memcpy(to, from, size);
    return to;
}

char *arena_text_n(struct arena *arena, const char *text, size_t len)
{
    char *to = arena_alloc(arena, len + 1);

    if (len)
        memcpy(to, text, len);
    return to;
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_text_n(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;
    char *to;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    to = arena_alloc(arena, (size_t)(n > 0 ? n : 0) + 1);
    vsnprintf(to, (size_t)(n > 0 ? n : 0) + 1, fmt, again);
    va_end(again);
    return to;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    char *to;

    va_start(args, fmt);
    to = arena_vprintf(arena, fmt, args);
    va_end(args);
    return to;
}

void *arena_push(struct arena *arena, void *items, size_t *count, size_t size)
{
    unsigned char *old, *at;

    memcpy(&old, items, sizeof(old));
    /* The room is the next power of two, so it is full exactly when the count is one. */
    if ((*count & (*count - 1)) == 0) {
        unsigned char *grown = arena_array(arena, *count ? *count * 2 : 1, size);

        if (*count)
            memcpy(grown, old, *count * size);
        memcpy(items, &grown, sizeof(grown));
        old = grown;
    }
    at = old + *count * size;
    memset(at, 0, size);
    (*count)++;
    return at;
}

char *arena_hex(struct arena *arena, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, len * 2 + 1);

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return text;
}

char *arena_join(struct arena *arena, const char *const *texts, size_t count, const char *separator)
{
    size_t len = 0;
    char *all, *at;

    for (size_t i = 0; i < count; i++)
        len += strlen(texts[i]) + strlen(separator);
    at = all = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < count; i++) {
        at = stpcpy(at, i ? separator : "");
        at = stpcpy(at, texts[i]);
    }
    return all;
}
