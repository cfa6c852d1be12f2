/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLVER_RULES_H
#define K8SDNS_MODEL_RESOLVER_RULES_H

#include "../lookup_run.h"
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <k8sdns/wire/resolver/resolv_dialect.h>

/*
 * Resolvers that are described by code alone: what is sent for a name is found by running the code, against
 * servers or against a wire that answers NXDOMAIN to everything. What several of them share stands here: the
 * names to try, and queries that wait side by side.
 *
 * What they do was recorded from the programs; tests/data/oracle holds the recordings.
 */
struct resolver_rules {
    struct resolver_entry;
    /* How it reads resolv.conf: a dialect, or the reader of glibc. */
    const struct resolv_dialect *dialect;
    void (*read)(struct arena *, const char *, size_t, const struct resolv_environment *,
                 struct resolv_reading *);
    void (*look_up)(struct lookup_run *run);
    uint16_t udp_size; /* of its EDNS record; 0: it has none */
};
/* NULL for glibc, musl and Go, which have plans of their own. */
const struct resolver_rules *resolver_rules_of(int resolver);
/* Fill a plan that names its resolver. */
void plan_by_rules(struct arena *arena, const struct resolver_view *view, const char *name,
                   struct plan *plan);

/* ---- names ---- */

enum rules_list {
    LIST_AS_IS_FIRST = 1,
    LIST_SEARCH = 2,
    LIST_AS_IS_LAST = 4,
};

/* The name ends with a dot. */
bool rules_rooted(const struct lookup_run *run);
size_t rules_dots(const struct lookup_run *run);
/* The usual: with a final dot as it is; with ndots dots or more as it is and then the list; else the reverse.
 */
int rules_usual_list(const struct lookup_run *run);
/*
 * Fill run->candidates with the names of `list`, each in the types of the run. Return false when one is no
 * valid name, and then stop before it.
 */
bool rules_make_list(struct lookup_run *run, int list);
/* The name in in-addr.arpa or ip6.arpa of an address; NULL when `text` is none. */
const char *rules_reverse_name(struct arena *arena, const char *text);
/* A name that is an address (not in short) is its own answer. */
bool rules_is_literal(struct lookup_run *run);
bool rules_is_localhost(struct lookup_run *run);
/* The same for whatever inet_aton(3) takes, as the C library does. */
bool rules_is_classic_address(struct lookup_run *run);

/* ---- queries side by side ---- */

#define SOCKET_NONE UINT64_MAX

/* One query with its retries. */
struct lane {
    const char *name;
    uint16_t type;
    size_t tries;     /* how often it went out, without the second leg over TCP */
    size_t step;      /* for the resolver's own use: a server, a place in the list */
    size_t pending;   /* likewise: answers that are still to come, a place in the list */
    uint64_t skipped; /* likewise: servers that gave an error, a bit each */
    size_t server;
    int transport;
    uint64_t socket, deadline_us;
    int status; /* enum probe_status of what ended it; PROBE_TIMEOUT: nothing did */
    bool open, found;
};

enum lane_verdict {
    LANE_DONE,
    LANE_AGAIN, /* as if its time were over */
    LANE_WAIT,
};

struct lane_rules {
    void *user;
    /* Send again by lane_send(), or return false: no more tries. */
    bool (*try_next)(struct lookup_run *run, struct lane *lane, void *user);
    enum lane_verdict (*judge)(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user);
};

/* Send the lane's query and let it wait so long. */
void lane_send(struct lookup_run *run, struct lane *lane, size_t server, int transport, uint64_t socket,
               uint64_t wait_us);
/* A truncated answer over UDP: ask the same server over TCP by `socket`. Return whether it was one. */
bool lane_over_tcp(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                   uint64_t socket, uint64_t wait_us);
/* Begin all lanes and let them run to their ends. */
void lanes_run(struct lookup_run *run, const struct lane_rules *rules, struct lane *lanes, size_t count);

/* Whether a status says that the name or the type is not there. */
bool rules_is_absent(int status);
/* "NXDOMAIN", "SERVFAIL", ...; "timed out" for silence. */
const char *rules_rcode_word(int status);
uint64_t rules_timeout_us(const struct lookup_run *run);
bool rules_option(const struct lookup_run *run, const char *option);

/* ---- glibc's res_search(), which PHP, getent and BusyBox 1.28 call ---- */

enum herrno {
    H_OK,
    H_NOT_FOUND,
    H_TRY_AGAIN,
    H_NO_RECOVERY,
    H_NO_DATA,
};
/* Look up run->candidates, in order, by glibc's rules. */
int glibc_search(struct lookup_run *run);

extern const struct resolver_rules rules_cares, rules_cares_query, rules_cares_old, rules_node,
    rules_node_old, rules_grpc, rules_netty, rules_netty_all, rules_netty_tcp, rules_ruby_one,
    rules_perl_query, rules_erlang_native, rules_hickory, rules_ruby, rules_erlang, rules_perl,
    rules_dnspython, rules_dnspython_search, rules_php, rules_getent_hosts, rules_nginx, rules_haproxy,
    rules_busybox, rules_busybox_musl, rules_busybox_old, rules_nslookup, rules_host, rules_dig,
    rules_dig_search, rules_resolved, rules_resolved_stub;

#endif
