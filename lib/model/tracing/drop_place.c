/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/tracing/drop_place.h>
#include <string.h>

const char *const drop_hook_names[] = {"ingress", "prerouting",  "input",  "forward",
                                       "output",  "postrouting", "egress", NULL};

const char *const drop_cause_names[] = {
    "rule",        "iptables-rule", "conntrack-full", "conntrack-insert", "ipvs",    "socket-buffer",
    "no-listener", "neighbour",     "rp-filter",      "no-route",         "too-big", "queue",
    "fragment",    "checksum",      "not-ours",       "closed",           "other",   NULL};

static const char *const texts[DROP_CAUSES] = {
    "a rule dropped or rejected it",
    "an iptables rule dropped or rejected it",
    "connection tracking refused it: its table is full",
    "connection tracking could not make its entry: another has the same ports",
    "IPVS dropped it: its backend is gone",
    "the socket's receive buffer is full",
    "nobody listens on the port",
    "the neighbour does not answer (ARP, ND)",
    "the reverse path filter: no way back to its source",
    "there is no route",
    "larger than the MTU, and not to be split",
    "a queue is full or drops",
    "its fragments did not come together",
    "its checksum is wrong",
    "a copy, given to someone whom it was not for",
    "its socket was closed before it was read",
    "another cause; see the kernel's reason",
};

const char *drop_cause_text(int cause)
{
    return cause < 0 || cause >= DROP_CAUSES ? "" : texts[cause];
}

size_t drop_place_symbol_len(const char *symbol)
{
    return strcspn(symbol, ". \t");
}

static bool is(const char *symbol, const char *name)
{
    size_t len = strlen(name);

    return drop_place_symbol_len(symbol) == len && strncmp(symbol, name, len) == 0;
}

static bool begins(const char *symbol, const char *prefix)
{
    return strncmp(symbol, prefix, strlen(prefix)) == 0;
}

/* What stands between a free and our program: it tells nothing of the place. */
static bool is_machinery(const char *symbol)
{
    static const char *const prefixes[] = {
        "bpf_prog_",       "bpf_trace_run",   "bpf_trampoline", "__bpf_trace_",    "__traceiter_",
        "trace_kfree_skb", "kfree_skb",       "__kfree_skb",    "sk_skb_reason_",  "__sk_skb_reason_",
        "skb_release_",    "skb_queue_purge", "__bpf_prog",     "skb_rbtree_purge"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (begins(symbol, prefixes[i]))
            return true;
    return !*symbol;
}

/* The functions that run netfilter's chains for a hook. */
static int hook_of(const char *symbol)
{
    static const struct {
        const char *name;
        int hook;
    } rows[] = {
        {"__netif_receive_skb_core", HOOK_INGRESS},
        {"nf_ingress", HOOK_INGRESS},
        {"ip_rcv", HOOK_PREROUTING},
        {"ipv6_rcv", HOOK_PREROUTING},
        {"ip_list_rcv", HOOK_PREROUTING},
        {"ipv6_list_rcv", HOOK_PREROUTING},
        {"ip_sublist_rcv", HOOK_PREROUTING},
        {"ip6_sublist_rcv", HOOK_PREROUTING},
        {"br_nf_pre_routing", HOOK_PREROUTING},
        {"br_nf_pre_routing_ipv6", HOOK_PREROUTING},
        {"br_handle_frame", HOOK_PREROUTING},
        {"ip_local_deliver", HOOK_INPUT},
        {"ip6_input", HOOK_INPUT},
        {"br_pass_frame_up", HOOK_INPUT},
        {"ip_forward", HOOK_FORWARD},
        {"ip6_forward", HOOK_FORWARD},
        {"ip_mr_forward", HOOK_FORWARD},
        {"br_nf_forward_ip", HOOK_FORWARD},
        {"br_nf_forward", HOOK_FORWARD},
        {"__br_forward", HOOK_FORWARD},
        {"__ip_local_out", HOOK_OUTPUT},
        {"ip_local_out", HOOK_OUTPUT},
        {"__ip6_local_out", HOOK_OUTPUT},
        {"ip6_local_out", HOOK_OUTPUT},
        {"ip6_xmit", HOOK_OUTPUT},
        {"ip6_send_skb", HOOK_OUTPUT},
        {"ip_send_skb", HOOK_OUTPUT},
        {"__ip_queue_xmit", HOOK_OUTPUT},
        {"ip_output", HOOK_POSTROUTING},
        {"ip6_output", HOOK_POSTROUTING},
        {"ip_mc_output", HOOK_POSTROUTING},
        {"br_nf_post_routing", HOOK_POSTROUTING},
        {"br_forward_finish", HOOK_POSTROUTING},
        {"__dev_queue_xmit", HOOK_EGRESS},
        {"nf_hook_egress", HOOK_EGRESS},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (is(symbol, rows[i].name))
            return rows[i].hook;
    return -1;
}

static bool runs_chains(const char *symbol)
{
    return is(symbol, "nf_hook_slow") || is(symbol, "nf_hook_slow_list") || begins(symbol, "nft_do_chain");
}

/* The first caller of netfilter that belongs to a hook. */
static int find_hook(const struct drop_evidence *evidence, size_t from)
{
    bool in_chains = false;

    for (size_t i = from; i < evidence->names_count; i++) {
        int hook = hook_of(evidence->names[i]);

        if (in_chains && hook >= 0)
            return hook;
        in_chains = in_chains || runs_chains(evidence->names[i]) || is(evidence->names[i], "ipt_do_table") ||
                    is(evidence->names[i], "ip6t_do_table");
    }
    return -1;
}

static bool has(const struct drop_evidence *evidence, const char *name)
{
    for (size_t i = 0; i < evidence->names_count; i++)
        if (is(evidence->names[i], name))
            return true;
    return false;
}

/* What netfilter's verdict was about. */
static void judge_netfilter(const struct drop_evidence *evidence, struct drop_place *place)
{
    place->sure = true;
    if (has(evidence, "nft_do_chain"))
        place->cause = CAUSE_RULE;
    else if (has(evidence, "ipt_do_table") || has(evidence, "ip6t_do_table"))
        place->cause = CAUSE_IPTABLES;
    else if (evidence->judge >= 0)
        place->cause = evidence->judge;
    else {
        place->sure = false;
        if (place->hook == HOOK_PREROUTING && !evidence->tracked)
            place->cause = CAUSE_CONNTRACK_FULL;
        else if ((place->hook == HOOK_INPUT || place->hook == HOOK_POSTROUTING) && evidence->tracked &&
                 !evidence->confirmed)
            place->cause = CAUSE_CONNTRACK_INSERT;
        else if (place->hook == HOOK_INPUT && !evidence->tracked)
            place->cause = CAUSE_IPVS;
        else
            place->cause = CAUSE_RULE;
    }
}

static int cause_of_reason(const char *reason)
{
    static const struct {
        const char *prefix;
        int cause;
    } rows[] = {
        {"NO_SOCKET", CAUSE_NO_LISTENER},
        {"SOCKET_RCVBUFF", CAUSE_BUFFER},
        {"PROTO_MEM", CAUSE_BUFFER},
        {"SOCKET_BACKLOG", CAUSE_BUFFER},
        {"NEIGH_", CAUSE_NEIGHBOUR},
        {"IP_RPFILTER", CAUSE_RP_FILTER},
        {"IP_LOCAL_SOURCE", CAUSE_RP_FILTER},
        {"IP_OUTNOROUTES", CAUSE_NO_ROUTE},
        {"IP_INNOROUTES", CAUSE_NO_ROUTE},
        {"PKT_TOO_BIG", CAUSE_TOO_BIG},
        {"QDISC_", CAUSE_QUEUE},
        {"CPU_BACKLOG", CAUSE_QUEUE},
        {"FULL_RING", CAUSE_QUEUE},
        {"FRAG_", CAUSE_FRAGMENT},
        {"DUP_FRAG", CAUSE_FRAGMENT},
        {"UDP_CSUM", CAUSE_CHECKSUM},
        {"TCP_CSUM", CAUSE_CHECKSUM},
        {"IP_CSUM", CAUSE_CHECKSUM},
        {"SKB_CSUM", CAUSE_CHECKSUM},
        {"OTHERHOST", CAUSE_NOT_OURS},
        {"SOCKET_CLOSE", CAUSE_CLOSED},
        {"QUEUE_PURGE", CAUSE_CLOSED},
    };

    for (size_t i = 0; reason && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (begins(reason, rows[i].prefix))
            return rows[i].cause;
    return -1;
}

/* For kernels whose reason says less than the place. */
static int cause_of_function(const char *function)
{
    static const struct {
        const char *name;
        int cause;
    } rows[] = {
        {"ip_error", CAUSE_NO_ROUTE},
        {"ip6_pkt_discard", CAUSE_NO_ROUTE},
        {"ip6_pkt_drop", CAUSE_NO_ROUTE},
        {"neigh_invalidate", CAUSE_NEIGHBOUR},
        {"arp_error_report", CAUSE_NEIGHBOUR},
        {"ndisc_error_report", CAUSE_NEIGHBOUR},
        {"udp_destroy_sock", CAUSE_CLOSED},
        {"inet_sock_destruct", CAUSE_CLOSED},
        {"udp_destruct_common", CAUSE_CLOSED},
        {"udp_queue_rcv_one_skb", CAUSE_BUFFER},
        {"udpv6_queue_rcv_one_skb", CAUSE_BUFFER},
        {"__udp4_lib_rcv", CAUSE_NO_LISTENER},
        {"__udp6_lib_rcv", CAUSE_NO_LISTENER},
        {"enqueue_to_backlog", CAUSE_QUEUE},
        {"__dev_queue_xmit", CAUSE_QUEUE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (is(function, rows[i].name))
            return rows[i].cause;
    return CAUSE_OTHER;
}

/* A send that goes on to the drop without a detour over the softirq, in which anybody's packets are handled.
 */
static bool is_sending(const struct drop_evidence *evidence)
{
    static const char *const sends[] = {
        "udp_sendmsg",  "udpv6_sendmsg", "tcp_sendmsg",   "tcp_sendmsg_locked", "raw_sendmsg",
        "__sys_sendto", "__sys_sendmsg", "__sys_connect", "tcp_v4_connect",     "tcp_v6_connect"};
    static const char *const detours[] = {"handle_softirqs", "__do_softirq", "net_rx_action", "__napi_poll"};

    for (size_t i = 0; i < evidence->names_count; i++) {
        for (size_t k = 0; k < sizeof(detours) / sizeof(detours[0]); k++)
            if (is(evidence->names[i], detours[k]))
                return false;
        for (size_t k = 0; k < sizeof(sends) / sizeof(sends[0]); k++)
            if (is(evidence->names[i], sends[k]))
                return true;
    }
    return false;
}

void drop_place_find(const struct drop_evidence *evidence, struct drop_place *ret)
{
    struct drop_place place = {.hook = -1, .cause = CAUSE_OTHER, .sure = true};
    size_t first = 0;

    while (first < evidence->names_count && is_machinery(evidence->names[first]))
        first++;
    place.depth = first;
    if (first < evidence->names_count)
        place.function = evidence->names[first];
    place.sender = is_sending(evidence);
    if ((evidence->reason && strcmp(evidence->reason, "NETFILTER_DROP") == 0) ||
        (place.function && runs_chains(place.function)) || evidence->judge >= 0) {
        place.hook = find_hook(evidence, first);
        judge_netfilter(evidence, &place);
    } else {
        place.cause = cause_of_reason(evidence->reason);
        if (place.cause < 0)
            place.cause = place.function ? cause_of_function(place.function) : CAUSE_OTHER;
    }
    *ret = place;
}
