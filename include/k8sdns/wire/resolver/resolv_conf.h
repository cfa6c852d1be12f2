/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_RESOLV_CONF_H
#define K8SDNS_WIRE_RESOLV_CONF_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/line.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The text of resolv.conf, and what glibc, musl and Go each make of it.
 *
 * There is no format that the three agree on: each splits lines, words and numbers in its own way. So each
 * has a reader of its own, which follows that resolver's rules to the byte and remarks on everything that
 * it does not take as written. Nothing here fails: any bytes are a legal file to some extent.
 *
 * Source: resolv.conf(5); the behaviour of glibc 2.36, musl 1.2.3 and Go 1.19, each rule tried live.
 */

/* Files beyond this are not read: a resolver would spend seconds on every lookup. */
#define RESOLV_CONF_MAX (8U << 20)
/* Of search domains and of nameservers listed. The kubelet writes at most 32 domains. */
#define RESOLV_ITEMS_MAX 2048
/* Of remarks, for each resolver; a last one then says how many were left out. */
#define RESOLV_REMARKS_MAX 200
/* Of different option names. */
#define RESOLV_OPTIONS_MAX 256
/* All three stop here. */
#define RESOLV_SERVERS_MAX 3

/* One word of an options line: "ndots:5" is {"ndots", "5"}, "rotate" is {"rotate", ""}. */
struct resolv_word {
    const char *name, *value;
};

/* What a person reads in the file, whoever takes it: blanks of any kind divide, the last search or domain
 * line counts, the last of several options of one name counts. */
struct resolv_outline {
    const char **nameservers;
    size_t nameservers_count;
    const char **search;
    size_t search_count;
    struct resolv_word *options;
    size_t options_count;
    size_t left_out; /* items beyond the maxima */
};
void resolv_outline_read(struct arena *arena, const char *bytes, size_t len,
                         struct resolv_outline *ret_outline);

/* What besides the file a resolver goes by. */
struct resolv_environment {
    const char *res_options;   /* RES_OPTIONS; NULL: not set */
    const char *localdomain;   /* LOCALDOMAIN; NULL: not set */
    const char *hostname;      /* its domain is searched when the file says nothing; NULL: none */
    const char *musl_version;  /* "1.2.4"; NULL: not known, taken as before 1.2.4 */
    const char *glibc_version; /* "2.36"; NULL: not known, taken as 2.26 or later */
    bool in_pod;               /* it is read where a Pod's programs run */
};

/* Something that a resolver does not take as written, or that is worth knowing. */
struct resolv_remark {
    size_t line;      /* 0: about the whole file */
    const char *text; /* without the line number; the same words for every resolver it concerns */
    bool ignored;     /* something in the file was dropped */
    bool loses;       /* lookups may differ from what the writer of the file meant */
};

/* What one resolver makes of it. */
struct resolv_reading {
    const char **nameservers; /* as used; at most RESOLV_SERVERS_MAX, the default when there is none */
    size_t nameservers_count;
    struct address *servers; /* the same, parsed, port 53 */
    size_t *server_lines;    /* where each stands; 0 for the default */
    const char **search;     /* in order, without a final dot; "" is the root */
    size_t search_count;
    uint64_t ndots, timeout_ms, attempts; /* as they take effect */
    const char **options;                 /* the others that are on */
    size_t options_count;
    struct resolv_remark *remarks;
    size_t remarks_count;
    /* Why a program sends no question at all with this file; NULL when it does. */
    const char *fatal;
    /* A search domain that makes no valid name ends the lookup, instead of being passed over. */
    bool stops_at_bad_name;
    bool tcp_on_truncation; /* musl from 1.2.4 on; glibc and Go always do, which goes without saying */
};

/* Read the `len` bytes at `bytes`, which a NUL follows, as each resolver does. Texts go into the arena. */
void resolv_glibc_read(struct arena *arena, const char *bytes, size_t len,
                       const struct resolv_environment *environment, struct resolv_reading *ret_reading);
void resolv_musl_read(struct arena *arena, const char *bytes, size_t len,
                      const struct resolv_environment *environment, struct resolv_reading *ret_reading);
void resolv_go_read(struct arena *arena, const char *bytes, size_t len,
                    const struct resolv_environment *environment, struct resolv_reading *ret_reading);

/* Addresses as inet_aton() takes them (numbers in any base, missing parts) but with nothing behind. */
bool resolv_parse_aton(const char *text, struct address *ret_address);
/* IPv6 alone, in text that ends at `len`. */
bool resolv_parse_v6(const char *text, size_t len, struct address *ret_address);
/* The number of an interface, by name or number; 0 when there is none. */
uint32_t resolv_parse_scope(const char *zone);

#endif
