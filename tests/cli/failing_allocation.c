/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded: the allocation whose number stands in FAIL_AT (from 1) fails, and with FAIL_ON all from there
 * on. When the program ends, the number of allocations is written to the descriptor in COUNT_TO.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);

static unsigned long fail_at, seen;
static bool fail_on;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAIL_AT");

    fail_on = getenv("FAIL_ON") != NULL;
    seen = 0;
    fail_at = at ? strtoul(at, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
    const char *to = getenv("COUNT_TO");

    if (to)
        dprintf(atoi(to), "%lu\n", seen);
}

static bool fails(void)
{
    unsigned long number = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);

    if (!fail_at || (fail_on ? number < fail_at : number != fail_at))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *at, size_t size)
{
    return fails() ? NULL : __libc_realloc(at, size);
}
