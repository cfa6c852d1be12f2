/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "terminal_description.h"
#include <stddef.h>
#include <string.h>

static const struct terminal_description *by_name(const char *name, size_t len)
{
    for (size_t i = 0; terminal_descriptions[i].name; i++)
        if (strlen(terminal_descriptions[i].name) == len &&
            strncmp(terminal_descriptions[i].name, name, len) == 0)
            return &terminal_descriptions[i];
    return NULL;
}

const struct terminal_description *terminal_description_find(const char *term)
{
    const struct terminal_description *found = by_name(term, strlen(term));

    for (size_t len = strlen(term); !found && len > 0; len--)
        if (term[len] == '-' || term[len] == '.' || term[len] == '+')
            found = by_name(term, len);
    return found ? found : by_name("vt100", 5);
}
