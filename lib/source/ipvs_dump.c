/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <errno.h>
#include <k8sdns/source/ipvs_dump.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <string.h>

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

struct walk {
    uint8_t family; /* of the service: what a destination has unless it says otherwise */
    void (*each)(void *user, const struct ipvs_destination *destination);
    void *user;
};

static uint32_t number(const struct nlattr *attr)
{
    return mnl_attr_get_payload_len(attr) >= 4 ? mnl_attr_get_u32(attr) : 0;
}

/* A destination while its attributes are read: their order is not fixed. */
struct reading {
    struct ipvs_destination destination;
    uint8_t bytes[16];
};

static int destination_attr(const struct nlattr *attr, void *user)
{
    struct reading *reading = user;
    struct ipvs_destination *d = &reading->destination;
    size_t len = mnl_attr_get_payload_len(attr);

    switch (mnl_attr_get_type(attr)) {
    case IPVS_DEST_ATTR_ADDR:
        memcpy(reading->bytes, mnl_attr_get_payload(attr),
               len < sizeof(reading->bytes) ? len : sizeof(reading->bytes));
        break;
    case IPVS_DEST_ATTR_PORT:
        d->where.port = len >= 2 ? ntohs(mnl_attr_get_u16(attr)) : 0;
        break;
    case IPVS_DEST_ATTR_ADDR_FAMILY:
        d->where.family = len >= 2 ? (uint8_t)mnl_attr_get_u16(attr) : d->where.family;
        break;
    case IPVS_DEST_ATTR_WEIGHT:
        d->weight = number(attr);
        break;
    case IPVS_DEST_ATTR_ACTIVE_CONNS:
        d->active = number(attr);
        break;
    case IPVS_DEST_ATTR_INACT_CONNS:
        d->inactive = number(attr);
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static int message_attr(const struct nlattr *attr, void *user)
{
    struct walk *walk = user;
    struct reading reading = {.destination.where.family = walk->family};
    struct ipvs_destination *d = &reading.destination;

    if (mnl_attr_get_type(attr) != IPVS_CMD_ATTR_DEST)
        return MNL_CB_OK;
    if (mnl_attr_parse_nested(attr, destination_attr, &reading) < 0)
        return MNL_CB_ERROR;
    if (d->where.family == AF_INET)
        memcpy(&d->where.v4, reading.bytes, sizeof(d->where.v4));
    else
        memcpy(&d->where.v6, reading.bytes, sizeof(d->where.v6));
    walk->each(walk->user, d);
    return MNL_CB_OK;
}

static int on_destination(const struct nlmsghdr *message, void *user)
{
    return mnl_attr_parse(message, sizeof(struct genlmsghdr), message_attr, user);
}

static int fail(struct err *err, int code)
{
    if (code == EPERM)
        return err_set(err, ERR_UNOBSERVED, EPERM, "it takes CAP_NET_ADMIN to read IPVS");
    if (code == ESRCH)
        return err_set(err, ERR_UNOBSERVED, ESRCH, "IPVS has no virtual service at the ClusterIP");
    if (code == ENOENT)
        return err_set(err, ERR_UNOBSERVED, ENOENT, "this kernel has no IPVS");
    return err_set_errno(err, ERR_UNOBSERVED, code, "cannot read IPVS");
}

static int list(struct netlink *netlink, const struct address *service, struct walk *walk)
{
    struct nlmsghdr *message = request(netlink, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
    uint16_t family = 0;
    struct nlattr *nest;
    int r;

    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
    r = netlink_exchange(netlink, message, on_family, &family);
    if (r < 0 || !family)
        return r < 0 ? r : -ENOENT;
    message = request(netlink, family, NLM_F_DUMP, IPVS_CMD_GET_DEST, IPVS_GENL_VERSION);
    nest = mnl_attr_nest_start(message, IPVS_CMD_ATTR_SERVICE);
    mnl_attr_put_u16(message, IPVS_SVC_ATTR_AF, service->family);
    mnl_attr_put_u16(message, IPVS_SVC_ATTR_PROTOCOL, IPPROTO_UDP);
    if (service->family == AF_INET)
        mnl_attr_put(message, IPVS_SVC_ATTR_ADDR, sizeof(service->v4), &service->v4);
    else
        mnl_attr_put(message, IPVS_SVC_ATTR_ADDR, sizeof(service->v6), &service->v6);
    mnl_attr_put_u16(message, IPVS_SVC_ATTR_PORT, htons(service->port));
    mnl_attr_nest_end(message, nest);
    return netlink_exchange(netlink, message, on_destination, walk);
}

int ipvs_destinations(const struct address *service,
                      void (*each)(void *user, const struct ipvs_destination *destination), void *user,
                      struct err *err)
{
    struct walk walk = {service->family, each, user};
    struct netlink netlink;
    int r = netlink_open(&netlink, NETLINK_GENERIC);

    if (r == 0)
        r = list(&netlink, service, &walk);
    netlink_close(&netlink);
    return r < 0 ? fail(err, -r) : 0;
}
