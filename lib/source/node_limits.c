/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/node_limits.h>
#include <k8sdns/wire/proc_table.h>
#include <linux/neighbour.h>
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

struct reader {
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
static void note(struct reader *reader, const char *id, const char *label, double use, double limit,
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

struct neighbours {
    char name[32];
    uint64_t thresholds[3], entries, fulls;
};

static int neighbour_attr(const struct nlattr *attr, void *user)
{
    struct neighbours *n = user;
    struct ndt_config config;
    struct ndt_stats stats;

    switch (mnl_attr_get_type(attr)) {
    case NDTA_NAME:
        if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
            strncpy(n->name, mnl_attr_get_str(attr), sizeof(n->name) - 1);
        break;
    case NDTA_THRESH1:
    case NDTA_THRESH2:
    case NDTA_THRESH3:
        if (mnl_attr_get_payload_len(attr) >= 4)
            n->thresholds[mnl_attr_get_type(attr) - NDTA_THRESH1] = mnl_attr_get_u32(attr);
        break;
    case NDTA_CONFIG:
        if (mnl_attr_get_payload_len(attr) >= sizeof(config)) {
            memcpy(&config, mnl_attr_get_payload(attr), sizeof(config));
            n->entries = config.ndtc_entries;
        }
        break;
    case NDTA_STATS:
        if (mnl_attr_get_payload_len(attr) >= sizeof(stats)) {
            memcpy(&stats, mnl_attr_get_payload(attr), sizeof(stats));
            n->fulls = stats.ndts_table_fulls;
        }
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int on_neighbours(const struct nlmsghdr *message, void *user)
{
    struct reader *reader = user;
    struct neighbours n = {.entries = PROC_UNSET, .fulls = PROC_UNSET, .thresholds[2] = PROC_UNSET};
    bool v4, v6;

    if (mnl_attr_parse(message, sizeof(struct ndtmsg), neighbour_attr, &n) < 0)
        return MNL_CB_OK;
    v4 = strcmp(n.name, "arp_cache") == 0;
    v6 = strcmp(n.name, "ndisc_cache") == 0;
    /* A table comes once for itself, with its entries, and once for each interface. */
    if ((v4 || v6) && n.entries != PROC_UNSET)
        note(reader, v4 ? "neighbour-ipv4" : "neighbour-ipv6", v4 ? "ARP table" : "IPv6 neighbour table",
             real(n.entries), real(n.thresholds[2]), n.fulls, "entries",
             "when it is full, packets to hosts that are not in it are dropped");
    return MNL_CB_OK;
}

static void read_neighbours(struct reader *reader)
{
    const struct ndtmsg head = {.ndtm_family = AF_UNSPEC};
    struct netlink netlink;

    /* What comes before an error counts; without any the tables are not to be seen. */
    if (netlink_open(&netlink, NETLINK_ROUTE) == 0)
        (void)!netlink_exchange(&netlink,
                                netlink_request(&netlink, RTM_GETNEIGHTBL, NLM_F_DUMP, &head, sizeof(head)),
                                on_neighbours, reader);
    netlink_close(&netlink);
    if (!reader->facts->limits_count)
        note(reader, "", "neighbour tables", NONE, NONE, PROC_UNSET, "", "");
}

/* ---- sockets ---- */

static uint64_t snmp_both(const char *snmp, const char *snmp6, struct arena *arena, const char *name)
{
    uint64_t v4 = proc_snmp_value(snmp, "Udp", name);
    uint64_t v6 = proc_line_value(snmp6, arena_printf(arena, "Udp6%s", name));

    return v4 == PROC_UNSET ? v6 : v6 == PROC_UNSET ? v4 : v4 + v6;
}

static void read_sockets(struct reader *reader, uint16_t dns_port)
{
    struct arena *arena = reader->arena;
    const char *sockstat = text_of(arena, "/proc/net/sockstat"), *snmp = text_of(arena, "/proc/net/snmp");
    const char *snmp6 = text_of(arena, "/proc/net/snmp6");
    const char *range = text_of(arena, "/proc/sys/net/ipv4/ip_local_port_range");
    uint64_t low = proc_number_at(range, 0), high = proc_number_at(range, 1);
    double page = (double)sysconf(_SC_PAGESIZE);
    struct proc_udp udp = {0};
    int seen = proc_udp_read(text_of(arena, "/proc/net/udp"), dns_port, low, high, &udp);

    if (proc_udp_read(text_of(arena, "/proc/net/udp6"), dns_port, low, high, &udp) == 0)
        seen = 0;
    note(reader, "udp-memory", "UDP memory", real(proc_word_value(sockstat, "UDP", "mem")) * page,
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/udp_mem"), 2)) * page,
         snmp_both(snmp, snmp6, arena, "MemErrors"), "bytes",
         "above the limit datagrams are dropped, DNS among them");
    note(reader, "udp-receive-buffer", "UDP receive buffer errors", NONE, NONE,
         snmp_both(snmp, snmp6, arena, "RcvbufErrors"), "datagrams",
         "a server or a client that does not read in time loses queries or answers");
    note(reader, "udp-send-buffer", "UDP send buffer errors", NONE, NONE,
         snmp_both(snmp, snmp6, arena, "SndbufErrors"), "datagrams", "queries or answers are not sent");
    note(reader, "tcp-memory", "TCP memory", real(proc_word_value(sockstat, "TCP", "mem")) * page,
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/tcp_mem"), 2)) * page, PROC_UNSET, "bytes",
         "above the limit DNS over TCP, which large answers need, stalls");
    note(reader, "tcp-orphans", "TCP orphans", real(proc_word_value(sockstat, "TCP", "orphan")),
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/tcp_max_orphans"), 0)), PROC_UNSET, "sockets",
         "above the limit connections are reset");
    note(reader, "tcp-time-wait", "TCP TIME-WAIT", real(proc_word_value(sockstat, "TCP", "tw")),
         real(proc_number_at(text_of(arena, "/proc/sys/net/ipv4/tcp_max_tw_buckets"), 0)), PROC_UNSET,
         "sockets", "connections by TCP use up source ports");
    if (seen < 0)
        udp.in_range = PROC_UNSET;
    note(reader, "ephemeral-ports", "ephemeral ports (UDP)", real(udp.in_range),
         low == PROC_UNSET || high < low ? NONE : (double)(high - low + 1), PROC_UNSET, "ports",
         "with few left, queries share ports or cannot be sent");
    if (udp.dns_sockets)
        note(reader, "dns-socket-queue", "DNS server queues", (double)udp.dns_queued_bytes, NONE,
             udp.dns_drops, "bytes", "the server does not read in time, and loses queries");
}

/* ---- files, softnet, pressure ---- */

static void read_machine(struct reader *reader)
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

static void read_process(struct reader *reader, uint64_t pid)
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

static void read_interfaces(struct reader *reader)
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

size_t node_limits_read(struct arena *arena, uint64_t pid, uint16_t dns_port, struct node_facts *facts)
{
    struct reader reader = {arena, facts};

    read_neighbours(&reader);
    read_sockets(&reader, dns_port);
    read_machine(&reader);
    if (pid)
        read_process(&reader, pid);
    read_interfaces(&reader);
    return facts->limits_count;
}
