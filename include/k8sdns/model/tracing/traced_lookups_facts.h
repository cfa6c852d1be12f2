/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_TRACED_LOOKUPS_FACTS_H
#define K8SDNS_MODEL_TRACED_LOOKUPS_FACTS_H

#include <k8sdns/model/shape/shape.h>
#include <k8sdns/model/statistics/histogram.h>

/* How a lookup was seen. */
enum lookups_method {
    LOOKUPS_BY_CALL,   /* of the C library, from its begin to its return */
    LOOKUPS_BY_PACKET, /* a question on the wire, from send to answer */
    LOOKUPS_METHODS,
};
extern const char *const lookups_method_names[]; /* "call", "packets" */

/* A process, as far as it is known. */
struct process_facts {
    uint64_t pid;                          /* unset when it is not seen from the pid namespace of k8sdns */
    const char *name;                      /* as in /proc/PID/comm; NULL: not known */
    int resolver;                          /* enum resolver_kind of its program */
    const char *pod, *pod_uid, *container; /* NULL: none, or it does not say, as the next */
    const char *pod_namespace;             /* by the search list of its resolv.conf */
    uint64_t netns;                        /* inode of its network namespace */
};
extern const struct shape process_facts_shape;

/* One lookup. */
struct lookups_call_facts {
    const char *time; /* when it began */
    int method;
    const char *call; /* "getaddrinfo"; of packets the record type asked for */
    const char *name; /* as the program gave it; of packets the full name */
    const char *result;
    bool failed;
    uint64_t latency_us; /* unset when it did not end */
    uint64_t age_us;     /* of one that did not end, else unset */
    const char *server;  /* of packets: who was asked */
    struct process_facts process;
};
extern const struct shape lookups_call_facts_shape;

/* All lookups seen in one way. */
struct lookups_method_facts {
    int method;
    uint64_t lookups, failed, slow;
    uint64_t min_us, avg_us, p50_us, p90_us, p99_us, max_us; /* of those that ended */
    struct histogram_octave_facts *latency;
    size_t latency_count;
};
extern const struct shape lookups_method_facts_shape;

/* Lookups of one kind of process, or of one name. */
struct lookups_group_facts {
    const char *name;
    const char *container, *pod; /* of processes */
    uint64_t lookups, failed, slow, avg_us, max_us;
};
extern const struct shape lookups_group_facts_shape;

/* A C library in use, and how it is watched. */
struct lookups_library_facts {
    const char *path;             /* as the process sees it */
    int kind;                     /* KIND_GLIBC or KIND_MUSL */
    struct process_facts process; /* the first that was seen with it */
    const char **calls;
    size_t calls_count;
    const char *error; /* why it is not watched, or not whole */
};
extern const struct shape lookups_library_facts_shape;

struct traced_lookups_facts {
    bool summary;   /* of the whole run; else `calls` since the last */
    double span_ms; /* what this is about */
    struct lookups_call_facts *calls;
    size_t calls_count;
    uint64_t lookups, failed, slow, slow_us;
    struct lookups_method_facts *methods;
    size_t methods_count;
    struct lookups_group_facts *by_process, *by_name;
    size_t by_process_count, by_name_count;
    uint64_t ungrouped; /* lookups of names and processes over the number that is kept */
    struct lookups_call_facts *in_flight;
    size_t in_flight_count;
    struct lookups_library_facts *libraries;
    size_t libraries_count;
    uint64_t libraries_left_out;
    uint64_t lost;      /* seen in the kernel, but there was no room to hand them over, or to remember them */
    uint64_t abandoned; /* calls that a jump left, which never return */
};
extern const struct shape traced_lookups_facts_shape;

#endif
