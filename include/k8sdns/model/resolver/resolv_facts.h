/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLV_FACTS_H
#define K8SDNS_MODEL_RESOLV_FACTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/probe/name_view.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>

struct arena;
struct resolv_environment;

/* The resolvers whose behaviour is known. The words are pinned. */
enum resolver {
    RESOLVER_GLIBC,
    RESOLVER_MUSL,
    RESOLVER_GO,
    RESOLVERS, /* those that the C library or the language's own runtime brings: `resolv` reads the file as
                  they do */
    /* Others, which lookup and expand follow; their rules are in resolver_table.h. */
    RESOLVER_MUSL_OLD = RESOLVERS,
    RESOLVER_CARES,
    RESOLVER_CARES_QUERY,
    RESOLVER_CARES_OLD,
    RESOLVER_NODE,
    RESOLVER_NODE_OLD,
    RESOLVER_GRPC,
    RESOLVER_NETTY,
    RESOLVER_NETTY_ALL,
    RESOLVER_NETTY_TCP,
    RESOLVER_HICKORY,
    RESOLVER_RUBY,
    RESOLVER_RUBY_ONE,
    RESOLVER_ERLANG,
    RESOLVER_ERLANG_NATIVE,
    RESOLVER_PERL,
    RESOLVER_PERL_QUERY,
    RESOLVER_DNSPYTHON,
    RESOLVER_DNSPYTHON_SEARCH,
    RESOLVER_PHP,
    RESOLVER_NGINX,
    RESOLVER_HAPROXY,
    RESOLVER_RESOLVED,
    RESOLVER_RESOLVED_STUB,
    /* tools */
    RESOLVER_BUSYBOX,
    RESOLVER_BUSYBOX_MUSL,
    RESOLVER_BUSYBOX_OLD,
    RESOLVER_NSLOOKUP,
    RESOLVER_HOST,
    RESOLVER_DIG,
    RESOLVER_DIG_SEARCH,
    RESOLVER_GETENT_HOSTS,
    RESOLVERS_KNOWN,
};
extern const char *const resolver_names[];     /* "glibc", "musl", "go" */
extern const char *const resolver_all_names[]; /* all of them, by enum resolver */

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

/* Either version. */
bool resolver_is_musl(int resolver);

/* Whether one of its other options is on. */
bool resolver_view_has(const struct resolver_view *view, const char *option);

struct resolv_warning {
    uint64_t line; /* from 1; unset when it is about the whole file */
    const char *text;
    const char **resolvers; /* whom it concerns */
    size_t resolvers_count;
    bool loses;         /* lookups may differ from what the writer of the file meant */
    bool of_nameserver; /* its line is one of a nameserver: names are completed as the file says */
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
extern const char *const resolver_kind_names[]; /* "glibc", "musl", "go", "static", "unknown" */

/* Programs that bring a resolver, or a cache, of their own beside the C library's, by the executable's name.
 */
enum application_runtime {
    RUNTIME_NONE, /* none that is known: the C library's or Go's is all */
    RUNTIME_NODE,
    RUNTIME_JAVA,
    RUNTIME_PYTHON,
    RUNTIME_ENVOY,
    RUNTIME_NGINX,
    RUNTIME_HAPROXY,
    RUNTIME_ERLANG,
    RUNTIME_RUBY,
    RUNTIME_PHP,
    RUNTIME_DOTNET,
    RUNTIMES,
};
extern const char *const application_runtime_names[]; /* "none", "node", ... */

struct resolver_identity {
    int kind;             /* enum resolver_kind */
    int runtime;          /* enum application_runtime */
    const char **choices; /* names for --as that a program of it may follow beside the C library's */
    size_t choices_count;
    uint64_t pid;        /* of the process that was looked at; unset: none, but an image or a system */
    const char *program; /* its executable; NULL: not looked at */
    const char *version; /* "2.36", "1.2.3", "go1.19.8", or NULL */
    const char *how;     /* the evidence: "PT_INTERP of /proc/1/exe is /lib/ld-musl-x86_64.so.1" */
};
extern const struct shape resolver_identity_shape;

/* `data` of the resolv command. */
struct resolv_facts {
    int status; /* enum health; -1: not judged */
    const char *file;
    const char **nameservers; /* as the file has them, all of them */
    size_t nameservers_count;
    const char **search;
    size_t search_count;
    struct shape_keyed *options; /* by name, the last one wins; "" for a bare word */
    size_t options_count;
    const char *dns_policy;        /* "ClusterFirst", "Default", "None", ... or NULL when it cannot be told */
    const char *dns_policy_reason; /* why it is thought so */
    const char *as_pod; /* the views complete names as a Pod of this namespace does; NULL: as the file says */
    struct name_view *names_as; /* the same with the domain and how it is known; NULL with that */
    struct resolver_identity resolver;
    struct resolver_view *views; /* one per resolver, in the order of enum resolver */
    size_t views_count;
    struct resolv_warning *warnings;
    size_t warnings_count;
    /* What it was read from, for resolvers that have no view here. Not part of the facts that are written. */
    const char *text;
    size_t text_len;
    struct resolv_environment *environment;
};
extern const struct shape resolv_facts_shape;

/*
 * Read the `len` bytes of a resolv.conf (a NUL follows them) into `ret_facts`: the outline, the three views,
 * the warnings, dnsPolicy. `file` and `resolver` are the caller's and left unset. Pure: any bytes will do.
 */
void resolv_facts_read(struct arena *arena, const char *bytes, size_t len,
                       const struct resolv_environment *environment, struct resolv_facts *ret_facts);

/*
 * Let the views complete names as a Pod of this namespace with dnsPolicy ClusterFirst does, whose kubelet
 * puts the node's own search domains behind the cluster's, and ndots 5. For a node's file, which has neither.
 * When it was done before, what was completed so is completed anew.
 * Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
void resolv_facts_as_pod(struct arena *arena, struct resolv_facts *facts, const struct name_view *as);

/* Let the views ask these servers, as Pods do: the kubelet's clusterDNS. */
void resolv_facts_ask(struct arena *arena, struct resolv_facts *facts, const struct address *servers,
                      size_t count);

/* Whose rules a process of this kind follows: those of glibc for one that is static or not known. */
int resolver_of_kind(int kind);

/* Why programs of this kind send no query with this file; NULL: they do. */
const char *resolv_facts_fatal(const struct resolv_facts *facts, int kind);
/* Whether a warning says that the resolver `kind` loses something. */
bool resolv_facts_loses(const struct resolv_facts *facts, int kind);

/* The cluster's domain by the search list ("svc.cluster.local cluster.local"), or NULL. */
const char *resolver_cluster_domain(const struct resolver_view *view);

/*
 * Name a Pod's host as far as it is not named: its namespace is the one that the kubelet's search list begins
 * with ("shop.svc.cluster.local svc.cluster.local"), and its name is the host's, as versions before 0.3 told
 * it. `resolv` is that of the Pod itself; NULL: none.
 */
void resolv_facts_name_host(struct arena *arena, const struct resolv_facts *resolv, struct host_facts *host);

#endif
