/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/node/conntrack_table.h>
#include <k8sdns/wire/node/proc_table.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define PROC_MAX   (1024 * 1024)
#define CPUS_MAX   4096
#define PORT_RANGE "/proc/sys/net/ipv4/ip_local_port_range"
#define SYSCTL     "/proc/sys/net/netfilter/nf_conntrack_"

/*
 * Bits of CTA_FILTER_ORIG_FLAGS, which no header exports. Source: Linux net/netfilter/nf_internals.h; they
 * are of the kernel's interface since 5.8.
 */
#define FILTER_PROTO_NUM (1U << 3)
#define FILTER_DST_PORT  (1U << 5)

static struct nlmsghdr *request(struct netlink *netlink, uint16_t type, uint16_t flags, uint8_t family)
{
    const struct nfgenmsg head = {.nfgen_family = family, .version = NFNETLINK_V0};

    return netlink_request(netlink, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags, &head,
                           sizeof(head));
}

static const uint8_t *body_of(const struct nlmsghdr *message, size_t *ret_len)
{
    *ret_len = mnl_nlmsg_get_payload_len(message);
    return mnl_nlmsg_get_payload(message);
}

static int fail(struct err *err, int code)
{
    if (code == EPERM)
        return err_set(err, ERR_UNOBSERVED, EPERM, "it takes CAP_NET_ADMIN to read the conntrack table");
    if (code == EPROTONOSUPPORT || code == ENOENT || code == EINVAL)
        return err_set(err, ERR_UNOBSERVED, ENOENT, "this kernel has no connection tracking by netlink");
    return err_set_errno(err, ERR_UNOBSERVED, code, "cannot read the conntrack table");
}

/* The `index`th number of a file; unset when it is not to be had. */
static uint64_t proc_number(struct arena *arena, const char *path, unsigned index)
{
    return proc_number_at(file_text(arena, path, PROC_MAX), index);
}

/* ---- entries ---- */

struct entry_walk {
    uint16_t port;
    void (*each)(void *user, const struct conntrack_entry *entry);
    void *user;
    struct conntrack_dump *dump;
    uint64_t others; /* that a filter should have left out */
};

static int on_entry(const struct nlmsghdr *message, void *user)
{
    struct entry_walk *walk = user;
    struct conntrack_entry entry;
    size_t len;
    const uint8_t *bytes = body_of(message, &len);
    int r = conntrack_entry_read(bytes, len, walk->port, &entry);

    walk->dump->messages++;
    if (r < 0)
        walk->dump->damaged++;
    else if (r == 0)
        walk->others++;
    else
        walk->each(walk->user, &entry);
    return MNL_CB_OK;
}

static void put_filter(struct nlmsghdr *message, uint8_t protocol, uint16_t port)
{
    struct nlattr *tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG), *proto, *filter;

    proto = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(message, CTA_PROTO_NUM, protocol);
    mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(port));
    mnl_attr_nest_end(message, proto);
    mnl_attr_nest_end(message, tuple);
    filter = mnl_attr_nest_start(message, CTA_FILTER);
    mnl_attr_put_u32(message, CTA_FILTER_ORIG_FLAGS, FILTER_PROTO_NUM | FILTER_DST_PORT);
    mnl_attr_put_u32(message, CTA_FILTER_REPLY_FLAGS, 0);
    mnl_attr_nest_end(message, filter);
}

/* An interrupted dump is told, not repeated: a busy table would never let one through. */
static int dump_once(struct netlink *netlink, struct nlmsghdr *message, struct entry_walk *walk)
{
    int r = netlink_exchange(netlink, message, on_entry, walk);

    if (r != -EINTR)
        return r;
    walk->dump->interrupted = true;
    return 0;
}

/*
 * Each pass walks the whole table, whatever the filter leaves of it; where there can be no DNS over IPv6 two
 * are saved. Without forwarding only this namespace's own traffic is tracked, and with no address but
 * link-local ones that reaches no server of the cluster. Source: Linux net/ipv6/addrconf.c, if6_seq_show.
 */
static bool may_have_ipv6(void)
{
    struct arena *arena = arena_new();
    bool may = proc_number(arena, "/proc/sys/net/ipv6/conf/all/forwarding", 0) == 1;

    for (const char *line = file_text(arena, "/proc/net/if_inet6", PROC_MAX); *line && !may;
         line += strcspn(line, "\n"), line += *line == '\n') {
        char scope[3] = "";

        /* address, interface, prefix, scope (00: global), flags, name */
        may = sscanf(line, "%*32s %*s %*s %2s", scope) == 1 && strcmp(scope, "00") == 0;
    }
    arena_free(arena);
    return may;
}

/* All entries of this namespace; CONNTRACK_UNSET, which is more than any number, when it cannot be seen. */
static uint64_t entries_now(void)
{
    struct arena *arena = arena_new();
    uint64_t entries = proc_number(arena, SYSCTL "count", 0);

    arena_free(arena);
    return entries;
}

int conntrack_dump(uint16_t port, void (*each)(void *user, const struct conntrack_entry *entry), void *user,
                   struct conntrack_dump *ret_dump, struct err *err)
{
    static const struct {
        uint8_t family, protocol;
    } parts[] = {
        {AF_INET, IPPROTO_UDP}, {AF_INET, IPPROTO_TCP}, {AF_INET6, IPPROTO_UDP}, {AF_INET6, IPPROTO_TCP}};
    struct entry_walk walk = {port, each, user, ret_dump, 0};
    struct netlink netlink;
    int r;

    *ret_dump = (struct conntrack_dump){.filtered = true};
    r = netlink_open(&netlink, NETLINK_NETFILTER);
    ret_dump->ipv6 = may_have_ipv6();
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && r == 0; i++) {
        struct nlmsghdr *message;

        if (parts[i].family == AF_INET6 && !ret_dump->ipv6)
            break;
        message = request(&netlink, IPCTNL_MSG_CT_GET, NLM_F_DUMP, parts[i].family);
        put_filter(message, parts[i].protocol, port);
        r = dump_once(&netlink, message, &walk);
        /* When that was all there is, the next walks would find nothing. */
        if (r == 0 && !walk.others && ret_dump->messages >= entries_now())
            break;
        /* A kernel that does not know the filter refuses it or, older, gives everything at once. */
        if (i == 0 && (walk.others || r == -EINVAL || r == -EOPNOTSUPP)) {
            ret_dump->filtered = false;
            break;
        }
    }
    if (!ret_dump->filtered)
        ret_dump->ipv6 = true;
    if (!ret_dump->filtered && r == 0 && walk.others) {
        /* All of IPv4 was seen, TCP as well. */
        r = dump_once(&netlink, request(&netlink, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_INET6), &walk);
    } else if (!ret_dump->filtered) {
        r = dump_once(&netlink, request(&netlink, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC), &walk);
    }
    netlink_close(&netlink);
    return r < 0 ? fail(err, -r) : 0;
}

/* ---- counters ---- */

struct table_reading {
    struct arena *arena;
    struct conntrack_table *table;
};

static int on_totals(const struct nlmsghdr *message, void *user)
{
    struct table_reading *reading = user;
    size_t len;
    const uint8_t *bytes = body_of(message, &len);

    return conntrack_totals_read(bytes, len, &reading->table->entries, &reading->table->max) < 0
               ? MNL_CB_ERROR
               : MNL_CB_OK;
}

static int on_cpu(const struct nlmsghdr *message, void *user)
{
    struct table_reading *reading = user;
    struct conntrack_counters counters;
    size_t len;
    const uint8_t *bytes = body_of(message, &len);

    if (reading->table->cpus_count < CPUS_MAX && conntrack_counters_read(bytes, len, &counters) == 0)
        *ARENA_PUSH(reading->arena, reading->table->cpus, reading->table->cpus_count) = counters;
    return MNL_CB_OK;
}

static int read_netlink(struct table_reading *reading)
{
    struct netlink netlink;
    int r = netlink_open(&netlink, NETLINK_NETFILTER);

    if (r == 0)
        r = netlink_exchange(&netlink, request(&netlink, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, AF_UNSPEC),
                             on_totals, reading);
    if (r == 0)
        r = netlink_exchange(&netlink, request(&netlink, IPCTNL_MSG_CT_GET_STATS_CPU, NLM_F_DUMP, AF_UNSPEC),
                             on_cpu, reading);
    netlink_close(&netlink);
    return r;
}

static void read_proc_counters(struct arena *arena, struct conntrack_table *table)
{
    struct conntrack_counters *cpus = arena_array(arena, CPUS_MAX, sizeof(*cpus));
    uint64_t entries;
    int count = conntrack_proc_read(file_text(arena, "/proc/net/stat/nf_conntrack", PROC_MAX), cpus, CPUS_MAX,
                                    &entries);

    if (count <= 0)
        return;
    table->cpus = cpus;
    table->cpus_count = (size_t)count;
    if (table->entries == CONNTRACK_UNSET)
        table->entries = entries;
}

static void add_up(struct conntrack_table *table)
{
    table->sum.cpu = CONNTRACK_UNSET;
    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++) {
        table->sum.values[i] = CONNTRACK_UNSET;
        for (size_t c = 0; c < table->cpus_count; c++) {
            uint64_t value = table->cpus[c].values[i];

            if (value != CONNTRACK_UNSET)
                table->sum.values[i] =
                    value + (table->sum.values[i] == CONNTRACK_UNSET ? 0 : table->sum.values[i]);
        }
    }
}

int conntrack_table_read(struct arena *arena, struct conntrack_table *table, struct err *err)
{
    struct table_reading reading = {arena, table};
    int r;

    *table =
        (struct conntrack_table){.entries = CONNTRACK_UNSET, .max = CONNTRACK_UNSET, .how = TABLE_BY_NETLINK};
    r = read_netlink(&reading);
    if (table->entries == CONNTRACK_UNSET)
        table->entries = proc_number(arena, SYSCTL "count", 0);
    if (table->max == CONNTRACK_UNSET)
        table->max = proc_number(arena, SYSCTL "max", 0);
    if (r < 0) {
        table->how = TABLE_BY_PROCFS;
        table->cpus_count = 0;
        read_proc_counters(arena, table);
    }
    table->buckets = proc_number(arena, SYSCTL "buckets", 0);
    table->port_low = proc_number(arena, PORT_RANGE, 0);
    table->port_high = proc_number(arena, PORT_RANGE, 1);
    add_up(table);
    if (table->entries == CONNTRACK_UNSET && !table->cpus_count)
        return fail(err, r < 0 ? -r : ENOENT);
    return 0;
}
