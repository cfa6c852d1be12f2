/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_KERNEL_TYPES_H
#define K8SDNS_SOURCE_KERNEL_TYPES_H

#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the running kernel says of its own types and functions (BTF), for things that differ between kernels
 * and that no version number tells. Call bpf_support_check() first.
 */
struct kernel_types;

/* Return NULL with a message (kind ERR_UNOBSERVED) when the kernel has none that can be read. */
struct kernel_types *kernel_types_new(struct err *err);
void kernel_types_free(struct kernel_types *types);

/* The name of a value of `enum enumeration`; NULL when there is none. It lives as long as `types`. */
const char *kernel_types_word(const struct kernel_types *types, const char *enumeration, uint32_t value);

/*
 * The names of all values below `count`, NULL where there is none, by one search through the types: each
 * takes a millisecond or more. They live as long as `types`.
 */
void kernel_types_words(const struct kernel_types *types, const char *enumeration, const char **ret_words,
                        size_t count);

/* The value of `word` in `enum enumeration`, or -1. */
int64_t kernel_types_value(const struct kernel_types *types, const char *enumeration, const char *word);

/*
 * Whether the kernel, or its module `module` when that is not NULL and loaded, has a function of that name
 * that programs can hang on to. The module's name must outlive `types`.
 */
bool kernel_types_has_function(struct kernel_types *types, const char *module, const char *name);

/* How many arguments the function behind a typedef takes ("btf_trace_kfree_skb" counts one more: its data),
 * or 0. */
unsigned kernel_types_arguments(const struct kernel_types *types, const char *function_type);

/*
 * The offset in bytes of a member of `struct name` of the kernel or of `module`, in members without a name as
 * well; its size when `member` is NULL. -1 when there is none.
 */
int64_t kernel_types_member(struct kernel_types *types, const char *module, const char *name,
                            const char *member);

/* Whether the first argument of a function is a `void *`; false when there is no such function. */
bool kernel_types_first_is_void(struct kernel_types *types, const char *module, const char *name);

#endif
