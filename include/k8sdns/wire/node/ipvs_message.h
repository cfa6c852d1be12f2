/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_IPVS_MESSAGE_H
#define K8SDNS_WIRE_IPVS_MESSAGE_H

#include <k8sdns/base/address.h>
#include <stddef.h>

/*
 * IPVS, as generic netlink and as /proc/net/ip_vs and ip_vs_conn show it. Source: Linux
 * include/uapi/linux/ip_vs.h, net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_info_seq_show) and ip_vs_conn.c
 * (ip_vs_conn_seq_show).
 */
#define IPVS_UNSET     UINT64_MAX
#define IPVS_NAME_SIZE 32

/* Since the service or the destination was made; IPVS_UNSET where it is not shown. The kernel sums it up
 * every two seconds (net/netfilter/ipvs/ip_vs_est.c). */
struct ipvs_traffic {
    uint64_t connections, in_packets, out_packets;
};

/* A virtual service. One by a firewall mark has no address (family 0). */
struct ipvs_service {
    struct address where;
    uint8_t protocol; /* IPPROTO_UDP, IPPROTO_TCP, ... */
    uint32_t fwmark;
    char scheduler[IPVS_NAME_SIZE];
    bool persistent; /* one client stays with one destination */
    uint64_t
        persistent_s; /* for so long; /proc has it in ticks of a length that it does not say: IPVS_UNSET */
    bool one_packet;  /* each packet is scheduled alone, and no connection is kept (UDP) */
    struct ipvs_traffic traffic;
};

enum ipvs_method {
    IPVS_MASQUERADE,
    IPVS_LOCAL,
    IPVS_TUNNEL,
    IPVS_ROUTE,
    IPVS_BYPASS,
    IPVS_METHODS,
};
extern const char *const ipvs_method_names[]; /* "masquerade", ... NULL */

/* A real server behind a virtual service. */
struct ipvs_destination {
    struct address where;
    int method;      /* enum ipvs_method */
    uint32_t weight; /* 0: it gets no new connections */
    uint32_t active, inactive;
    struct ipvs_traffic traffic;
};

struct ipvs_connection {
    uint8_t protocol;
    struct address client, service, destination;
    char state[16];
    uint64_t expires_s;
};

/*
 * Read one out of the `len` bytes behind the netlink header. `family` is the service's, which a destination
 * has unless it says otherwise. Return 0, or -EBADMSG when the bytes hold none or end in the middle.
 */
int ipvs_service_read(const uint8_t *bytes, size_t len, struct ipvs_service *ret_service);
int ipvs_destination_read(const uint8_t *bytes, size_t len, uint8_t family,
                          struct ipvs_destination *ret_destination);

/* Seconds that connections live without a packet. Return 0 or -EBADMSG. */
struct ipvs_timeouts {
    uint64_t tcp_s, tcp_fin_s, udp_s;
};
int ipvs_timeouts_read(const uint8_t *bytes, size_t len, struct ipvs_timeouts *ret_timeouts);

/* A line of /proc/net/ip_vs, which a NUL or a newline ends. Return what it was; damage is IPVS_LINE_OTHER. */
enum ipvs_line {
    IPVS_LINE_OTHER,
    IPVS_LINE_SERVICE,
    IPVS_LINE_DESTINATION,
};
enum ipvs_line ipvs_line_read(const char *line, struct ipvs_service *ret_service,
                              struct ipvs_destination *ret_destination);

/* A line of /proc/net/ip_vs_conn. Return 0, or -EBADMSG for its heading and for damage. */
int ipvs_connection_read(const char *line, struct ipvs_connection *ret_connection);

#endif
