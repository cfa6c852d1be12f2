/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_LIBRARY_H
#define K8SDNS_BASE_LIBRARY_H

#include <k8sdns/base/err.h>
#include <stddef.h>

/* A function of a shared library, and where its address goes in a struct of pointers to functions. */
struct library_function {
    const char *name;
    size_t offset;
};

/*
 * Load a shared library, for what few commands take and all others would pay for when they start, and fill
 * `ret_functions`, a struct of pointers that `functions` describes. The library stays for the rest of the
 * process. Return 0 or a negative errno (kind ERR_UNOBSERVED): -ENOENT when this image has
 * none, with `purpose` in the message, which says what it is for and names it; -ENOSYS when it lacks a
 * function. Source: dlopen(3).
 */
int library_load(const char *name, const struct library_function *functions, size_t count,
                 void *ret_functions, const char *purpose, struct err *err) MUST_USE;

#endif
