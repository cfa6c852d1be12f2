/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_ENDPOINTS_FILES_H
#define K8SDNS_COLLECT_ENDPOINTS_FILES_H

#include <k8sdns/collect/survey.h>
#include <stddef.h>

/*
 * What --endpoints names: several files with commas between them are read as one, since one may tell what
 * another is about. Return 0 or a negative errno with survey->err filled.
 */
int endpoints_files_read(struct survey *survey, const char *paths, const char **ret_bytes,
                         size_t *ret_len) MUST_USE;

#endif
