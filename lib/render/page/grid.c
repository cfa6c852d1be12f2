/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/escape.h>
#include <k8sdns/render/page/grid.h>
#include <string.h>
#include <wchar.h>

/* Text for one row; what is longer cannot be seen anyway. */
#define ROW_BYTES 4096

struct grid *grid_new(struct arena *arena, unsigned width, unsigned height, bool utf8)
{
    struct grid *grid = ARENA_NEW(arena, struct grid);

    *grid = (struct grid){.width = width, .height = height, .utf8 = utf8, .cursor_x = -1, .cursor_y = -1};
    grid->cells = arena_array(arena, (size_t)width * height + 1, sizeof(*grid->cells));
    for (size_t i = 0; i < (size_t)width * height; i++)
        grid->cells[i].glyph = ' ';
    return grid;
}

static struct grid_cell *cell_at(const struct grid *grid, unsigned x, unsigned y)
{
    return x < grid->width && y < grid->height ? &grid->cells[(size_t)y * grid->width + x] : NULL;
}

/* The character at `at`, which is well-formed; its bytes are counted. */
static uint32_t character(const char *at, size_t *ret_bytes)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t more = b[0] < 0x80 ? 0 : b[0] < 0xe0 ? 1 : b[0] < 0xf0 ? 2 : 3;
    uint32_t c = more ? b[0] & (0x3fU >> more) : b[0];

    for (size_t i = 1; i <= more; i++)
        c = c << 6 | (b[i] & 0x3fU);
    *ret_bytes = 1 + more;
    return c;
}

/*
 * Make the text one of glyphs of one column. Characters that take none or two columns, or that the terminal
 * cannot show, become \DDD a byte, as what is no character does.
 */
static size_t glyphs_of(const struct grid *grid, const char *text, uint32_t *glyphs, size_t max)
{
    char safe[ROW_BYTES];
    size_t len = escape_line(safe, sizeof(safe), text, strlen(text)), count = 0, bytes;

    for (size_t i = 0; i < len; i += bytes) {
        uint32_t c = character(safe + i, &bytes);

        if (bytes == 1 || (grid->utf8 && wcwidth((wchar_t)c) == 1)) {
            if (count < max)
                glyphs[count++] = c;
            continue;
        }
        for (size_t k = 0; k < bytes && count + 4 <= max; k++) {
            unsigned char b = (unsigned char)safe[i + k];

            glyphs[count++] = '\\';
            glyphs[count++] = '0' + b / 100U;
            glyphs[count++] = '0' + b / 10U % 10;
            glyphs[count++] = '0' + b % 10U;
        }
    }
    return count;
}

unsigned grid_columns(const struct grid *grid, const char *text)
{
    uint32_t glyphs[ROW_BYTES];

    return (unsigned)glyphs_of(grid, text, glyphs, ROW_BYTES);
}

unsigned grid_put(struct grid *grid, unsigned x, unsigned y, unsigned room, enum style style,
                  const char *text)
{
    uint32_t glyphs[ROW_BYTES];
    size_t count = glyphs_of(grid, text, glyphs, ROW_BYTES);

    if (room > ROW_BYTES)
        room = ROW_BYTES;
    if (count > room) {
        count = room;
        if (room)
            glyphs[room - 1] = grid->utf8 ? 0x2026 : '~';
    }
    for (size_t i = 0; i < count; i++) {
        struct grid_cell *cell = cell_at(grid, x + (unsigned)i, y);

        if (cell)
            *cell = (struct grid_cell){glyphs[i], (uint8_t)style, cell->reverse};
    }
    return (unsigned)count;
}

void grid_glyph(struct grid *grid, unsigned x, unsigned y, enum style style, uint32_t glyph, char ascii)
{
    struct grid_cell *cell = cell_at(grid, x, y);

    if (cell)
        *cell = (struct grid_cell){grid->utf8 ? glyph : (uint32_t)ascii, (uint8_t)style, cell->reverse};
}

void grid_reverse(struct grid *grid, unsigned x, unsigned y, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        struct grid_cell *cell = cell_at(grid, x + i, y);

        if (cell)
            cell->reverse = true;
    }
}

static size_t utf8_of(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Cells that are known to be there. */
static const struct grid_cell *row_at(const struct grid *grid, unsigned y)
{
    return &grid->cells[(size_t)y * grid->width];
}

/* The columns up to the last that is not empty. */
static unsigned used(const struct grid *grid, unsigned y)
{
    unsigned width = grid->width;

    while (width && row_at(grid, y)[width - 1].glyph == ' ')
        width--;
    return width;
}

/* The text of some columns of a row. */
static char *piece(const struct grid *grid, unsigned y, unsigned from, unsigned to, struct arena *arena)
{
    char *text = arena_alloc(arena, (size_t)(to - from) * 4 + 1);
    size_t len = 0;

    for (unsigned x = from; x < to; x++)
        len += utf8_of(row_at(grid, y)[x].glyph, text + len);
    return text;
}

const char *grid_row_text(const struct grid *grid, unsigned y, struct arena *arena)
{
    return y < grid->height ? piece(grid, y, 0, used(grid, y), arena) : "";
}

void grid_print(const struct grid *grid, struct printer *printer, struct arena *arena)
{
    unsigned height = grid->height;

    while (height && !used(grid, height - 1))
        height--;
    for (unsigned y = 0; y < height; y++) {
        unsigned width = used(grid, y);

        for (unsigned x = 0, end; x < width; x = end) {
            enum style style = row_at(grid, y)[x].style;

            for (end = x + 1; end < width && row_at(grid, y)[end].style == style; end++)
                ;
            printer_style(printer, style, piece(grid, y, x, end, arena));
        }
        printer_addf(printer, "\n");
    }
}
