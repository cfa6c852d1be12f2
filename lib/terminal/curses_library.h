/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TERMINAL_CURSES_LIBRARY_H
#define K8SDNS_TERMINAL_CURSES_LIBRARY_H

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <k8sdns/base/err.h>
#include <ncurses.h>
#include <term.h>

/*
 * ncurses, loaded when top opens its screen. Linked in the ordinary way it would cost every other command a
 * tenth of its start, and an image without it could survey nothing.
 */
#define CURSES_FUNCTIONS(X) \
    X(setupterm)            \
    X(set_curterm)          \
    X(del_curterm)          \
    X(newterm)              \
    X(delscreen)            \
    X(endwin)               \
    X(newwin)               \
    X(delwin)               \
    X(cbreak)               \
    X(noecho)               \
    X(nonl)                 \
    X(keypad)               \
    X(nodelay)              \
    X(intrflush)            \
    X(wget_wch)             \
    X(wmove)                \
    X(waddnwstr)            \
    X(wattr_set)            \
    X(wnoutrefresh)         \
    X(doupdate)             \
    X(clearok)              \
    X(leaveok)              \
    X(resizeterm)           \
    X(wresize)              \
    X(curs_set)             \
    X(has_colors)           \
    X(start_color)          \
    X(use_default_colors)   \
    X(init_pair)            \
    X(mousemask)            \
    X(mouseinterval)        \
    X(getmouse)             \
    X(set_escdelay)         \
    X(tigetstr)             \
    X(use_env)

struct curses_library {
#define CURSES_MEMBER(name) __typeof__(&name) name;
    CURSES_FUNCTIONS(CURSES_MEMBER)
#undef CURSES_MEMBER
};

/* Return it, loaded once, or NULL with a message (kind ERR_UNOBSERVED) when this image has none. */
const struct curses_library *curses_library_load(struct err *err);

#endif
