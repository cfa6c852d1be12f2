/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/model/node/socket_sharing.h>
#include <stdlib.h>

static int by_ends(const void *a, const void *b)
{
    const struct socket_entry *x = a, *y = b;
    int r = address_compare(&x->local, &y->local);

    return r ? r : address_compare(&x->remote, &y->remote);
}

void socket_sharing_find(struct arena *arena, struct socket_entry *sockets, size_t count,
                         struct shared_port_facts **ret_shared, size_t *ret_count)
{
    char text[ADDRESS_TEXT];

    *ret_shared = NULL;
    *ret_count = 0;
    if (count)
        qsort(sockets, count, sizeof(*sockets), by_ends);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && by_ends(&sockets[i], &sockets[end]) == 0;)
            end++;
        if (end - i < 2 || !sockets[i].local.port)
            continue;
        *ARENA_PUSH(arena, *ret_shared, *ret_count) = (struct shared_port_facts){
            .local = arena_text(arena, address_format_port(&sockets[i].local, text, sizeof(text))),
            .sockets = end - i,
            .uid = sockets[i].uid,
        };
    }
}
