/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_symbols.h"
#include <ctype.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS "/proc/kallsyms"
/* Functions are shorter; what is farther from a name's address is of something without a name. */
#define FUNCTION_MAX 0x8000

struct kernel_symbol {
    uint64_t address;
    const char *name;
};

struct kernel_symbols {
    struct arena *arena;
    struct kernel_symbol *items; /* by address */
    size_t count;
};

static int by_address(const void *a, const void *b)
{
    const struct kernel_symbol *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

/* "ffffffff81000000 T name	[module]"; data has other letters. Source: Linux kernel/kallsyms.c. */
static void take_line(struct kernel_symbols *symbols, const char *line)
{
    char *end;
    uint64_t address = strtoull(line, &end, 16);

    if (!address || end == line || end[0] != ' ' || !strchr("tTwW", end[1]) || !end[1] || end[2] != ' ')
        return;
    *ARENA_PUSH(symbols->arena, symbols->items, symbols->count) =
        (struct kernel_symbol){address, arena_text_n(symbols->arena, end + 3, strcspn(end + 3, "\t\n"))};
}

struct kernel_symbols *kernel_symbols_new(void)
{
    struct kernel_symbols *symbols = calloc(1, sizeof(*symbols));
    FILE *file = fopen(SYMBOLS, "re");
    char line[512];

    if (!symbols)
        err_out_of_memory();
    symbols->arena = arena_new();
    while (file && fgets(line, sizeof(line), file))
        take_line(symbols, line);
    if (file)
        fclose(file);
    if (symbols->count)
        qsort(symbols->items, symbols->count, sizeof(*symbols->items), by_address);
    return symbols;
}

void kernel_symbols_free(struct kernel_symbols *symbols)
{
    if (!symbols)
        return;
    arena_free(symbols->arena);
    free(symbols);
}

bool kernel_symbols_any(const struct kernel_symbols *symbols)
{
    return symbols->count > 0;
}

const char *kernel_symbols_find(const struct kernel_symbols *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (symbols->items[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || address - symbols->items[low - 1].address > FUNCTION_MAX)
        return "";
    return symbols->items[low - 1].name;
}
