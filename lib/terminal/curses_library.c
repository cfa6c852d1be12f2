/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "curses_library.h"
#include <k8sdns/base/library.h>
#include <stddef.h>

/* It brings libtinfo along, in which the other names are then found. */
#define LIBRARY "libncursesw.so.6"

static const struct library_function functions[] = {
#define CURSES_ROW(name) {#name, offsetof(struct curses_library, name)},
    CURSES_FUNCTIONS(CURSES_ROW)
#undef CURSES_ROW
};

const struct curses_library *curses_library_load(struct err *err)
{
    static struct curses_library library;
    static bool loaded;

    loaded = loaded || library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]), &library,
                                    "screens (" LIBRARY "); top --batch prints the same as text", err) == 0;
    return loaded ? &library : NULL;
}
