/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TOP_VIEW_H
#define K8SDNS_RENDER_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What somebody looks at: everything of the screen that is not a fact. Keys change it, and nothing else is
 * needed to draw the same screen again.
 */
#define TOP_PANELS_MAX 9
#define TOP_KEY_MAX    160 /* of what names a row */
#define TOP_TYPED_MAX  512

/* Keys that are no characters. */
enum top_key {
    TOP_KEY_ENTER = '\n',
    TOP_KEY_ESCAPE = 27,
    TOP_KEY_TAB = '\t',
    TOP_KEY_BACKSPACE = 8,
    TOP_KEY_KILL = 21,     /* Ctrl-U */
    TOP_KEY_REDRAW = 12,   /* Ctrl-L */
    TOP_KEY_UP = 0x110000, /* above all characters */
    TOP_KEY_DOWN,
    TOP_KEY_LEFT,
    TOP_KEY_RIGHT,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_BACKTAB,
    TOP_KEY_NONE,
};

enum top_mode {
    TOP_PANELS,
    TOP_DETAILS,
    TOP_HELP,
};

/* What is typed at the bottom line. */
enum top_prompt {
    TOP_PROMPT_NONE,
    TOP_PROMPT_NAMES,
    TOP_PROMPT_INTERVAL,
    TOP_PROMPT_FILTER,
    TOP_PROMPT_WRITE,
};

enum top_sort {
    TOP_SORT_TROUBLE, /* those that fail, then by role */
    TOP_SORT_ROLE,
    TOP_SORT_LOSS,
    TOP_SORT_LATENCY,
    TOP_SORT_NAME,
    TOP_SORTS,
};
extern const char *const top_sort_names[];

/* What the owner of the screen is to do. */
enum top_action {
    TOP_DO_NOTHING,
    TOP_DO_QUIT,
    TOP_DO_NAMES,    /* view->typed are the new ones */
    TOP_DO_INTERVAL, /* view->typed is a duration */
    TOP_DO_WRITE,    /* a capture to the file view->typed */
    TOP_DO_LOOK,     /* at everything, now */
    TOP_DO_REDRAW,   /* the whole screen, over whatever is there */
    TOP_DO_BACK,     /* of a recording: an interval back; all others say so, as of the next four */
    TOP_DO_FORWARD,
    TOP_DO_SLOWER,
    TOP_DO_FASTER,
    TOP_DO_PAUSE,
};

struct top_row_view {
    char key[TOP_KEY_MAX]; /* the row that is marked; "" for the first */
    size_t row, first;     /* where it was, and the first that was shown */
};

/* Where a panel was drawn, for the mouse. */
struct top_box {
    unsigned x, y, width, height; /* height 0: not at all */
};

struct top_view {
    unsigned width, height;
    bool utf8, paused, all_rows; /* all_rows: as high as it takes, for text */
    size_t panel;                /* the one that keys go to */
    bool alone;                  /* that one fills the screen */
    struct top_row_view at[TOP_PANELS_MAX];
    struct top_box boxes[TOP_PANELS_MAX]; /* of the last drawing, as the next two */
    size_t counts[TOP_PANELS_MAX], printer;
    enum top_mode mode;
    size_t scroll, scroll_max; /* of details and help */
    int sort;                  /* enum top_sort */
    char filter[TOP_KEY_MAX];
    enum top_prompt prompt;
    char typed[TOP_TYPED_MAX];
    char status[256]; /* until the next key */
    const char *file; /* what `w` offers */
};

/* One key, or one character. */
enum top_action top_view_key(struct top_view *view, unsigned key);

/* A click of the first button, or the wheel (-1 up, 1 down), at a cell. */
enum top_action top_view_click(struct top_view *view, unsigned x, unsigned y);
void top_view_wheel(struct top_view *view, unsigned x, unsigned y, int direction);

#endif
