/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dispatch.h"
#include <errno.h>
#include <k8sdns/base/suggest.h>
#include <string.h>

#define COMMANDS_MAX 64

const struct command *dispatch_find(const char *name, struct err *err)
{
    const char *names[COMMANDS_MAX + 1] = {NULL}, *near;
    size_t n = 0;

    for (; commands[n] && n < COMMANDS_MAX; n++) {
        names[n] = commands[n]->name;
        if (strcmp(names[n], name) == 0)
            return commands[n];
    }
    near = suggest_word(name, names);
    if (near)
        err_set(err, ERR_USAGE, EINVAL, "there is no command '%s'; did you mean %s?", name, near);
    else
        err_set(err, ERR_USAGE, EINVAL, "there is no command '%s'; k8sdns help lists them", name);
    return NULL;
}
