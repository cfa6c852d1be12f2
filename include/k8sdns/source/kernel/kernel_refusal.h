/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_KERNEL_REFUSAL_H
#define K8SDNS_SOURCE_KERNEL_REFUSAL_H

#include <k8sdns/base/err.h>
#include <stdarg.h>
#include <stddef.h>

/*
 * The last lines that libbpf and the kernel's verifier wrote when a program was refused: too much for an
 * error, and all that a maintainer wants to see.
 */
enum {
    REFUSAL_LINES = 12,
    REFUSAL_WIDTH = 240,
};

/* Take what libbpf prints, a piece of any number of lines; the oldest lines go first. */
void kernel_refusal_take(const char *fmt, va_list args) PRINTF_LIKE(1, 0);

/* The lines, the oldest first; the pointers are good until the next piece. Return how many, at most
 * REFUSAL_LINES. */
size_t kernel_refusal_lines(const char *ret_lines[REFUSAL_LINES]);

#endif
