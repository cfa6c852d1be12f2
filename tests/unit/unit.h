/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TESTS_UNIT_H
#define K8SDNS_TESTS_UNIT_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <k8sdns/base/arena.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each test gets a fresh arena as its state. */
static inline int arena_setup(void **state)
{
    *state = arena_new();
    return 0;
}

static inline int arena_teardown(void **state)
{
    arena_free(*state);
    return 0;
}

#define ARENA_TEST(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

#endif
