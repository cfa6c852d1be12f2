/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libbpf where it is part of the program; bpf_library.c loads it elsewhere. */
#define BPF_LIBRARY_PLAIN_NAMES
#include "bpf_library.h"
#include <k8sdns/source/kernel/kernel_refusal.h>
#include <stdarg.h>

/* Of a program that carries all its libraries: libbpf is in it, and nothing is to be loaded. */
struct bpf_library bpf_library = {
#define BPF_ROW(name) .name = (name),
    BPF_FUNCTIONS(BPF_ROW)
#undef BPF_ROW
};

/*
 * Two functions that Debian 13's libelf.a refers to and no package has (elfutils keeps them in a library that
 * it does not install). They begin and end the list of raw chunks, which libbpf takes none of: an empty list
 * is all zero, as its memory is.
 */
void eu_search_tree_init(void *tree);
void eu_search_tree_fini(void *tree, void (*free_node)(void *));

__attribute__((weak)) void eu_search_tree_init(void *tree)
{
    (void)tree;
}

__attribute__((weak)) void eu_search_tree_fini(void *tree, void (*free_node)(void *))
{
    (void)tree;
    (void)free_node;
}

/* Nothing is printed; what went wrong is kept for -v. */
static int keep_last_lines(enum libbpf_print_level level, const char *fmt, va_list args)
{
    if (level == LIBBPF_WARN)
        kernel_refusal_take(fmt, args);
    return 0;
}

int bpf_library_load(struct err *err)
{
    (void)err;
    libbpf_set_print(keep_last_lines);
    return 0;
}
