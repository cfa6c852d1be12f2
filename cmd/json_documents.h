/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_JSON_DOCUMENTS_H
#define K8SDNS_CMD_JSON_DOCUMENTS_H

#include <k8sdns/wire/capture/json_excerpt.h>
#include <stdbool.h>

/*
 * JSON documents one behind another in a file or a pipe, of which no more than one is in memory. Start with
 * {.fd = , .wanted = }, end with json_documents_fini(), which leaves the descriptor open.
 */
struct json_documents {
    int fd;
    const struct json_wanted *wanted; /* of each document */
    struct text excerpt;              /* these members of the current one */
    char *bytes;                      /* of it, `len` octets from `from` on: all of it */
    size_t from, len;
    size_t to, room;
    bool ended;
};

/*
 * Give the next document. Return 1; 0 when there is none; -EBADMSG for what is no JSON or larger than 64 MB,
 * behind which nothing can be found; a negative errno of read().
 */
int json_documents_next(struct json_documents *documents) MUST_USE;
void json_documents_fini(struct json_documents *documents);

#endif
