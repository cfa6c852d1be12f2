/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "message_answered.h"
#include "message_forms.h"
#include <ctype.h>
#include <string.h>

/* What the lines of a call that found an address mean, whichever name they are of. */
const struct message_pattern messages_answered[] = {
    {"Name: *Address: *an't find", SYMPTOM_NOISE_FOUND, "nslookup"},
    {0},
};

static bool begins(const struct line *line, const char *with)
{
    return line->len >= strlen(with) && memcmp(line->text, with, strlen(with)) == 0;
}

/* The word behind `with`, without the dot of the root. */
static struct line word_behind(const struct line *line, const char *with)
{
    const char *found = memmem(line->text, line->len, with, strlen(with)), *end = line->text + line->len, *at;
    size_t len = 0;

    if (!found)
        return (struct line){0};
    for (at = found + strlen(with); at < end && isspace((unsigned char)*at);)
        at++;
    while (at + len < end && !isspace((unsigned char)at[len]) && at[len] != ':')
        len++;
    return (struct line){.text = at, .len = len && at[len - 1] == '.' ? len - 1 : len};
}

void answered_names_see(struct answered_names *names, const struct line *line, const char *end)
{
    struct line_cursor cursor = {.bytes = line->text, .len = (size_t)(end - line->text)};
    struct line next, name = {0};

    if (!begins(line, "Server:"))
        return;
    names->count = 0;
    (void)line_cursor_next(&cursor, &next);
    while (line_cursor_next(&cursor, &next) && !begins(&next, "Server:") && names->count < ANSWERED_MAX) {
        if (begins(&next, "Name:"))
            name = word_behind(&next, "Name:");
        else if (name.len && begins(&next, "Address"))
            names->names[names->count++] = name;
        else if (!next.len)
            name.len = 0;
    }
}

static bool is_found(const struct answered_names *names, const struct line *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->names[i].len == name->len && memcmp(names->names[i].text, name->text, name->len) == 0)
            return true;
    return false;
}

bool answered_names_excuse(const struct answered_names *names, const struct line *line)
{
    struct line name;

    if (!names->count || !(begins(line, "** ") || begins(line, "*** ")))
        return false;
    name = word_behind(line, "an't find ");
    if (!name.len)
        return false;
    if (memmem(line->text, line->len, ": No answer", 11))
        return true;
    return memmem(line->text, line->len, ": NXDOMAIN", 10) && !is_found(names, &name);
}
