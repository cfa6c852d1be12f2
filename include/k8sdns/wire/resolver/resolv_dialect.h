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

/* A number of an option that is none: "ndots:abc", "ndots:", "ndots:-1". */
enum resolv_number {
    NUMBER_AS_STRTOUL, /* what is none is 0; one below 0 is huge, as strtoul(3) makes it */
    NUMBER_AS_STRTOL,  /* what is none is 0; -1 is the mark of one that is not set */
    NUMBER_OR_ONE,     /* the same as strtol(), and nothing at all is 1, the word for yes */
    NUMBER_OR_NOTHING, /* the option does not count */
    NUMBER_SIGNED,     /* likewise; one below 0 is 0 */
    NUMBER_OR_FATAL,   /* the file is refused; nothing at all is 0 */
    NUMBER_PARSED,     /* the file is refused, for nothing at all as well */
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
    bool refuses_address;          /* nor is one with a nameserver that is no address */
    bool refuses_empty;            /* nor one with a keyword that has nothing behind it */
    bool refuses_keyword;          /* nor one with a keyword that it does not know */
    int numbers;                   /* enum resolv_number */
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
