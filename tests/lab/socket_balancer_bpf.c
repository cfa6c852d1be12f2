/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load balancing of the DNS Service at the socket, as Cilium and Calico's eBPF data plane do it: connect(2)
 * and sendmsg(2) go to a backend, recvmsg(2) and getpeername(2) show the Service's address. For the processes
 * of one control group; nothing is on the wire or in conntrack that has the ClusterIP.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BACKENDS_MAX 8

struct end {
    __u32 ip[4]; /* an IPv4 address is in the first; network order, as the port */
    __u32 port;
};

struct backends {
    __u32 count;
    struct end ends[BACKENDS_MAX];
};

struct flow {
    __u64 cookie;
    struct end backend;
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, struct end);
    __type(value, struct backends);
} services SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, struct flow);
    __type(value, struct end);
} flows SEC(".maps");

/* 0: refuse; 1: `to` is a backend now; 2: it is no Service. */
static __always_inline int choose(struct bpf_sock_addr *c, struct end *to)
{
    const struct backends *b = bpf_map_lookup_elem(&services, to);
    struct end service = *to;
    struct flow flow = {0};
    __u32 at;

    if (!b)
        return 2;
    if (!b->count)
        return 0;
    at = bpf_get_prandom_u32() % b->count;
    if (at >= BACKENDS_MAX)
        return 0;
    *to = b->ends[at];
    flow.cookie = bpf_get_socket_cookie(c);
    flow.backend = *to;
    bpf_map_update_elem(&flows, &flow, &service, BPF_ANY);
    return 1;
}

static __always_inline const struct end *service_of(struct bpf_sock_addr *c, const struct end *backend)
{
    struct flow flow = {0};

    flow.cookie = bpf_get_socket_cookie(c);
    flow.backend = *backend;
    return bpf_map_lookup_elem(&flows, &flow);
}

static __always_inline struct end end4(struct bpf_sock_addr *c)
{
    return (struct end){.ip = {c->user_ip4}, .port = c->user_port};
}

static __always_inline int forth4(struct bpf_sock_addr *c)
{
    struct end to = end4(c);
    int r = choose(c, &to);

    if (r == 1) {
        c->user_ip4 = to.ip[0];
        c->user_port = to.port;
    }
    return r != 0;
}

static __always_inline int back4(struct bpf_sock_addr *c)
{
    struct end from = end4(c);
    const struct end *service = service_of(c, &from);

    if (service) {
        c->user_ip4 = service->ip[0];
        c->user_port = service->port;
    }
    return 1;
}

static __always_inline struct end end6(struct bpf_sock_addr *c)
{
    return (struct end){.ip = {c->user_ip6[0], c->user_ip6[1], c->user_ip6[2], c->user_ip6[3]},
                        .port = c->user_port};
}

static __always_inline void set6(struct bpf_sock_addr *c, const struct end *end)
{
    c->user_ip6[0] = end->ip[0];
    c->user_ip6[1] = end->ip[1];
    c->user_ip6[2] = end->ip[2];
    c->user_ip6[3] = end->ip[3];
    c->user_port = end->port;
}

static __always_inline int forth6(struct bpf_sock_addr *c)
{
    struct end to = end6(c);
    int r = choose(c, &to);

    if (r == 1)
        set6(c, &to);
    return r != 0;
}

static __always_inline int back6(struct bpf_sock_addr *c)
{
    struct end from = end6(c);
    const struct end *service = service_of(c, &from);

    if (service)
        set6(c, service);
    return 1;
}

SEC("cgroup/connect4") int connect4(struct bpf_sock_addr *c)
{
    return forth4(c);
}
SEC("cgroup/sendmsg4") int sendmsg4(struct bpf_sock_addr *c)
{
    return forth4(c);
}
SEC("cgroup/recvmsg4") int recvmsg4(struct bpf_sock_addr *c)
{
    return back4(c);
}
SEC("cgroup/getpeername4") int getpeername4(struct bpf_sock_addr *c)
{
    return back4(c);
}
SEC("cgroup/connect6") int connect6(struct bpf_sock_addr *c)
{
    return forth6(c);
}
SEC("cgroup/sendmsg6") int sendmsg6(struct bpf_sock_addr *c)
{
    return forth6(c);
}
SEC("cgroup/recvmsg6") int recvmsg6(struct bpf_sock_addr *c)
{
    return back6(c);
}
SEC("cgroup/getpeername6") int getpeername6(struct bpf_sock_addr *c)
{
    return back6(c);
}

char LICENSE[] SEC("license") = "GPL";
