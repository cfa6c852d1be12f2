/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_RESOLV_DIALECT_H
#define K8SDNS_WIRE_RESOLV_DIALECT_H

#include <k8sdns/wire/resolver/resolv_conf.h>

/*
 * resolv.conf as libraries and tools read it that bring a reader of their own. They differ in a handful of
 * points, which a struct resolv_dialect names; glibc, musl and Go, which differ in every byte, have readers
 * of their own (resolv_conf.h).
 */

/* Nameservers that any of them uses. */
#define RESOLV_DIALECT_SERVERS_MAX 32

enum resolv_comment {
    COMMENT_IS_WORD,   /* '#' and ';' begin a comment only at the start of a line */
    COMMENT_ENDS_LIST, /* and where a word may stand */
};

enum resolv_tab {
    TAB_DIVIDES,
    TAB_JOINS, /* a tab between search domains is part of the name */
    TAB_LOSES, /* a tab between search domains loses the line */
};

struct resolv_dialect {
    int comments;                  /* enum resolv_comment */
    int tabs;                      /* enum resolv_tab, between search domains */
    bool needs_line_start;         /* a keyword behind a blank is not read */
    bool searches_add_up;          /* several search lines do; else the last one counts */
    bool first_search_counts;      /* a domain line behind a search line does not */
    bool drops_root;               /* the search domain "." */
    bool searches_hostname;        /* the host name's domain, when no line says what to search */
    bool ignores_search;           /* it has no search list */
    bool needs_clean_server;       /* words behind a nameserver's address spoil it */
    bool stops_at_cr;              /* a file with DOS line ends is not read */
    bool res_options;              /* RES_OPTIONS counts */
    int localdomain;               /* of LOCALDOMAIN: 0 nothing, 1 the first domain, 2 all */
    bool ndots, timeout, attempts; /* which of these options count */
    const char *const *options;    /* other options that count, ending in NULL; NULL: none */
    const char *const *known;      /* those that are legal, where others end it; NULL: all are */
    uint64_t default_timeout_ms, default_attempts;
    size_t servers_max, search_max; /* 0: RESOLV_DIALECT_SERVERS_MAX, RESOLV_ITEMS_MAX */
    const char *default_servers[2];
};

/* Read the `len` bytes at `bytes`, which a NUL follows. Remarks are not made. Texts go into the arena. */
void resolv_dialect_read(struct arena *arena, const struct resolv_dialect *dialect, const char *bytes,
                         size_t len, const struct resolv_environment *environment,
                         struct resolv_reading *ret_reading);

#endif
