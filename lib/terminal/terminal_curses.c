/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen by ncurses: cells that changed are sent, keys and sizes come back. */
#include "curses_library.h"
#include "terminal_description.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/terminal/terminal.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

struct terminal {
    const struct curses_library *curses;
    SCREEN *screen;
    WINDOW *window;
    FILE *input, *output;
    int keyboard;
    bool color, utf8, left;
    struct grid_cell *shown; /* what is on the screen; NULL: not known */
    unsigned shown_width, shown_height;
};

/* ---- whatever ends the program ---- */

static const int fatal_signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGQUIT};

/* All that a handler needs, prepared: nothing may be asked of ncurses there. */
static struct {
    bool armed;
    struct termios modes;
    char leave[512];
    size_t leave_len;
} last_resort;

static void on_fatal(int number)
{
    if (last_resort.armed) {
        (void)!write(STDOUT_FILENO, last_resort.leave, last_resort.leave_len);
        tcsetattr(STDOUT_FILENO, TCSANOW, &last_resort.modes);
    }
    signal(number, SIG_DFL);
    raise(number);
}

/* A string of the description without its delays ("$<5>"). */
static void add_leaving(const struct curses_library *curses, const char *name)
{
    const char *at = curses->tigetstr(name);

    if (!at || at == (const char *)-1)
        return;
    for (; *at && last_resort.leave_len < sizeof(last_resort.leave) - 1; at++) {
        if (at[0] == '$' && at[1] == '<' && strchr(at, '>'))
            at = strchr(at, '>');
        else
            last_resort.leave[last_resort.leave_len++] = *at;
    }
}

static void arm_last_resort(const struct curses_library *curses)
{
    static const char mouse_off[] = "\033[?1000l\033[?1002l\033[?1006l";
    const char *mouse = curses->tigetstr("kmous");

    last_resort.leave_len = 0;
    if (mouse && mouse != (const char *)-1) {
        memcpy(last_resort.leave, mouse_off, sizeof(mouse_off) - 1);
        last_resort.leave_len = sizeof(mouse_off) - 1;
    }
    add_leaving(curses, "sgr0");
    add_leaving(curses, "cnorm");
    add_leaving(curses, "rmkx");
    add_leaving(curses, "rmcup");
    for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
        signal(fatal_signals[i], on_fatal);
    last_resort.armed = true;
}

/* ---- opening ---- */

/*
 * The database is asked first; what it does not have is taken from those built in.
 */
static SCREEN *screen_of(struct terminal *t, const char **ret_term)
{
    const char *term = getenv("TERM");
    const struct terminal_description *built_in;
    SCREEN *screen = NULL;
    int found = 0;

    term = term && *term ? term : "vt100";
    if (t->curses->setupterm(term, STDOUT_FILENO, &found) == OK && found == 1) {
        t->curses->del_curterm(t->curses->set_curterm(NULL));
        screen = t->curses->newterm(term, t->output, t->input);
    }
    built_in = terminal_description_find(term);
    if (!screen && built_in) {
        setenv("TERMINFO", built_in->value, 1);
        term = built_in->name;
        screen = t->curses->newterm(term, t->output, t->input);
    }
    *ret_term = term;
    return screen;
}

static bool is_dumb(void)
{
    const char *term = getenv("TERM");

    return term && strcmp(term, "dumb") == 0;
}

static int open_ends(struct terminal *t, struct err *err)
{
    int in = STDIN_FILENO, out;

    if (!isatty(STDOUT_FILENO))
        return err_set(err, ERR_USAGE, ENOTTY,
                       "standard output is no terminal; top --batch prints the screen's text");
    if (is_dumb())
        return err_set(
            err, ERR_UNOBSERVED, ENOTTY,
            "this terminal cannot move its cursor (TERM=dumb); top --batch prints the screen's text");
    if (!isatty(in)) {
        in = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (in < 0)
            return err_set_errno(err, ERR_UNOBSERVED, errno, "there is no keyboard (/dev/tty)");
    }
    t->keyboard = in;
    out = dup(STDOUT_FILENO);
    t->input = in >= 0 ? fdopen(in, "r") : NULL;
    t->output = out >= 0 ? fdopen(out, "w") : NULL;
    return t->input && t->output ? 0 : err_set_errno(err, ERR_INTERNAL, errno, "cannot open the terminal");
}

/* A paint is the colour pair of its number. Source: the same colours as in lib/render/page/printer.c. */
static void choose_colors(struct terminal *t)
{
    const struct curses_library *curses = t->curses;

    if (!t->color || !curses->has_colors() || curses->start_color() == ERR) {
        t->color = false;
        return;
    }
    curses->use_default_colors();
    /* Each is refused where the terminal has not so many. */
    if (curses->init_pair(STYLE_GOOD, 33, -1) == ERR)
        curses->init_pair(STYLE_GOOD, COLOR_CYAN, -1);
    if (curses->init_pair(STYLE_ODD, 136, -1) == ERR)
        curses->init_pair(STYLE_ODD, COLOR_YELLOW, -1);
    if (curses->init_pair(STYLE_BAD, 163, -1) == ERR)
        curses->init_pair(STYLE_BAD, COLOR_MAGENTA, -1);
}

static void set_modes(struct terminal *t)
{
    const struct curses_library *curses = t->curses;

    curses->cbreak();
    curses->noecho();
    curses->nonl();
    curses->set_escdelay(25);
    t->window = curses->newwin(0, 0, 0, 0);
    if (!t->window)
        return;
    curses->keypad(t->window, TRUE);
    curses->nodelay(t->window, TRUE);
    curses->intrflush(t->window, FALSE);
    curses->mousemask(
        BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    curses->mouseinterval(0);
}

struct terminal *terminal_open(bool color, struct err *err)
{
    struct terminal *t = calloc(1, sizeof(*t));
    const char *term;

    if (!t)
        err_out_of_memory();
    t->color = color;
    t->keyboard = -1;
    t->curses = curses_library_load(err);
    if (!t->curses || open_ends(t, err) < 0) {
        terminal_close(t);
        return NULL;
    }
    tcgetattr(STDOUT_FILENO, &last_resort.modes);
    t->screen = screen_of(t, &term);
    if (!t->screen) {
        (void)!err_set(err, ERR_UNOBSERVED, ENOTTY,
                       "nothing is known of this terminal (TERM=%.40s); top --batch prints the screen's text",
                       term);
        terminal_close(t);
        return NULL;
    }
    arm_last_resort(t->curses);
    /* The fonts of these know no block characters, whatever the locale. */
    t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && strncmp(term, "linux", 5) != 0 &&
              strncmp(term, "vt", 2) != 0;
    set_modes(t);
    choose_colors(t);
    return t;
}

void terminal_close(struct terminal *t)
{
    if (!t)
        return;
    if (t->screen) {
        terminal_leave(t);
        if (t->window)
            t->curses->delwin(t->window);
        t->curses->delscreen(t->screen);
    }
    for (size_t i = 0; last_resort.armed && i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
        signal(fatal_signals[i], SIG_DFL);
    last_resort.armed = false;
    if (t->output)
        fclose(t->output);
    /* The input may be standard input, which is not ours to close. */
    free(t->shown);
    free(t);
}

void terminal_leave(struct terminal *t)
{
    if (t->left)
        return;
    t->curses->curs_set(1);
    t->curses->endwin();
    fflush(t->output);
    t->left = true;
    last_resort.armed = false;
}

void terminal_enter(struct terminal *t)
{
    t->left = false;
    last_resort.armed = true;
    terminal_forget(t);
}

int terminal_keyboard(const struct terminal *t)
{
    return t->keyboard;
}

bool terminal_utf8(const struct terminal *t)
{
    return t->utf8;
}

void terminal_size(unsigned *ret_width, unsigned *ret_height)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row) {
        size.ws_col = 80;
        size.ws_row = 24;
    }
    *ret_width = size.ws_col;
    *ret_height = size.ws_row;
}

/* ---- drawing ---- */

static void set_style(struct terminal *t, const struct grid_cell *cell)
{
    attr_t attributes = A_NORMAL;
    short pair = 0;

    if (cell->reverse)
        attributes |= A_REVERSE;
    if (cell->style == STYLE_STRONG || cell->style == STYLE_BAD)
        attributes |= A_BOLD;
    if (cell->style == STYLE_FAINT && !cell->reverse)
        attributes |= A_DIM;
    if (t->color && cell->style >= STYLE_GOOD)
        pair = (short)cell->style;
    t->curses->wattr_set(t->window, attributes, pair, NULL);
}

static bool same_look(const struct grid_cell *a, const struct grid_cell *b)
{
    return a->style == b->style && a->reverse == b->reverse;
}

/* A row in pieces of one look. The last cell of the last row would scroll some terminals; ncurses knows. */
static void draw_row(struct terminal *t, const struct grid *grid, unsigned y)
{
    const struct grid_cell *row = &grid->cells[(size_t)y * grid->width];
    wchar_t text[256];

    t->curses->wmove(t->window, (int)y, 0);
    for (unsigned x = 0, n; x < grid->width; x += n) {
        for (n = 0; x + n < grid->width && n < 256 && same_look(&row[x], &row[x + n]); n++)
            text[n] = (wchar_t)row[x + n].glyph;
        set_style(t, &row[x]);
        t->curses->waddnwstr(t->window, text, (int)n);
    }
}

/* A terminal that is stopped (Ctrl-S), or at the end of a slow line, must not stop us. */
static bool takes_bytes(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT);
}

static void fit(struct terminal *t, const struct grid *grid)
{
    if (t->shown && grid->width == t->shown_width && grid->height == t->shown_height)
        return;
    t->curses->resizeterm((int)grid->height, (int)grid->width);
    t->curses->wresize(t->window, (int)grid->height, (int)grid->width);
    t->curses->clearok(t->window, TRUE);
    free(t->shown);
    t->shown = calloc((size_t)grid->width * grid->height + 1, sizeof(*t->shown));
    t->shown_width = grid->width;
    t->shown_height = grid->height;
}

bool terminal_draw(struct terminal *t, const struct grid *grid)
{
    size_t row = grid->width * sizeof(struct grid_cell);

    if (t->left || !t->window || !takes_bytes())
        return false;
    fit(t, grid);
    for (unsigned y = 0; t->shown && y < grid->height; y++) {
        const struct grid_cell *from = &grid->cells[(size_t)y * grid->width];
        struct grid_cell *shown = &t->shown[(size_t)y * grid->width];

        if (memcmp(from, shown, row) == 0)
            continue;
        draw_row(t, grid, y);
        memcpy(shown, from, row);
    }
    if (grid->cursor_x >= 0)
        t->curses->wmove(t->window, grid->cursor_y, grid->cursor_x);
    t->curses->curs_set(grid->cursor_x >= 0);
    t->curses->leaveok(t->window, grid->cursor_x < 0);
    t->curses->wnoutrefresh(t->window);
    t->curses->doupdate();
    return true;
}

void terminal_forget(struct terminal *t)
{
    free(t->shown);
    t->shown = NULL;
}

/* ---- keys ---- */

static unsigned key_of(wint_t code)
{
    static const struct {
        wint_t code;
        unsigned key;
    } keys[] = {
        {KEY_UP, TOP_KEY_UP},
        {KEY_DOWN, TOP_KEY_DOWN},
        {KEY_LEFT, TOP_KEY_LEFT},
        {KEY_RIGHT, TOP_KEY_RIGHT},
        {KEY_PPAGE, TOP_KEY_PAGE_UP},
        {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
        {KEY_HOME, TOP_KEY_HOME},
        {KEY_END, TOP_KEY_END},
        {KEY_BTAB, TOP_KEY_BACKTAB},
        {KEY_ENTER, TOP_KEY_ENTER},
        {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].code == code)
            return keys[i].key;
    return TOP_KEY_NONE;
}

static void read_mouse(struct terminal *t, struct terminal_input *input)
{
    MEVENT event;

    if (t->curses->getmouse(&event) != OK || event.x < 0 || event.y < 0)
        return;
    input->x = (unsigned)event.x;
    input->y = (unsigned)event.y;
    /* ncurses makes one of two clicks that come at once, even when told to wait for none. */
    input->clicks = event.bstate & BUTTON1_DOUBLE_CLICKED                ? 2
                    : event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED) ? 1
                                                                         : 0;
    input->wheel = event.bstate & BUTTON4_PRESSED ? -1 : event.bstate & BUTTON5_PRESSED ? 1 : 0;
}

bool terminal_input(struct terminal *t, struct terminal_input *input)
{
    wint_t code = 0;
    int r = t->left || !t->window ? ERR : t->curses->wget_wch(t->window, &code);

    *input = (struct terminal_input){.key = TOP_KEY_NONE};
    if (r == ERR)
        return false;
    if (r == KEY_CODE_YES && code == KEY_MOUSE)
        read_mouse(t, input);
    else
        input->key = r == KEY_CODE_YES ? key_of(code) : (unsigned)code;
    return true;
}
