/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLV_FACTS_H
#define K8SDNS_MODEL_RESOLV_FACTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/shape.h>

/* The resolvers whose behaviour is known. The words are pinned. */
enum resolver {
    RESOLVER_GLIBC,
    RESOLVER_MUSL,
    RESOLVER_GO,
    RESOLVERS,
};
extern const char *const resolver_words[]; /* "glibc", "musl", "go" */

/* What one resolver makes of resolv.conf (and, for glibc, of RES_OPTIONS and LOCALDOMAIN). */
struct resolver_view {
    int resolver;
    const char **nameservers; /* text, as used: at most three; the default when the file names none */
    size_t nameservers_count;
    struct address *servers; /* the same, parsed; nameservers_count of them */
    const char **search;     /* in order, without final dots; "" for the root ("search .") */
    size_t search_count;
    uint64_t ndots;
    uint64_t timeout_ms;
    uint64_t attempts;
    const char **options; /* the other options it understands and has on: "rotate", "edns0", ... */
    size_t options_count;
    const char **ignored; /* what it drops, in words: "line 4: nameserver 'x' is not an address" */
    size_t ignored_count;
    const char *fatal;      /* why lookups send nothing at all with this file; NULL when they do */
    bool stops_at_bad_name; /* a search domain that makes no valid name ends the lookup (old musl) */
    bool tcp_on_truncation; /* new musl, as the others always do */
};
extern const struct shape resolver_view_shape;

/* Whether one of its other options is on. */
bool resolver_view_has(const struct resolver_view *view, const char *option);

struct resolv_warning {
    uint64_t line; /* from 1; unset when it is about the whole file */
    const char *text;
    const char **resolvers; /* whom it concerns */
    size_t resolvers_count;
    bool loses; /* lookups may differ from what the writer of the file meant */
};
extern const struct shape resolv_warning_shape;

/* Which resolver a process uses. */
enum resolver_kind {
    KIND_GLIBC,
    KIND_MUSL,
    KIND_GO,
    KIND_STATIC, /* a static program that is no Go program: its own resolver, unknown */
    KIND_UNKNOWN,
};
extern const char *const resolver_kind_words[]; /* "glibc", "musl", "go", "static", "unknown" */

struct resolver_identity {
    int kind;            /* enum resolver_kind */
    const char *version; /* "2.36", "1.2.3", "go1.19.8", or NULL */
    const char *how;     /* the evidence: "PT_INTERP of /proc/1/exe is /lib/ld-musl-x86_64.so.1" */
};
extern const struct shape resolver_identity_shape;

/* `data` of the resolv command. */
struct resolv_facts {
    const char *file;
    const char **nameservers; /* as the file has them, all of them */
    size_t nameservers_count;
    const char **search;
    size_t search_count;
    struct shape_keyed *options; /* by name, the last one wins; "" for a bare word */
    size_t options_count;
    const char *dns_policy;        /* "ClusterFirst", "Default", "None", ... or NULL when it cannot be told */
    const char *dns_policy_reason; /* why it is thought so */
    struct resolver_identity resolver;
    struct resolver_view *views; /* one per resolver, in the order of enum resolver */
    size_t views_count;
    struct resolv_warning *warnings;
    size_t warnings_count;
};
extern const struct shape resolv_facts_shape;

struct arena;
struct resolv_environment;

/*
 * Read the `len` bytes of a resolv.conf (a NUL follows them) into `ret_facts`: the outline, the three views,
 * the warnings, dnsPolicy. `file` and `resolver` are the caller's and left unset. Pure: any bytes will do.
 */
void resolv_facts_read(struct arena *arena, const char *bytes, size_t len,
                       const struct resolv_environment *environment, struct resolv_facts *ret_facts);

/* Whose rules a process of this kind follows: those of glibc for one that is static or not known. */
int resolver_of_kind(int kind);

/* Whether a warning says that the resolver `kind` loses something. */
bool resolv_facts_loses(const struct resolv_facts *facts, int kind);

#endif
