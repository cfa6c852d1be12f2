/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"
#include <errno.h>
#include <k8sdns/base/end_signals.h>
#include <k8sdns/base/number.h>
#include <langinfo.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file, or a pipe with room for all of it: nobody has to be waited for. */
static bool takes_at_once(size_t len)
{
    struct pollfd room = {STDOUT_FILENO, POLLOUT, 0};
    struct stat st;

    if (fstat(STDOUT_FILENO, &st) < 0)
        return false;
    return S_ISREG(st.st_mode) ||
           (S_ISFIFO(st.st_mode) && len <= PIPE_BUF && poll(&room, 1, 0) == 1 && (room.revents & POLLOUT));
}

static int write_whole(const struct text *text, struct err *err)
{
    const char *at = text_string(text);
    size_t left = text->len;

    while (left) {
        ssize_t n = write(STDOUT_FILENO, at, left);

        if (n < 0 && errno == EINTR)
            continue;
        /* Whoever shares the pipe or terminal may have made it non-blocking: the reader is waited for. */
        if (n < 0 && errno == EAGAIN) {
            struct pollfd wait = {STDOUT_FILENO, POLLOUT, 0};

            (void)!poll(&wait, 1, -1);
            continue;
        }
        if (n < 0)
            return err_set_errno(err, ERR_OUTPUT, errno, "cannot write the output");
        at += n;
        left -= (size_t)n;
    }
    return 0;
}

int output_write(const struct text *text, struct err *err)
{
    struct end_signals signals;
    int r;

    if (takes_at_once(text->len))
        return write_whole(text, err);
    end_signals_hold(&signals);
    r = write_whole(text, err);
    end_signals_release(&signals);
    return r;
}

int output_close(struct err *err)
{
    if (close(STDOUT_FILENO) < 0 && errno != EBADF && errno != EINTR)
        return err_set_errno(err, ERR_OUTPUT, errno, "cannot write the output");
    return 0;
}

/* It knows escape sequences, as far as it says what it is. */
static bool term_moves(void)
{
    const char *term = getenv("TERM");

    return term && *term && strcmp(term, "dumb") != 0;
}

/* 256, as the terminal says of itself by its name, or by the variable that says more. */
static bool has_many_colors(void)
{
    const char *term = getenv("TERM"), *color_term = getenv("COLORTERM");

    return (term && strstr(term, "256color")) || (color_term && *color_term);
}

static bool wants_color(const struct globals *globals, bool terminal)
{
    const char *no = getenv("NO_COLOR");

    if (globals->color != COLOR_AUTO)
        return globals->color == COLOR_ALWAYS;
    return terminal && !(no && *no) && term_moves();
}

void output_page(const struct globals *globals, struct text *out, struct printer *ret_page)
{
    bool terminal = isatty(STDOUT_FILENO);
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t width = 80, wanted;
    unsigned height = 0;

    /* What a page is laid out for; more columns than that are left empty. */
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) {
        width = size.ws_col;
        if (size.ws_row >= 5 && term_moves())
            height = size.ws_row < OUTPUT_ROWS_MAX ? size.ws_row : OUTPUT_ROWS_MAX;
    } else if (columns && number_parse(columns, 20, UINT32_MAX, &wanted, NULL) == 0) {
        width = wanted;
    }
    width = width < OUTPUT_COLUMNS_MAX ? width : OUTPUT_COLUMNS_MAX;
    *ret_page = (struct printer){
        .out = out,
        .many_colors = has_many_colors(),
        .width = (unsigned)width,
        .height = height,
        .color = wants_color(globals, terminal),
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .verbosity = globals->verbose ? 1
                     : globals->quiet ? -1
                                      : 0,
    };
}

void output_watching(const struct globals *globals, uint64_t duration_us)
{
    char time[DURATION_TEXT];

    if (globals->quiet)
        return;
    if (duration_us)
        fprintf(stderr, "k8sdns: watching for %s; Ctrl-C ends it earlier\n",
                duration_format_us(time, sizeof(time), duration_us));
    else
        fprintf(stderr, "k8sdns: watching; Ctrl-C ends it\n");
}
