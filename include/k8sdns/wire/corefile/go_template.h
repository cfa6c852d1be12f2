/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_GO_TEMPLATE_H
#define K8SDNS_WIRE_GO_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* What a text lacks to be a template of Go (text/template), which CoreDNS's template plugin answers with. */
enum go_template_fault {
    GO_TEMPLATE_FINE,
    GO_TEMPLATE_UNCLOSED,  /* "{{" without "}}", or a comment, a quote or a bracket in it */
    GO_TEMPLATE_SYNTAX,    /* a word or mark that cannot stand there */
    GO_TEMPLATE_EMPTY,     /* nothing to put in: "{{}}", "{{if}}" */
    GO_TEMPLATE_FUNCTION,  /* no function of that name */
    GO_TEMPLATE_VARIABLE,  /* $x was never set */
    GO_TEMPLATE_NO_END,    /* {{if}}, {{range}}, {{with}}, {{define}} or {{block}} without {{end}} */
    GO_TEMPLATE_STRAY_END, /* {{end}}, {{else}}, {{break}} or {{continue}} that belongs to nothing */
    GO_TEMPLATE_DEEP,      /* nested deeper than this reads, which nobody writes */
};

/*
 * Read `len` bytes as template.Parse does, with the functions that Go has built in and CoreDNS's parseInt.
 * Return what is wrong first, GO_TEMPLATE_FINE for nothing; `*ret_at` is then the offset of what it is about
 * and
 * `*ret_len` its length. Whether a field exists only shows when it is used. Source: pkg.go.dev/text/template;
 * coredns 1.14.7 plugin/template/template.go.
 */
enum go_template_fault go_template_check(const char *text, size_t len, size_t *ret_at, size_t *ret_len);

/*
 * The first field of the dot (".Name") that is none of `known`, which ends with NULL. Pure. Only of a text
 * that go_template_check() takes, and false where something may give the dot another value ({{range}},
 * {{with}}).
 */
bool go_template_unknown_field(const char *text, size_t len, const char *const *known, size_t *ret_at,
                               size_t *ret_len);

#endif
