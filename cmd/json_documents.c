/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_documents.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <stdlib.h>
#include <string.h>

/* As much as a cache of a core holds: what was read is still there when it is looked at. */
#define WINDOW (256U * 1024)
/* A capture of thirty servers and three hundred names is a tenth of it. */
#define DOCUMENT_MAX (64U * 1024 * 1024)

/* Make room for more than there is, and read it. Return 0, or a negative errno. */
static int fill(struct json_documents *d)
{
    memmove(d->bytes, d->bytes + d->from, d->to - d->from);
    d->to -= d->from;
    d->from = 0;
    if (d->to == d->room) {
        char *more = d->room < DOCUMENT_MAX ? realloc(d->bytes, 2 * d->room) : NULL;

        if (!more)
            return d->room < DOCUMENT_MAX ? -ENOMEM : -EBADMSG;
        d->bytes = more;
        d->room *= 2;
    }
    while (d->to < d->room && !d->ended) {
        ssize_t got = file_read_some(d->fd, d->bytes + d->to, d->room - d->to);

        if (got < 0)
            return -errno;
        d->ended = got == 0;
        d->to += (size_t)got;
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int json_documents_next(struct json_documents *d)
{
    int r;

    if (!d->bytes) {
        d->bytes = malloc(WINDOW);
        if (!d->bytes)
            return -ENOMEM;
        d->room = WINDOW;
    }
    d->from += d->len;
    d->len = 0;
    for (;;) {
        while (d->from < d->to && is_blank(d->bytes[d->from]))
            d->from++;
        if (d->from < d->to) {
            enum json_excerpt_end end;

            text_clear(&d->excerpt);
            end = json_excerpt(d->wanted, d->bytes + d->from, d->to - d->from, &d->excerpt, &d->len);
            if (end != JSON_EXCERPT_CUT || d->ended)
                return end == JSON_EXCERPT_WHOLE ? 1 : -EBADMSG;
        } else if (d->ended) {
            return 0;
        }
        r = fill(d);
        if (r < 0)
            return r;
    }
}

void json_documents_fini(struct json_documents *d)
{
    text_fini(&d->excerpt);
    free(d->bytes);
}
