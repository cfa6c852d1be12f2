/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blanks_text.h"
#include <k8sdns/base/text.h>
#include <stdbool.h>
#include <string.h>

/* Rows with the same explanation stand together, and are told as one. */
static const struct {
    const char *word, *shown_by;
} rows[] = {
    {"POD", "kubectl get pods -A -o wide"},
    {"NODE", "kubectl get pods -A -o wide"},
    {"NAMESPACE", "kubectl get pods -A -o wide"},
    {"ADDRESS", "kubectl get pods -A -o wide"},
    {"NODE-LOCAL-DNS-POD", "kubectl get pods -A -o wide"},
    {"NAME", "the name that fails"},
    {"EXTERNAL-NAME", "a name outside of the cluster that should exist"},
    {"CLUSTER-IP", "kubectl get services -A"},
    {"UPSTREAM", "an address of the forward line of the Corefile"},
    {"IP", "an address of this host that CoreDNS reaches"},
    {"SERVER", "the server that the finding names"},
    {"DEVICE", "the network device: ip link"},
    {"CLUSTER", "as the cloud names it"},
    {"GROUP", "as the cloud names it"},
    {"LOCATION", "as the cloud names it"},
    {"POOL", "as the cloud names it"},
    {"VERSION-BEFORE", "the version before the change"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is_of_word(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

unsigned blanks_of(const char *command)
{
    unsigned found = 0;

    for (const char *at = command; at && *at;) {
        size_t len = 0;

        while (is_of_word(at[len]))
            len++;
        for (size_t i = 0; i < ROWS; i++)
            if (strlen(rows[i].word) == len && memcmp(rows[i].word, at, len) == 0)
                found |= 1U << i;
        at += len ? len : 1;
    }
    return found;
}

const char *blanks_text(struct arena *arena, unsigned blanks)
{
    const char *last = NULL, *whole;
    struct text out = {0};

    for (size_t i = 0; i < ROWS; i++) {
        if (!(blanks & 1U << i))
            continue;
        if (last && strcmp(last, rows[i].shown_by) != 0)
            text_addf(&out, ": %s; ", last);
        else if (last)
            text_add(&out, ", ");
        text_add(&out, rows[i].word);
        last = rows[i].shown_by;
    }
    if (last)
        text_addf(&out, ": %s", last);
    whole = last ? arena_text(arena, text_string(&out)) : NULL;
    text_fini(&out);
    return whole;
}
