/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_COLD_CODE_H
#define K8SDNS_SOURCE_COLD_CODE_H

#include <k8sdns/base/err.h>

/*
 * Of a static program that packaging/fold has made small: put the folded code (OpenSSL's) where it was linked
 * to be. Before that no function of it may be called. Once, or when nothing is folded, it does nothing.
 * Return 0, or a negative errno with a message (kind ERR_UNOBSERVED) where this place forbids new code.
 */
int cold_code_unfold(struct err *err) MUST_USE;

#endif
