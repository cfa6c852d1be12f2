/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_GO_REGEX_H
#define K8SDNS_WIRE_GO_REGEX_H

#include <stddef.h>

/* What a pattern lacks to be a regular expression of Go, which CoreDNS compiles those of its Corefile with.
 */
enum go_regex_fault {
    GO_REGEX_FINE,
    GO_REGEX_UTF8,
    GO_REGEX_BACKSLASH_AT_END,
    GO_REGEX_ESCAPE,       /* one that Go does not know, a back reference among them */
    GO_REGEX_BRACKET,      /* "[" without "]" */
    GO_REGEX_RANGE,        /* "z-a", "[:nothing:]" */
    GO_REGEX_GROUP_OPEN,   /* "(" without ")" */
    GO_REGEX_GROUP_CLOSE,  /* ")" without "(" */
    GO_REGEX_PERL,         /* "(?=", "(?!", "(?<=" and other groups of Perl */
    GO_REGEX_NAME,         /* of a group: no word, or one that another has */
    GO_REGEX_NOTHING_MORE, /* "*" with nothing before it */
    GO_REGEX_REPEAT_TWICE, /* "**" */
    GO_REGEX_REPEAT_COUNT, /* over 1000, or "{3,2}" */
    GO_REGEX_DEEP,         /* groups within groups, over 1000 */
};

/*
 * Read `len` bytes as regexp.Compile does. Return what is wrong first, GO_REGEX_FINE for nothing; then
 * `*ret_groups` is how many "(...)" can be referred to. Names of Unicode classes are not looked up.
 * Source: pkg.go.dev/regexp/syntax.
 */
enum go_regex_fault go_regex_check(const char *pattern, size_t len, size_t *ret_groups);

#endif
