/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/node/ipvs_dump.h>
#include <k8sdns/wire/node/proc_table.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROC_MAX (16 * 1024 * 1024)
#define TABLE    "/proc/net/ip_vs"

static struct nlmsghdr *request(struct netlink *netlink, uint16_t type, uint16_t flags, uint8_t command,
                                uint8_t version)
{
    const struct genlmsghdr head = {.cmd = command, .version = version};

    return netlink_request(netlink, type, flags, &head, sizeof(head));
}

static int family_attr(const struct nlattr *attr, void *user)
{
    uint16_t *family = user;

    if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID && mnl_attr_get_payload_len(attr) >= 2)
        *family = mnl_attr_get_u16(attr);
    return MNL_CB_OK;
}

static int on_family(const struct nlmsghdr *message, void *user)
{
    return mnl_attr_parse(message, sizeof(struct genlmsghdr), family_attr, user);
}

static int find_family(struct netlink *netlink, uint16_t *ret_family)
{
    struct nlmsghdr *message = request(netlink, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
    int r;

    *ret_family = 0;
    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
    r = netlink_exchange(netlink, message, on_family, ret_family);
    return r == 0 && !*ret_family ? -ENOENT : r;
}

struct ipvs_reading {
    struct arena *arena;
    struct ipvs_table *table;
    uint16_t port;
};

/* A service by mark may be for DNS as well; its destinations tell. */
static bool is_wanted(const struct ipvs_reading *reading, const struct ipvs_service *service)
{
    return service->fwmark || service->where.port == reading->port;
}

static struct ipvs_listed *add_service(struct ipvs_reading *reading, const struct ipvs_service *service)
{
    struct ipvs_listed *listed;

    reading->table->services_total++;
    if (!is_wanted(reading, service))
        return NULL;
    listed = ARENA_PUSH(reading->arena, reading->table->services, reading->table->services_count);
    *listed = (struct ipvs_listed){.service = *service};
    return listed;
}

/* Leave out what turned out not to be for DNS. */
static void drop_others(struct ipvs_reading *reading)
{
    struct ipvs_table *table = reading->table;
    size_t kept = 0;

    for (size_t i = 0; i < table->services_count; i++) {
        const struct ipvs_listed *listed = &table->services[i];
        bool wanted = !listed->service.fwmark;

        for (size_t k = 0; k < listed->destinations_count; k++)
            wanted = wanted || listed->destinations[k].where.port == reading->port;
        if (wanted)
            table->services[kept++] = *listed;
    }
    table->services_count = kept;
}

/* ---- by generic netlink ---- */

static int on_service(const struct nlmsghdr *message, void *user)
{
    struct ipvs_service service;

    if (ipvs_service_read(mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message), &service) == 0)
        add_service(user, &service);
    return MNL_CB_OK;
}

struct destinations {
    struct arena *arena;
    struct ipvs_listed *listed;
};

static int on_destination(const struct nlmsghdr *message, void *user)
{
    struct destinations *to = user;
    struct ipvs_destination destination;

    if (ipvs_destination_read(mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message),
                              to->listed->service.where.family, &destination) == 0)
        *ARENA_PUSH(to->arena, to->listed->destinations, to->listed->destinations_count) = destination;
    return MNL_CB_OK;
}

static int on_timeouts(const struct nlmsghdr *message, void *user)
{
    struct ipvs_reading *reading = user;
    int r = ipvs_timeouts_read(mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message),
                               &reading->table->timeouts);

    return r < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static int list_destinations(struct netlink *netlink, uint16_t family, struct ipvs_reading *reading,
                             struct ipvs_listed *listed)
{
    const struct ipvs_service *service = &listed->service;
    struct nlmsghdr *message = request(netlink, family, NLM_F_DUMP, IPVS_CMD_GET_DEST, IPVS_GENL_VERSION);
    struct nlattr *nest = mnl_attr_nest_start(message, IPVS_CMD_ATTR_SERVICE);
    struct destinations to = {reading->arena, listed};

    mnl_attr_put_u16(message, IPVS_SVC_ATTR_AF, service->where.family ? service->where.family : AF_INET);
    if (service->fwmark) {
        mnl_attr_put_u32(message, IPVS_SVC_ATTR_FWMARK, service->fwmark);
    } else {
        mnl_attr_put_u16(message, IPVS_SVC_ATTR_PROTOCOL, service->protocol);
        mnl_attr_put(message, IPVS_SVC_ATTR_ADDR,
                     service->where.family == AF_INET ? sizeof(service->where.v4) : sizeof(service->where.v6),
                     &service->where.v6);
        mnl_attr_put_u16(message, IPVS_SVC_ATTR_PORT, htons(service->where.port));
    }
    mnl_attr_nest_end(message, nest);
    return netlink_exchange(netlink, message, on_destination, &to);
}

static int list_all(struct netlink *netlink, struct ipvs_reading *reading)
{
    uint16_t family;
    int r = find_family(netlink, &family);

    if (r == 0)
        r = netlink_exchange(netlink,
                             request(netlink, family, NLM_F_DUMP, IPVS_CMD_GET_SERVICE, IPVS_GENL_VERSION),
                             on_service, reading);
    for (size_t i = 0; r == 0 && i < reading->table->services_count; i++) {
        r = list_destinations(netlink, family, reading, &reading->table->services[i]);
        r = r == -ESRCH ? 0 : r; /* it has just been removed */
    }
    if (r == 0)
        r = netlink_exchange(netlink,
                             request(netlink, family, NLM_F_ACK, IPVS_CMD_GET_CONFIG, IPVS_GENL_VERSION),
                             on_timeouts, reading);
    return r;
}

static int by_netlink(struct ipvs_reading *reading)
{
    struct netlink netlink;
    int r = netlink_open(&netlink, NETLINK_GENERIC);

    reading->table->how = TABLE_BY_NETLINK;
    if (r == 0)
        r = list_all(&netlink, reading);
    netlink_close(&netlink);
    return r;
}

/* ---- by /proc ---- */

static int by_proc(struct ipvs_reading *reading, struct err *err)
{
    struct ipvs_listed *listed = NULL;
    struct ipvs_destination destination;
    struct ipvs_service service;
    char *text;
    size_t len;
    int r = file_read(reading->arena, TABLE, PROC_MAX, &text, &len, err);

    if (r < 0)
        return r;
    reading->table->how = TABLE_BY_PROCFS;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        switch (ipvs_line_read(line, &service, &destination)) {
        case IPVS_LINE_SERVICE:
            listed = add_service(reading, &service);
            break;
        case IPVS_LINE_DESTINATION:
            if (listed)
                *ARENA_PUSH(reading->arena, listed->destinations, listed->destinations_count) = destination;
            break;
        case IPVS_LINE_OTHER:
            break;
        }
    }
    return 0;
}

int ipvs_table_read(struct arena *arena, uint16_t port, struct ipvs_table *ret, struct err *err)
{
    struct ipvs_reading reading = {arena, ret, port};
    int r;

    *ret = (struct ipvs_table){.timeouts = {IPVS_UNSET, IPVS_UNSET, IPVS_UNSET}};
    /* To ask netlink for a family that is not there makes the kernel look for a module to load. */
    if (access(TABLE, F_OK) < 0)
        return err_set(err, ERR_UNOBSERVED, ENOENT, "this kernel has no IPVS, or its module is not loaded");
    r = by_netlink(&reading);
    if (r < 0) {
        *ret = (struct ipvs_table){.timeouts = ret->timeouts};
        if (by_proc(&reading, err) < 0)
            return r == -EPERM ? err_set(err, ERR_UNOBSERVED, EPERM, "it takes CAP_NET_ADMIN to read IPVS")
                               : err_set_errno(err, ERR_UNOBSERVED, -r, "cannot read IPVS");
    }
    drop_others(&reading);
    return 0;
}

int ipvs_connections_read(void (*each)(void *user, const struct ipvs_connection *connection), void *user,
                          struct err *err)
{
    struct ipvs_connection connection;
    char line[512];
    FILE *file = fopen(TABLE "_conn", "re");
    int r = 0;

    if (!file)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "cannot open " TABLE "_conn");
    while (fgets(line, sizeof(line), file))
        if (ipvs_connection_read(line, &connection) == 0)
            each(user, &connection);
    if (ferror(file))
        r = err_set_errno(err, ERR_UNOBSERVED, EIO, "cannot read " TABLE "_conn");
    fclose(file);
    return r;
}

void ipvs_sysctls_read(struct arena *arena, struct ipvs_facts *facts)
{
    static const char *const names[] = {"conn_reuse_mode", "expire_nodest_conn", "expire_quiescent_template",
                                        "conntrack",       "drop_entry",         "drop_packet"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = file_text(arena, arena_printf(arena, "/proc/sys/net/ipv4/vs/%s", names[i]), 4096);
        uint64_t value = proc_number_at(text, 0);

        if (value != PROC_UNSET)
            *ARENA_PUSH(arena, facts->sysctls, facts->sysctls_count) = (struct shape_tally){names[i], value};
    }
}
