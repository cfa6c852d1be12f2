/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ncurses where it is part of the program; curses_library.c loads it elsewhere. */
#include "curses_library.h"

/* Of a program that carries all its libraries: ncurses is in it, and nothing is to be loaded. */
const struct curses_library *curses_library_load(struct err *err)
{
    static const struct curses_library library = {
#define CURSES_ROW(name) .name = (name),
        CURSES_FUNCTIONS(CURSES_ROW)
#undef CURSES_ROW
    };

    (void)err;
    return &library;
}
