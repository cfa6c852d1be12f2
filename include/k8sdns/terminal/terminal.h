/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TERMINAL_TERMINAL_H
#define K8SDNS_TERMINAL_TERMINAL_H

#include <k8sdns/base/err.h>
#include <k8sdns/render/page/grid.h>
#include <k8sdns/render/top/top_view.h>

/*
 * The terminal as a place for grids and a source of keys: terminal_curses.c, or terminal_none.c where there
 * is no ncurses. Only what has changed is sent. There is one at a time, and whatever ends the program it is
 * left as it was.
 */
struct terminal;

/* What was typed or clicked. */
struct terminal_input {
    unsigned key; /* a character or enum top_key; TOP_KEY_NONE for the mouse */
    int clicks;   /* of the first button */
    int wheel;    /* -1 up, 1 down */
    unsigned x, y;
};

/*
 * Take over the terminal of standard output, and the keyboard of standard input, or of /dev/tty when that is
 * something else. Return it, or NULL with a message (kind ERR_UNOBSERVED) when that cannot be.
 */
struct terminal *terminal_open(bool color, struct err *err);

/* Give it back as it was. NULL is allowed. */
void terminal_close(struct terminal *terminal);

/* Leave it for a while, and take it again. */
void terminal_leave(struct terminal *terminal);
void terminal_enter(struct terminal *terminal);

int terminal_keyboard(const struct terminal *terminal);
bool terminal_utf8(const struct terminal *terminal);
void terminal_size(unsigned *ret_width, unsigned *ret_height);

/* Show a grid of the terminal's size; nothing while the terminal takes no bytes. Return whether it was shown.
 */
bool terminal_draw(struct terminal *terminal, const struct grid *grid);

/* Forget what is shown, so that the next grid is drawn whole. */
void terminal_forget(struct terminal *terminal);

/* The next key or click. Return false when there is none, and -1 in *ret_gone when the keyboard is gone. */
bool terminal_input(struct terminal *terminal, struct terminal_input *ret_input);

#endif
