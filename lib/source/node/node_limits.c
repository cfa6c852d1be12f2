/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/node/driver_limit.h>
#include <k8sdns/source/node/driver_counters.h>
#include <k8sdns/source/node/node_limits.h>
#include <k8sdns/source/node/own_address.h>
#include <k8sdns/source/node/udp_sockets.h>
#include <k8sdns/wire/node/neighbour_message.h>
#include <k8sdns/wire/node/proc_table.h>
#include <linux/rtnetlink.h>
#include <math.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROC_MAX (16 * 1024 * 1024)
#define NONE     ((double)NAN)

struct limit_reader {
    struct arena *arena;
    struct node_facts *facts;
};

static const char *text_of(struct arena *arena, const char *path)
{
    return file_text(arena, path, PROC_MAX);
}

static double real(uint64_t value)
{
    return value == PROC_UNSET ? NONE : (double)value;
}

/* Note a limit, or that nothing about it was seen. */
static void note(struct limit_reader *reader, const char *id, const char *label, double use, double limit,
                 uint64_t events, const char *unit, const char *affects)
{
    struct limit_facts *facts;

    if (isnan(use) && events == PROC_UNSET) {
        *ARENA_PUSH(reader->arena, reader->facts->unseen, reader->facts->unseen_count) = label;
        return;
    }
    facts = ARENA_PUSH(reader->arena, reader->facts->limits, reader->facts->limits_count);
    *facts = (struct limit_facts){.id = id,
                                  .label = label,
                                  .use = use,
                                  .limit = limit,
                                  .ratio = isnan(use) || isnan(limit) || limit <= 0 ? NONE : use / limit,
                                  .events = events,
                                  .events_per_second = NONE,
                                  .unit = unit,
                                  .affects = affects};
}

/* ---- neighbours: rtnetlink, which shows the limits of the machine in every namespace ---- */

static void note_neighbours(struct limit_reader *reader, bool v4, uint64_t entries, uint64_t threshold,
                            uint64_t fulls)
{
    const char *id = v4 ? "neighbour-ipv4" : "neighbour-ipv6";

    /* A dump in several messages may begin a table anew. */
    for (size_t i = 0; i < reader->facts->limits_count; i++)
        if (strcmp(reader->facts->limits[i].id, id) == 0)
            return;
    note(reader, id, v4 ? "ARP table" : "IPv6 neighbour table", real(entries), real(threshold), fulls,
         "entries", "when it is full, packets to hosts that are not in it are dropped");
}

static int on_neighbours(const struct nlmsghdr *message, void *user)
{
    struct neighbour_table table;
    bool v4;

    if (neighbour_table_read(mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message), &table) <
            0 ||
        table.entries == NEIGHBOUR_UNSET)
        return MNL_CB_OK;
    v4 = strcmp(table.name, "arp_cache") == 0;
    if (v4 || strcmp(table.name, "ndisc_cache") == 0)
        note_neighbours(user, v4, table.entries, table.threshold3, table.fulls);
    return MNL_CB_OK;
}

/* Where netlink is closed. The thresholds stand in the machine's first namespace only. */
static void read_neighbour_files(struct limit_reader *reader)
{
    struct arena *arena = reader->arena;
    static const char *const names[] = {"ndisc", "arp"}, *const families[] = {"ipv6", "ipv4"};

    for (size_t v4 = 0; v4 < 2; v4++) {
        const char *stat = text_of(arena, arena_printf(arena, "/proc/net/stat/%s_cache", names[v4]));
        const char *threshold =
            text_of(arena, arena_printf(arena, "/proc/sys/net/%s/neigh/default/gc_thresh3", families[v4]));
        uint64_t cpus = proc_stat_rows(stat), entries = proc_stat_sum(stat, "entries");

        /* Each CPU's line repeats the entries of the whole table. */
        note_neighbours(reader, v4, entries == PROC_UNSET || !cpus ? PROC_UNSET : entries / cpus,
                        proc_number_at(threshold, 0), proc_stat_sum(stat, "table_fulls"));
    }
}

static void read_neighbours(struct limit_reader *reader)
{
    const struct ndtmsg head = {.ndtm_family = AF_UNSPEC};
    struct netlink netlink;

    /* What comes before an error counts. */
    if (netlink_open(&netlink, NETLINK_ROUTE) == 0)
        (void)!netlink_exchange(&netlink,
                                netlink_request(&netlink, RTM_GETNEIGHTBL, NLM_F_DUMP, &head, sizeof(head)),
                                on_neighbours, reader);
    netlink_close(&netlink);
    if (!reader->facts->limits_count)
        read_neighbour_files(reader);
}

/* ---- sockets ---- */

static uint64_t snmp_both(const char *snmp, const char *snmp6, struct arena *arena, const char *name)
{
    uint64_t v4 = proc_snmp_value(snmp, "Udp", name);
    uint64_t v6 = proc_line_value(snmp6, arena_printf(arena, "Udp6%s", name));

    return v4 == PROC_UNSET ? v6 : v6 == PROC_UNSET ? v4 : v4 + v6;
}

/* What the sockets bound to the DNS port have, and how many ports of the range are held. */
struct udp_use {
    bool seen;
    uint64_t in_range, dns_sockets, queued, limit, drops, sending, send_limit;
};

/* The fullest socket tells how near the next loss is. */
static void add_dns_socket(const struct socket_entry *socket, struct udp_use *use)
{
    use->dns_sockets++;
    if (socket->drops != SOCKET_UNSET)
        use->drops = socket->drops + (use->drops == PROC_UNSET ? 0 : use->drops);
    if (socket->receive_limit != SOCKET_UNSET &&
        (use->queued == PROC_UNSET || socket->receive_used > use->queued)) {
        use->queued = socket->receive_used;
        use->limit = socket->receive_limit;
    }
    if (socket->send_limit != SOCKET_UNSET &&
        (use->sending == PROC_UNSET || socket->send_used > use->sending)) {
        use->sending = socket->send_used;
        use->send_limit = socket->send_limit;
    }
}

static struct udp_use udp_use(struct arena *arena, uint16_t dns_port, uint64_t low, uint64_t high)
{
    struct udp_use use = {.queued = PROC_UNSET,
                          .limit = PROC_UNSET,
                          .drops = PROC_UNSET,
                          .sending = PROC_UNSET,
                          .send_limit = PROC_UNSET};
    struct proc_udp listed = {0};
    struct socket_entry *sockets;
    size_t count;

    if (udp_sockets_list(arena, &sockets, &count, NULL) == 0) {
        use.seen = true;
        for (size_t i = 0; i < count; i++) {
            use.in_range += low <= sockets[i].local.port && sockets[i].local.port <= high;
            if (sockets[i].local.port == dns_port)
                add_dns_socket(&sockets[i], &use);
        }
        return use;
    }
    /* A kernel without sock_diag, or a sandbox that forbids it. */
    use.seen = proc_udp_read(text_of(arena, "/proc/net/udp"), dns_port, low, high, &listed) == 0;
    use.seen = proc_udp_read(text_of(arena, "/proc/net/udp6"), dns_port, low, high, &listed) == 0 || use.seen;
    use.in_range = listed.in_range;
    use.dns_sockets = listed.dns_sockets;
    use.queued = listed.dns_queued_bytes;
    use.drops = listed.dns_drops;
    return use;
}

static void read_sockets(struct limit_reader *reader, uint16_t dns_port)
{
    struct arena *arena = reader->arena;
    const char *sockstat = text_of(arena, "/proc/net/sockstat"), *snmp = text_of(arena, "/proc/net/snmp");
    const char *snmp6 = text_of(arena, "/proc/net/snmp6");
    const char *range = text_of(arena, "/proc/sys/net/ipv4/ip_local_port_range");
    uint64_t low = proc_number_at(range, 0), high = proc_number_at(range, 1);
    double page = (double)sysconf(_SC_PAGESIZE);
    struct udp_use udp = udp_use(arena, dns_port, low, high);

    note(reader, "udp-memory", "UDP memory", real(proc_word_value(sockstat, "UDP", "mem")) * page,
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/udp_mem"), 2)) * page,
         snmp_both(snmp, snmp6, arena, "MemErrors"), "bytes",
         "above the limit datagrams are dropped, DNS among them");
    note(reader, "udp-receive-buffer", "UDP receive buffer errors", NONE, NONE,
         snmp_both(snmp, snmp6, arena, "RcvbufErrors"), "datagrams",
         "a server or a client that does not read in time loses queries or answers");
    note(reader, "udp-send-buffer", "UDP send buffer errors", NONE, NONE,
         snmp_both(snmp, snmp6, arena, "SndbufErrors"), "datagrams", "queries or answers are not sent");
    note(reader, "udp-checksum", "UDP checksum errors", NONE, NONE,
         snmp_both(snmp, snmp6, arena, "InCsumErrors"), "datagrams",
         "queries or answers are thrown away on arrival: on overlay networks, a fault of checksum offload");
    note(reader, "tcp-memory", "TCP memory", real(proc_word_value(sockstat, "TCP", "mem")) * page,
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/tcp_mem"), 2)) * page, PROC_UNSET, "bytes",
         "above the limit DNS over TCP, which large answers need, stalls");
    note(reader, "tcp-orphans", "TCP orphans", real(proc_word_value(sockstat, "TCP", "orphan")),
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/tcp_max_orphans"), 0)), PROC_UNSET, "sockets",
         "above the limit connections are reset");
    note(reader, "tcp-time-wait", "TCP TIME-WAIT", real(proc_word_value(sockstat, "TCP", "tw")),
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/tcp_max_tw_buckets"), 0)), PROC_UNSET,
         "sockets", "connections by TCP use up source ports");
    note(reader, "ephemeral-ports", "ephemeral ports (UDP)", udp.seen ? (double)udp.in_range : NONE,
         low == PROC_UNSET || high < low ? NONE : (double)(high - low + 1), PROC_UNSET, "ports",
         "with few left, queries share ports or cannot be sent");
    if (!udp.dns_sockets)
        return;
    note(reader, "dns-socket-queue", "DNS server receive buffer", real(udp.queued), real(udp.limit),
         udp.drops, "bytes", "the server does not read in time, and loses queries");
    if (udp.send_limit != PROC_UNSET)
        note(reader, "dns-socket-sending", "DNS server send buffer", real(udp.sending), real(udp.send_limit),
             PROC_UNSET, "bytes", "answers wait for the network, and are lost when it is full");
}

/* ---- files, softnet, pressure ---- */

static void read_machine(struct limit_reader *reader)
{
    struct arena *arena = reader->arena;
    const char *files = text_of(arena, "/proc/sys/fs/file-nr"),
               *softnet = text_of(arena, "/proc/net/softnet_stat");
    static const struct {
        const char *path, *id, *label, *affects;
    } pressures[] = {
        {"/proc/pressure/cpu", "cpu-pressure", "CPU pressure",
         "CoreDNS and its clients run late: answers are slow, and queues overflow"},
        {"/proc/pressure/memory", "memory-pressure", "memory pressure", "everything runs late"},
    };

    note(reader, "file-descriptors", "open files", real(proc_number_at(files, 0)),
         real(proc_number_at(files, 2)), PROC_UNSET, "files", "without one no socket can be opened");
    note(reader, "softnet-dropped", "softnet drops", NONE, NONE, proc_hex_column_sum(softnet, 1), "packets",
         "packets are lost before any rule or counter sees them");
    note(reader, "softnet-squeezed", "softnet squeezes", NONE, NONE, proc_hex_column_sum(softnet, 2),
         "rounds", "packets wait; drops come next");
    for (size_t i = 0; i < sizeof(pressures) / sizeof(pressures[0]); i++) {
        const char *text = text_of(arena, pressures[i].path);

        note(reader, pressures[i].id, pressures[i].label, proc_word_real(text, "some", "avg10"), 100,
             PROC_UNSET, "percent of 10 s", pressures[i].affects);
    }
}

/* ---- one process ---- */

static uint64_t open_files(const char *path)
{
    DIR *folder = opendir(path);
    uint64_t count = 0;

    if (!folder)
        return PROC_UNSET;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count >= 2 ? count - 2 : 0;
}

/* Its cpu.stat: of cgroup 2, or of the cpu controller of cgroup 1. Source: cgroups(7). */
static const char *cpu_stat(struct arena *arena, uint64_t pid)
{
    const char *cgroup = text_of(arena, arena_printf(arena, "/proc/%" PRIu64 "/cgroup", pid));

    for (const char *line = cgroup; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *controllers = strchr(line, ':'),
                   *path = controllers ? strchr(controllers + 1, ':') : NULL;
        const char *at = NULL;
        int len;

        if (!path)
            break;
        len = (int)strcspn(path + 1, "\n");
        if (path == controllers + 1)
            at = text_of(arena, arena_printf(arena, "/sys/fs/cgroup%.*s/cpu.stat", len, path + 1));
        else if (strncmp(controllers, ":cpu,", 5) == 0 || strncmp(controllers, ":cpu:", 5) == 0)
            at = text_of(arena, arena_printf(arena, "/sys/fs/cgroup/cpu%.*s/cpu.stat", len, path + 1));
        if (at && *at)
            return at;
    }
    return "";
}

static void read_process(struct limit_reader *reader, uint64_t pid)
{
    struct arena *arena = reader->arena;
    const char *limits = text_of(arena, arena_printf(arena, "/proc/%" PRIu64 "/limits", pid));
    const char *stat = cpu_stat(arena, pid);
    uint64_t periods = proc_line_value(stat, "nr_periods"), throttled = proc_line_value(stat, "nr_throttled");

    note(reader, "process-files", "open files of the process",
         real(open_files(arena_printf(arena, "/proc/%" PRIu64 "/fd", pid))),
         real(proc_word_value(limits, "Max open", "files")), PROC_UNSET, "files",
         "without one it can open no socket: DNS fails in this process alone");
    note(reader, "cpu-throttling", "CPU throttling", real(throttled), real(periods), throttled, "periods",
         "while it is stopped it neither asks nor answers: latency in steps of up to 100 ms");
}

/* ---- interfaces ---- */

static void read_interfaces(struct limit_reader *reader)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct if_nameindex *all = if_nameindex();

    for (size_t i = 0; fd >= 0 && all && all[i].if_index; i++) {
        struct ifreq request = {0};

        strncpy(request.ifr_name, all[i].if_name, sizeof(request.ifr_name) - 1);
        if (ioctl(fd, SIOCGIFMTU, &request) == 0)
            note(reader, arena_printf(reader->arena, "mtu-%s", all[i].if_name),
                 arena_printf(reader->arena, "MTU of %s", all[i].if_name), (double)request.ifr_mtu, NONE,
                 PROC_UNSET, "bytes", "larger answers over UDP are sent in fragments, which many paths lose");
    }
    if (all)
        if_freenameindex(all);
    if (fd >= 0)
        close(fd);
}

/* ---- limits of the cloud, as drivers count them ---- */

#define DRIVER_LIMITS_MAX 8

static void add_counter(void *user, const char *name, uint64_t value)
{
    uint64_t *sums = user;
    int i = driver_limit_find(name);

    if (i >= 0 && i < DRIVER_LIMITS_MAX)
        sums[i] = value + (sums[i] == PROC_UNSET ? 0 : sums[i]);
}

/* Over all interfaces. A driver that does not count says nothing of limits, so nothing is noted then. */
static void read_driver_limits(struct limit_reader *reader)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct if_nameindex *all = if_nameindex();
    uint64_t sums[DRIVER_LIMITS_MAX];

    for (size_t i = 0; i < DRIVER_LIMITS_MAX; i++)
        sums[i] = PROC_UNSET;
    for (size_t i = 0; fd >= 0 && all && all[i].if_index; i++)
        (void)!driver_counters_read(fd, all[i].if_name, add_counter, sums);
    for (size_t i = 0; i < DRIVER_LIMITS_MAX && driver_limits[i].counter; i++)
        if (sums[i] != PROC_UNSET)
            note(reader, driver_limits[i].id, driver_limits[i].label, NONE, NONE, sums[i], "packets",
                 driver_limits[i].affects);
    if (all)
        if_freenameindex(all);
    if (fd >= 0)
        close(fd);
}

/* What the kernel knows of the way there: a connected UDP socket tells, and sends nothing. Source: ip(7),
 * IP_MTU. */
static void read_path(struct limit_reader *reader, const struct address *target)
{
    bool v4 = target->family == AF_INET;
    int fd = socket(target->family, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
    char text[ADDRESS_TEXT];
    const char *label =
        arena_printf(reader->arena, "MTU towards %s", address_format(target, text, sizeof(text)));
    struct sockaddr_storage sa, own;
    socklen_t size = sizeof(mtu), own_size = sizeof(own);
    struct address here;
    double value = NONE;

    if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, address_to_sockaddr(target, &sa)) == 0 &&
        getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU, &mtu, &size) == 0) {
        value = (double)mtu;
        if (getsockname(fd, (struct sockaddr *)&own, &own_size) == 0 &&
            address_from_sockaddr((struct sockaddr *)&own, &here) == 0) {
            const char *interface = own_address_interface(reader->arena, &here);

            label = arena_printf(reader->arena, "%s by %s", label, interface ? interface : "");
        }
    }
    if (fd >= 0)
        close(fd);
    note(reader, arena_printf(reader->arena, "mtu-to-%s", text), label, value, NONE, PROC_UNSET, "bytes",
         "larger answers over UDP are sent in fragments, which many paths lose");
}

size_t node_limits_read(struct arena *arena, const struct node_question *question, struct node_facts *facts)
{
    struct limit_reader reader = {arena, facts};

    read_neighbours(&reader);
    read_sockets(&reader, question->dns_port);
    read_machine(&reader);
    if (question->pid)
        read_process(&reader, question->pid);
    read_interfaces(&reader);
    read_driver_limits(&reader);
    for (size_t i = 0; i < question->targets_count; i++)
        read_path(&reader, &question->targets[i]);
    return facts->limits_count;
}
