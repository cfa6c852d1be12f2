/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A query to send: header, one question, EDNS. */
#include <errno.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

#define OPTION_NSID 3
/* What unbound, knot and CoreDNS's clients settled on in the DNS flag day of 2020. */
#define UDP_SIZE_DEFAULT 1232

struct writer {
    uint8_t *at, *end;
    bool full;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
    if (w->full || (size_t)(w->end - w->at) < len) {
        w->full = true;
        return;
    }
    memcpy(w->at, bytes, len);
    w->at += len;
}

static void put16(struct writer *w, unsigned value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    put(w, bytes, sizeof(bytes));
}

int dns_query_build(const struct dns_query *query, uint8_t *out, size_t size, struct err *err)
{
    struct writer w = {.at = out, .end = out + size};
    uint8_t name[DNS_NAME_WIRE_MAX];
    bool edns = query->udp_size || query->nsid;
    int len = dns_name_from_text(query->name, name, err);

    if (len < 0)
        return len;
    put16(&w, query->id);
    put16(&w, query->rd ? 0x0100 : 0);
    put16(&w, 1);
    put16(&w, 0);
    put16(&w, 0);
    put16(&w, edns ? 1 : 0);
    put(&w, name, (size_t)len);
    put16(&w, query->type);
    put16(&w, query->class);
    if (edns) {
        put(&w, "", 1); /* the root */
        put16(&w, DNS_TYPE_OPT);
        put16(&w, query->udp_size ? query->udp_size : UDP_SIZE_DEFAULT);
        put16(&w, 0);
        put16(&w, 0);
        put16(&w, query->nsid ? 4 : 0);
        if (query->nsid) {
            put16(&w, OPTION_NSID);
            put16(&w, 0);
        }
    }
    if (w.full)
        return err_set(err, ERR_INTERNAL, ENOBUFS, "no room for the query for '%.300s'", query->name);
    return (int)(w.at - out);
}
