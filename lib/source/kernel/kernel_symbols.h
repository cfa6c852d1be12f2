/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_KERNEL_SYMBOLS_H
#define K8SDNS_SOURCE_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

/* Names of the kernel's functions by their addresses, for kernels that give programs none (before
 * Linux 5.13). */
struct kernel_symbols;

/*
 * Read /proc/kallsyms once, modules' and programs' functions included. Without CAP_SYSLOG, or where
 * kptr_restrict hides addresses, nothing has a name. Never NULL.
 */
struct kernel_symbols *kernel_symbols_new(void);
void kernel_symbols_free(struct kernel_symbols *symbols);

/* Whether there is any name. */
bool kernel_symbols_any(const struct kernel_symbols *symbols);

/* The function that `address` lies in, or "". The text lives as long as `symbols`. */
const char *kernel_symbols_find(const struct kernel_symbols *symbols, uint64_t address);

#endif
