/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_SUGGEST_H
#define K8SDNS_BASE_SUGGEST_H

#include <stddef.h>

/*
 * How many letters to insert, delete, replace or swap with their neighbour make one word of the other. Words
 * over 40 letters are 40 away from all others.
 */
size_t suggest_distance(const char *a, const char *b);

/*
 * The one of `words` (a NULL-terminated list) that a person who typed `typed` most likely meant, or NULL
 * when none is near: at most a third of the letters may differ (transpositions count once).
 */
const char *suggest_word(const char *typed, const char *const *words);

#endif
