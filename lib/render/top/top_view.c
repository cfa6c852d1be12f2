/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys and the mouse do to a view. */
#include <k8sdns/render/top/top_screen.h>
#include <stdio.h>
#include <string.h>

const char *const top_sort_names[] = {"trouble", "role", "loss", "latency", "name", NULL};

static void say(struct top_view *view, const char *text)
{
    snprintf(view->status, sizeof(view->status), "%s", text);
}

/* ---- a line that is typed ---- */

static void ask(struct top_view *view, enum top_prompt prompt, const char *offer)
{
    view->prompt = prompt;
    snprintf(view->typed, sizeof(view->typed), "%s", offer ? offer : "");
}

static void type(struct top_view *view, unsigned key)
{
    size_t len = strlen(view->typed);
    char bytes[5] = "";

    if (key < 0x80)
        snprintf(bytes, sizeof(bytes), "%c", (int)key);
    else if (key < 0x800)
        snprintf(bytes, sizeof(bytes), "%c%c", (int)(0xc0 | key >> 6), (int)(0x80 | (key & 0x3f)));
    else if (key < 0x10000)
        snprintf(bytes, sizeof(bytes), "%c%c%c", (int)(0xe0 | key >> 12), (int)(0x80 | (key >> 6 & 0x3f)),
                 (int)(0x80 | (key & 0x3f)));
    else
        return;
    if (len + strlen(bytes) < sizeof(view->typed))
        strcat(view->typed, bytes);
}

static void rub_out(struct top_view *view)
{
    size_t len = strlen(view->typed);

    while (len && ((unsigned char)view->typed[len - 1] & 0xc0) == 0x80)
        len--;
    view->typed[len ? len - 1 : 0] = '\0';
}

static enum top_action typed(struct top_view *view)
{
    enum top_prompt prompt = view->prompt;

    view->prompt = TOP_PROMPT_NONE;
    switch (prompt) {
    case TOP_PROMPT_FILTER:
        snprintf(view->filter, sizeof(view->filter), "%.*s", TOP_KEY_MAX - 1, view->typed);
        return TOP_DO_NOTHING;
    case TOP_PROMPT_NAMES:
        return TOP_DO_NAMES;
    case TOP_PROMPT_INTERVAL:
        return TOP_DO_INTERVAL;
    case TOP_PROMPT_WRITE:
        return view->typed[0] ? TOP_DO_WRITE : TOP_DO_NOTHING;
    case TOP_PROMPT_NONE:
        break;
    }
    return TOP_DO_NOTHING;
}

static enum top_action prompt_key(struct top_view *view, unsigned key)
{
    if (key == TOP_KEY_ENTER)
        return typed(view);
    if (key == TOP_KEY_ESCAPE)
        view->prompt = TOP_PROMPT_NONE;
    else if (key == TOP_KEY_BACKSPACE || key == 127)
        rub_out(view);
    else if (key == TOP_KEY_KILL)
        view->typed[0] = '\0';
    else if (key >= ' ' && key < TOP_KEY_UP)
        type(view, key);
    return TOP_DO_NOTHING;
}

/* ---- moving ---- */

static void move_to(struct top_view *view, size_t row)
{
    struct top_row_view *at = &view->at[view->panel];
    size_t count = view->counts[view->panel];

    at->row = !count ? 0 : row < count ? row : count - 1;
    at->key[0] = '\0';
}

static bool scrolls(unsigned key, size_t *at, size_t max, size_t printer)
{
    size_t now = *at;

    switch (key) {
    case TOP_KEY_UP:
    case 'k':
        *at = now ? now - 1 : 0;
        return true;
    case TOP_KEY_DOWN:
    case 'j':
        *at = now < max ? now + 1 : max;
        return true;
    case TOP_KEY_PAGE_UP:
        *at = now > printer ? now - printer : 0;
        return true;
    case TOP_KEY_PAGE_DOWN:
    case ' ':
        *at = now + printer < max ? now + printer : max;
        return true;
    case TOP_KEY_HOME:
    case 'g':
        *at = 0;
        return true;
    case TOP_KEY_END:
    case 'G':
        *at = max;
        return true;
    default:
        return false;
    }
}

static void choose_panel(struct top_view *view, size_t panel)
{
    if (panel >= top_screen_panels())
        return;
    if (view->mode != TOP_PANELS)
        view->alone = false;
    else if (panel == view->panel)
        view->alone = !view->alone;
    view->mode = TOP_PANELS;
    view->panel = panel;
}

static void next_panel(struct top_view *view, size_t step)
{
    size_t count = top_screen_panels();

    view->panel = (view->panel + step) % count;
}

static void open_details(struct top_view *view)
{
    if (!view->counts[view->panel]) {
        say(view, "there is nothing in this panel to look at closer");
        return;
    }
    view->mode = TOP_DETAILS;
    view->scroll = 0;
}

/* Keys that do the same wherever one is. */
static enum top_action general_key(struct top_view *view, unsigned key)
{
    switch (key) {
    case 'q':
        return TOP_DO_QUIT;
    case 'n':
        ask(view, TOP_PROMPT_NAMES, "");
        break;
    case 'i':
        ask(view, TOP_PROMPT_INTERVAL, "");
        break;
    case '/':
        ask(view, TOP_PROMPT_FILTER, "");
        break;
    case 'w':
        ask(view, TOP_PROMPT_WRITE, view->file);
        break;
    case 'p':
        view->paused = !view->paused;
        return TOP_DO_PAUSE;
    case ',':
    case '<':
        return TOP_DO_BACK;
    case '.':
    case '>':
        return TOP_DO_FORWARD;
    case '-':
        return TOP_DO_SLOWER;
    case '+':
    case '=':
        return TOP_DO_FASTER;
    case 's':
        view->sort = (view->sort + 1) % TOP_SORTS;
        snprintf(view->status, sizeof(view->status), "servers are sorted by %s", top_sort_names[view->sort]);
        break;
    case 'r':
        say(view, "looking at everything again");
        return TOP_DO_LOOK;
    case TOP_KEY_REDRAW:
        return TOP_DO_REDRAW;
    default:
        if (key >= '1' && key <= '9')
            choose_panel(view, key - '1');
        break;
    }
    return TOP_DO_NOTHING;
}

static enum top_action panels_key(struct top_view *view, unsigned key)
{
    size_t row = view->at[view->panel].row, count = view->counts[view->panel];

    if (scrolls(key, &row, count ? count - 1 : 0, view->printer ? view->printer : 1)) {
        move_to(view, row);
        return TOP_DO_NOTHING;
    }
    switch (key) {
    case TOP_KEY_TAB:
    case TOP_KEY_RIGHT:
        next_panel(view, 1);
        break;
    case TOP_KEY_BACKTAB:
    case TOP_KEY_LEFT:
        next_panel(view, top_screen_panels() - 1);
        break;
    case TOP_KEY_ENTER:
        open_details(view);
        break;
    case '?':
    case 'h':
        view->mode = TOP_HELP;
        view->scroll = 0;
        break;
    case TOP_KEY_ESCAPE:
        if (view->alone)
            view->alone = false;
        else
            view->filter[0] = '\0';
        break;
    default:
        return general_key(view, key);
    }
    return TOP_DO_NOTHING;
}

static enum top_action page_key(struct top_view *view, unsigned key)
{
    if (scrolls(key, &view->scroll, view->scroll_max, view->printer ? view->printer : 1))
        return TOP_DO_NOTHING;
    switch (key) {
    case TOP_KEY_ESCAPE:
    case TOP_KEY_ENTER:
    case TOP_KEY_LEFT:
    case TOP_KEY_BACKSPACE:
    case 127:
        view->mode = TOP_PANELS;
        break;
    case '?':
    case 'h':
        view->mode = view->mode == TOP_HELP ? TOP_PANELS : TOP_HELP;
        view->scroll = 0;
        break;
    default:
        return general_key(view, key);
    }
    return TOP_DO_NOTHING;
}

enum top_action top_view_key(struct top_view *view, unsigned key)
{
    if (key == '\r')
        key = TOP_KEY_ENTER;
    if (key == TOP_KEY_NONE)
        return TOP_DO_NOTHING;
    view->status[0] = '\0';
    if (view->prompt != TOP_PROMPT_NONE)
        return prompt_key(view, key);
    return view->mode == TOP_PANELS ? panels_key(view, key) : page_key(view, key);
}

/* ---- the mouse ---- */

static size_t panel_at(const struct top_view *view, unsigned x, unsigned y)
{
    for (size_t i = 0; i < TOP_PANELS_MAX; i++) {
        const struct top_box *box = &view->boxes[i];

        if (box->height && x >= box->x && x < box->x + box->width && y >= box->y && y < box->y + box->height)
            return i;
    }
    return SIZE_MAX;
}

enum top_action top_view_click(struct top_view *view, unsigned x, unsigned y)
{
    size_t panel = panel_at(view, x, y), row;

    if (view->prompt != TOP_PROMPT_NONE)
        return TOP_DO_NOTHING;
    if (view->mode != TOP_PANELS) {
        view->mode = TOP_PANELS;
        return TOP_DO_NOTHING;
    }
    if (panel == SIZE_MAX)
        return TOP_DO_NOTHING;
    if (y == view->boxes[panel].y) {
        view->panel = panel;
        return TOP_DO_NOTHING;
    }
    row = view->at[panel].first + (y - view->boxes[panel].y - 1);
    if (row >= view->counts[panel])
        return TOP_DO_NOTHING;
    /* A second click on the marked row opens it. */
    if (view->panel == panel && view->at[panel].row == row) {
        open_details(view);
        return TOP_DO_NOTHING;
    }
    view->panel = panel;
    move_to(view, row);
    return TOP_DO_NOTHING;
}

void top_view_wheel(struct top_view *view, unsigned x, unsigned y, int direction)
{
    size_t panel = panel_at(view, x, y);
    unsigned key = direction < 0 ? TOP_KEY_UP : TOP_KEY_DOWN;

    if (view->mode == TOP_PANELS && panel != SIZE_MAX)
        view->panel = panel;
    for (int i = 0; i < 3; i++)
        (void)top_view_key(view, key);
}
