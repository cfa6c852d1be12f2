/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_ARENA_H
#define K8SDNS_BASE_ARENA_H

#include <k8sdns/base/err.h>
#include <stdarg.h>
#include <stddef.h>

/*
 * Memory with one lifetime: everything that a run learns is taken from an arena and given back at once, so
 * facts may point at each other freely and nothing is freed piece by piece.
 *
 * Running out of memory is not an outcome that a caller can mend: these functions end the
 * program (err_out_of_memory) instead of returning NULL. No input may bring that about: whatever reads input
 * states its own maximum first.
 */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* Give back all that was taken but keep a block for what comes next: for work that repeats. */
void arena_reset(struct arena *arena);

/* Take over what `child` holds, which is then gone: for work that was done in a thread of its own. */
void arena_adopt(struct arena *arena, struct arena *child);
/* `size` zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* `count` zeroed objects of `size` bytes; the product is checked. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((malloc, returns_nonnull));

void *arena_copy(struct arena *arena, const void *from, size_t size) __attribute__((returns_nonnull));
char *arena_text(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_text_n(struct arena *arena, const char *text, size_t len) __attribute__((returns_nonnull));
/* Take over what malloc() gave; it lasts as long as the rest. */
void arena_own(struct arena *arena, void *heap);
/* Two lower-case digits for each of `len` bytes. */
char *arena_hex(struct arena *arena, const unsigned char *bytes, size_t len) __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)))
__attribute__((returns_nonnull));

/* Texts one behind another, with `separator` between them. */
char *arena_join(struct arena *arena, const char *const *texts, size_t count, const char *separator)
    __attribute__((returns_nonnull));

/*
 * A growing array in an arena: give the place of the next element, growing `*items` (elements of `size`
 * bytes, `*count` of them in use) by doubling. The element is zeroed and counted.
 */
void *arena_push(struct arena *arena, void *items, size_t *count, size_t size)
    __attribute__((returns_nonnull));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_PUSH(arena, items, count) \
    ((__typeof__(items))arena_push((arena), &(items), &(count), sizeof(*(items))))

#endif
