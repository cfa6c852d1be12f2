/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_JSON_TREE_H
#define K8SDNS_WIRE_JSON_TREE_H

#include <jansson.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What jansson makes of a text takes ten to thirty times its bytes: "[0,0,0" is 40 for each two. So whatever
 * a stranger wrote is read within bounds of memory, and what would take more is an error.
 */

/* Of what another machine sends: with the text itself a run stays under 64 MB. */
#define JSON_TREE_PEER (24U * 1024 * 1024)
/* Of a capture, which a person names: thirty servers and three hundred names take 70 MB. */
#define JSON_TREE_CAPTURE (192U * 1024 * 1024)

/* From now on trees take at most `room` bytes more; jansson's functions fail where one would take more. */
void json_tree_begin(size_t room);
/* That is over. Return whether one would have taken more. */
bool json_tree_end(void);
/* How much they took. */
size_t json_tree_used(void);

/*
 * json_loadb() within such a bound. NULL with `where` filled; for a tree that is too large its text says so
 * and its line is -1.
 */
json_t *json_tree_read(const char *bytes, size_t len, size_t flags, size_t room, json_error_t *where);

#endif
