/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_SUGGEST_H
#define K8SDNS_BASE_SUGGEST_H

#include <stddef.h>

/*
 * The one of `words` (a NULL-terminated list) that a person who typed `typed` most likely meant, or NULL
 * when none is near: at most a third of the letters may differ (transpositions count once).
 */
const char *suggest_word(const char *typed, const char *const *words);

#endif
