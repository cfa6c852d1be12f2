/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dispatch.h"
#include <errno.h>
#include <k8sdns/base/suggest.h>
#include <string.h>

#define COMMANDS_MAX 64

/* Commands of other programs, and what does their work here. */
static const struct {
    const char *typed, *meant;
} others[] = {{"dig", "probe"},      {"nslookup", "probe"},  {"host", "probe"},        {"drill", "probe"},
              {"kdig", "probe"},     {"query", "probe"},     {"ping", "lookup"},       {"getent", "lookup"},
              {"resolve", "lookup"}, {"curl", "lookup"},     {"resolvectl", "resolv"}, {"dnstop", "top"},
              {"tcpdump", "path"},   {"ipvsadm", "ipvs"},    {"log", "logs"},          {"check", "diagnose"},
              {"why", "explain"},    {"dropwatch", "drops"}, {"doctor", "diagnose"}};

/* What looks like a name to look up, or an address, and no misspelt command. */
static bool is_name(const char *word)
{
    return strpbrk(word, ".:/_") && !strchr(word, ' ');
}

const struct command *dispatch_find(const char *name, struct err *err)
{
    const char *names[COMMANDS_MAX + 1] = {NULL}, *near;
    size_t n = 0;

    for (; commands[n] && n < COMMANDS_MAX; n++) {
        names[n] = commands[n]->name;
        if (strcmp(names[n], name) == 0)
            return commands[n];
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i].typed, name) == 0) {
            err_set(err, ERR_USAGE, EINVAL, "there is no command '%s'; its work is done by: k8sdns %s", name,
                    others[i].meant);
            return NULL;
        }
    if (name[0] == '@') {
        err_set(err, ERR_USAGE, EINVAL, "there is no command '%s'; to ask that server: k8sdns probe %s NAME",
                name, name);
        return NULL;
    }
    if (is_name(name)) {
        err_set(err, ERR_USAGE, EINVAL, "there is no command '%s'; for a name: k8sdns diagnose %s", name,
                name);
        return NULL;
    }
    near = suggest_word(name, names);
    if (near)
        err_set(err, ERR_USAGE, EINVAL, "there is no command '%s'; did you mean %s?", name, near);
    else
        err_set(err, ERR_USAGE, EINVAL, "there is no command '%s'; k8sdns help lists them", name);
    return NULL;
}
