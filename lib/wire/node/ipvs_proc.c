/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/ip_vs and ip_vs_conn, which are read where netlink's privilege is not there. */
#include "proc_word.h"
#include <arpa/inet.h>
#include <errno.h>
#include <k8sdns/wire/node/ipvs_message.h>
#include <string.h>

/* "0A60000A", or all of an IPv6 address, which may stand in brackets. */
static bool read_host(const char *word, size_t len, struct address *ret)
{
    char text[INET6_ADDRSTRLEN];
    uint64_t v4;

    if (len == 8) {
        v4 = proc_word_number(word, len, 16);
        *ret = (struct address){.v4.s_addr = htonl((uint32_t)v4), .family = AF_INET};
        return v4 != PROC_UNSET;
    }
    if (len >= 2 && word[0] == '[' && word[len - 1] == ']') {
        word++;
        len -= 2;
    }
    if (len >= sizeof(text))
        return false;
    memcpy(text, word, len);
    text[len] = '\0';
    *ret = (struct address){.family = AF_INET6};
    return inet_pton(AF_INET6, text, &ret->v6) == 1;
}

static bool read_port(const char *word, size_t len, struct address *ret)
{
    uint64_t port = len == 4 ? proc_word_number(word, len, 16) : PROC_UNSET;

    ret->port = (uint16_t)port;
    return port != PROC_UNSET;
}

/* "0A60000A:0035" */
static bool read_where(const char *word, size_t len, struct address *ret)
{
    return len > 5 && word[len - 5] == ':' && read_host(word, len - 5, ret) &&
           read_port(word + len - 4, 4, ret);
}

static bool read_protocol(const char *word, size_t len, uint8_t *ret)
{
    *ret = proc_is_word(word, len, "UDP")    ? IPPROTO_UDP
           : proc_is_word(word, len, "TCP")  ? IPPROTO_TCP
           : proc_is_word(word, len, "SCTP") ? IPPROTO_SCTP
                                             : 0;
    return *ret;
}

static bool read_service(const char *at, const char *word, size_t len, struct ipvs_service *ret)
{
    uint64_t mark;

    *ret = (struct ipvs_service){.persistent_s = IPVS_UNSET, .traffic = {IPVS_UNSET, IPVS_UNSET, IPVS_UNSET}};
    if (read_protocol(word, len, &ret->protocol)) {
        if (!(word = proc_next_word(&at, &len)) || !read_where(word, len, &ret->where))
            return false;
    } else if (proc_is_word(word, len, "FWM")) {
        word = proc_next_word(&at, &len);
        mark = proc_word_number(word, len, 16);
        if (mark == PROC_UNSET || !mark || mark > UINT32_MAX)
            return false;
        ret->fwmark = (uint32_t)mark;
    } else {
        return false;
    }
    word = proc_next_word(&at, &len);
    if (!word || len >= sizeof(ret->scheduler))
        return false;
    memcpy(ret->scheduler, word, len);
    while ((word = proc_next_word(&at, &len))) {
        ret->one_packet = ret->one_packet || proc_is_word(word, len, "ops");
        ret->persistent = ret->persistent || proc_is_word(word, len, "persistent");
    }
    return true;
}

static int method_of(const char *word, size_t len)
{
    static const char *const names[] = {
        [IPVS_MASQUERADE] = "Masq", [IPVS_LOCAL] = "Local",   [IPVS_TUNNEL] = "Tunnel",
        [IPVS_ROUTE] = "Route",     [IPVS_BYPASS] = "Bypass",
    };

    for (int i = 0; i < IPVS_METHODS; i++)
        if (proc_is_word(word, len, names[i]))
            return i;
    return -1;
}

static bool read_destination(const char *at, struct ipvs_destination *ret)
{
    uint64_t numbers[3]; /* weight, active, inactive */
    const char *word;
    size_t len;

    *ret = (struct ipvs_destination){.traffic = {IPVS_UNSET, IPVS_UNSET, IPVS_UNSET}};
    if (!(word = proc_next_word(&at, &len)) || !read_where(word, len, &ret->where))
        return false;
    ret->method = (word = proc_next_word(&at, &len)) ? method_of(word, len) : -1;
    for (size_t i = 0; i < 3; i++) {
        word = proc_next_word(&at, &len);
        numbers[i] = proc_word_number(word, len, 10);
        if (numbers[i] > UINT32_MAX)
            return false;
    }
    ret->weight = (uint32_t)numbers[0];
    ret->active = (uint32_t)numbers[1];
    ret->inactive = (uint32_t)numbers[2];
    return ret->method >= 0;
}

enum ipvs_line ipvs_line_read(const char *line, struct ipvs_service *ret_service,
                              struct ipvs_destination *ret_destination)
{
    const char *at = line, *word;
    size_t len;

    word = proc_next_word(&at, &len);
    if (!word)
        return IPVS_LINE_OTHER;
    if (proc_is_word(word, len, "->"))
        return read_destination(at, ret_destination) ? IPVS_LINE_DESTINATION : IPVS_LINE_OTHER;
    return read_service(at, word, len, ret_service) ? IPVS_LINE_SERVICE : IPVS_LINE_OTHER;
}

int ipvs_connection_read(const char *line, struct ipvs_connection *ret)
{
    struct address *const ends[] = {&ret->client, &ret->service, &ret->destination};
    const char *at = line, *word;
    size_t len;

    *ret = (struct ipvs_connection){0};
    word = proc_next_word(&at, &len);
    if (!word || !read_protocol(word, len, &ret->protocol))
        return -EBADMSG;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (!(word = proc_next_word(&at, &len)) || !read_host(word, len, ends[i]))
            return -EBADMSG;
        if (!(word = proc_next_word(&at, &len)) || !read_port(word, len, ends[i]))
            return -EBADMSG;
    }
    word = proc_next_word(&at, &len);
    if (!word || len >= sizeof(ret->state))
        return -EBADMSG;
    memcpy(ret->state, word, len);
    word = proc_next_word(&at, &len);
    ret->expires_s = proc_word_number(word, len, 10);
    return ret->expires_s == PROC_UNSET ? -EBADMSG : 0;
}
