/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_SEGMENT_FILES_H
#define K8SDNS_SOURCE_SEGMENT_FILES_H

#include <k8sdns/base/err.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A segment of a recording in its folder: NNNNNNNN.k8sdns, numbered in the order in which they were begun. */
struct segment_file {
    uint64_t number, size;
};

/* The last number that a file may have. At ten seconds an interval that is a century for each segment of it.
 */
#define SEGMENT_NUMBER_MAX UINT64_C(9999999999)
#define SEGMENT_NAME       40
/* The file's name, in `buf`. */
const char *segment_file_name(uint64_t number, char buf[SEGMENT_NAME]);

/*
 * The segments in a folder (its descriptor), by number. Return how many, or a
 * negative errno. Ownership: free(*ret_files). Other files are passed over.
 */
ssize_t segment_files_list(int folder, struct segment_file **ret_files);

#endif
