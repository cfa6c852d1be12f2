/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/number.h>
#include <k8sdns/source/conntrack_table.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel fills at most 32 KiB of a dump at a time; more room means no more. */
#define BUFFER_SIZE (64 * 1024)
#define PROC_MAX    (1024 * 1024)
#define CPUS_MAX    4096

/*
 * Bits of CTA_FILTER_ORIG_FLAGS, which no header exports. Source: Linux net/netfilter/nf_internals.h; they
 * are of the kernel's interface since 5.8.
 */
#define FILTER_PROTO_NUM (1U << 3)
#define FILTER_DST_PORT  (1U << 5)

struct session {
    struct mnl_socket *socket;
    char *buffer;
    unsigned sequence;
};

static int session_open(struct session *session)
{
    *session = (struct session){.socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC),
                                .buffer = malloc(BUFFER_SIZE),
                                .sequence = (unsigned)clock_monotonic_ns()};
    if (!session->buffer)
        return -ENOMEM;
    return !session->socket || mnl_socket_bind(session->socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
}

static void session_close(struct session *session)
{
    if (session->socket)
        mnl_socket_close(session->socket);
    free(session->buffer);
}

static struct nlmsghdr *request(struct session *session, uint16_t type, uint16_t flags, uint8_t family)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(session->buffer);
    struct nfgenmsg *head;

    message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_seq = ++session->sequence;
    head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
    *head = (struct nfgenmsg){.nfgen_family = family, .version = NFNETLINK_V0};
    return message;
}

/* Send and read the whole answer. Return 0 or a negative errno. */
static int exchange(struct session *session, struct nlmsghdr *message, mnl_cb_t each, void *user)
{
    int r = 1;

    if (mnl_socket_sendto(session->socket, message, message->nlmsg_len) < 0)
        return -errno;
    while (r > 0) {
        ssize_t n = mnl_socket_recvfrom(session->socket, session->buffer, BUFFER_SIZE);

        r = n < 0 ? -1
                  : mnl_cb_run(session->buffer, (size_t)n, session->sequence,
                               mnl_socket_get_portid(session->socket), each, user);
    }
    return r < 0 ? -errno : 0;
}

static const uint8_t *body_of(const struct nlmsghdr *message, size_t *ret_len)
{
    *ret_len = mnl_nlmsg_get_payload_len(message);
    return mnl_nlmsg_get_payload(message);
}

static int fail(struct err *err, int code)
{
    if (code == EPERM)
        return err_set(err, ERR_UNOBSERVED, EPERM,
                       "it takes CAP_NET_ADMIN to read the connection tracking table");
    if (code == EPROTONOSUPPORT || code == ENOENT || code == EINVAL)
        return err_set(err, ERR_UNOBSERVED, ENOENT, "this kernel has no connection tracking by netlink");
    return err_set_errno(err, ERR_UNOBSERVED, code, "cannot read the connection tracking table");
}

/* ---- entries ---- */

/* A file that holds one number, or two. */
static uint64_t proc_number(struct arena *arena, const char *path, uint64_t *ret_second)
{
    char *bytes, *behind;
    uint64_t first;
    size_t len;

    if (file_read(arena, path, PROC_MAX, &bytes, &len, NULL) < 0 || !len)
        return CONNTRACK_UNSET;
    first = strtoull(bytes, &behind, 10);
    if (ret_second)
        *ret_second = strtoull(behind, NULL, 10);
    return behind == bytes ? CONNTRACK_UNSET : first;
}

struct walk {
    uint16_t port;
    void (*each)(void *user, const struct conntrack_entry *entry);
    void *user;
    struct conntrack_dump *dump;
    uint64_t others; /* that a filter should have left out */
};

static int on_entry(const struct nlmsghdr *message, void *user)
{
    struct walk *walk = user;
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
static int dump_once(struct session *session, struct nlmsghdr *message, struct walk *walk)
{
    int r = exchange(session, message, on_entry, walk);

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
    bool may = proc_number(arena, "/proc/sys/net/ipv6/conf/all/forwarding", NULL) == 1;
    char *bytes;
    size_t len;

    if (file_read(arena, "/proc/net/if_inet6", PROC_MAX, &bytes, &len, NULL) == 0)
        for (const char *line = bytes; *line && !may; line += strcspn(line, "\n"), line += *line == '\n') {
            char scope[3] = "";

            /* address, interface, prefix, scope (00: global), flags, name */
            may = sscanf(line, "%*32s %*s %*s %2s", scope) == 1 && strcmp(scope, "00") == 0;
        }
    arena_free(arena);
    return may;
}

int conntrack_dump(uint16_t port, void (*each)(void *user, const struct conntrack_entry *entry), void *user,
                   struct conntrack_dump *ret_dump, struct err *err)
{
    static const struct {
        uint8_t family, protocol;
    } parts[] = {
        {AF_INET, IPPROTO_UDP}, {AF_INET, IPPROTO_TCP}, {AF_INET6, IPPROTO_UDP}, {AF_INET6, IPPROTO_TCP}};
    struct walk walk = {port, each, user, ret_dump, 0};
    struct session session;
    int r;

    *ret_dump = (struct conntrack_dump){.filtered = true};
    r = session_open(&session);
    ret_dump->ipv6 = may_have_ipv6();
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && r == 0; i++) {
        struct nlmsghdr *message;

        if (parts[i].family == AF_INET6 && !ret_dump->ipv6)
            break;
        message = request(&session, IPCTNL_MSG_CT_GET, NLM_F_DUMP, parts[i].family);
        put_filter(message, parts[i].protocol, port);
        r = dump_once(&session, message, &walk);
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
        r = dump_once(&session, request(&session, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_INET6), &walk);
    } else if (!ret_dump->filtered) {
        r = dump_once(&session, request(&session, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC), &walk);
    }
    session_close(&session);
    return r < 0 ? fail(err, -r) : 0;
}

/* ---- counters ---- */

struct reading {
    struct arena *arena;
    struct conntrack_table *table;
};

static int on_totals(const struct nlmsghdr *message, void *user)
{
    struct reading *reading = user;
    size_t len;
    const uint8_t *bytes = body_of(message, &len);

    return conntrack_totals_read(bytes, len, &reading->table->entries, &reading->table->max) < 0
               ? MNL_CB_ERROR
               : MNL_CB_OK;
}

static int on_cpu(const struct nlmsghdr *message, void *user)
{
    struct reading *reading = user;
    struct conntrack_counters counters;
    size_t len;
    const uint8_t *bytes = body_of(message, &len);

    if (reading->table->cpus_count < CPUS_MAX && conntrack_counters_read(bytes, len, &counters) == 0)
        *ARENA_PUSH(reading->arena, reading->table->cpus, reading->table->cpus_count) = counters;
    return MNL_CB_OK;
}

static int read_netlink(struct reading *reading)
{
    struct session session;
    int r = session_open(&session);

    if (r == 0)
        r = exchange(&session, request(&session, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, AF_UNSPEC), on_totals,
                     reading);
    if (r == 0)
        r = exchange(&session, request(&session, IPCTNL_MSG_CT_GET_STATS_CPU, NLM_F_DUMP, AF_UNSPEC), on_cpu,
                     reading);
    session_close(&session);
    return r;
}

#define SYSCTL "/proc/sys/net/netfilter/nf_conntrack_"

static void read_proc_counters(struct arena *arena, struct conntrack_table *table)
{
    struct conntrack_counters *cpus = arena_array(arena, CPUS_MAX, sizeof(*cpus));
    uint64_t entries;
    char *bytes;
    size_t len;
    int count;

    if (file_read(arena, "/proc/net/stat/nf_conntrack", PROC_MAX, &bytes, &len, NULL) < 0)
        return;
    count = conntrack_proc_read(bytes, cpus, CPUS_MAX, &entries);
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

static int switch_of(uint64_t value)
{
    return value == CONNTRACK_UNSET ? -1 : value != 0;
}

int conntrack_table_read(struct arena *arena, struct conntrack_table *table, struct err *err)
{
    struct reading reading = {arena, table};
    int r;

    *table = (struct conntrack_table){.entries = CONNTRACK_UNSET, .max = CONNTRACK_UNSET, .how = "netlink"};
    r = read_netlink(&reading);
    if (table->entries == CONNTRACK_UNSET)
        table->entries = proc_number(arena, SYSCTL "count", NULL);
    if (table->max == CONNTRACK_UNSET)
        table->max = proc_number(arena, SYSCTL "max", NULL);
    if (r < 0) {
        table->how = "procfs";
        table->cpus_count = 0;
        read_proc_counters(arena, table);
    }
    table->buckets = proc_number(arena, SYSCTL "buckets", NULL);
    table->accounting = switch_of(proc_number(arena, SYSCTL "acct", NULL));
    table->timestamps = switch_of(proc_number(arena, SYSCTL "timestamp", NULL));
    table->port_low = proc_number(arena, "/proc/sys/net/ipv4/ip_local_port_range", &table->port_high);
    add_up(table);
    if (table->entries == CONNTRACK_UNSET && !table->cpus_count)
        return fail(err, r < 0 ? -r : ENOENT);
    return 0;
}
