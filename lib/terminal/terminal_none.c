/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No screen: this k8sdns was built without ncurses. */
#include <errno.h>
#include <k8sdns/terminal/terminal.h>

struct terminal *terminal_open(bool color, struct err *err)
{
    (void)color;
    (void)!err_set(err, ERR_UNOBSERVED, ENOSYS,
                   "this k8sdns was built without a screen (ncurses); top --batch prints the same as text");
    return NULL;
}

void terminal_close(struct terminal *terminal)
{
    (void)terminal;
}

void terminal_leave(struct terminal *terminal)
{
    (void)terminal;
}

void terminal_enter(struct terminal *terminal)
{
    (void)terminal;
}

int terminal_keyboard(const struct terminal *terminal)
{
    (void)terminal;
    return -1;
}

bool terminal_utf8(const struct terminal *terminal)
{
    (void)terminal;
    return false;
}

void terminal_size(unsigned *ret_width, unsigned *ret_height)
{
    *ret_width = *ret_height = 0;
}

bool terminal_draw(struct terminal *terminal, const struct grid *grid)
{
    (void)terminal;
    (void)grid;
    return false;
}

void terminal_forget(struct terminal *terminal)
{
    (void)terminal;
}

bool terminal_input(struct terminal *terminal, struct terminal_input *ret_input)
{
    (void)terminal;
    (void)ret_input;
    return false;
}
