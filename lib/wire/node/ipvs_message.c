/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink_attribute.h"
#include <errno.h>
#include <k8sdns/wire/node/ipvs_message.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>

const char *const ipvs_method_names[] = {
    [IPVS_MASQUERADE] = "masquerade", [IPVS_LOCAL] = "local",   [IPVS_TUNNEL] = "tunnel",
    [IPVS_ROUTE] = "route",           [IPVS_BYPASS] = "bypass", [IPVS_METHODS] = NULL,
};

/* The attribute of that type in a message. */
static bool find(const uint8_t *bytes, size_t len, unsigned type, struct attribute *ret)
{
    struct attribute_cursor cursor = attribute_behind(bytes, len, GENL_HDRLEN);

    while (attribute_next(&cursor, ret))
        if (ret->type == type)
            return true;
    return false;
}

static void read_bytes(const struct attribute *a, void *to, size_t size)
{
    memcpy(to, a->value, a->len < size ? a->len : size);
}

static uint16_t read_port(const struct attribute *a)
{
    return ntohs((uint16_t)attribute_number(a, 0));
}

static void set_host(struct address *address, const uint8_t bytes[16])
{
    if (address->family == AF_INET)
        memcpy(&address->v4, bytes, sizeof(address->v4));
    else
        memcpy(&address->v6, bytes, sizeof(address->v6));
}

static struct ipvs_traffic read_traffic(const struct attribute *outer)
{
    struct ipvs_traffic traffic = {IPVS_UNSET, IPVS_UNSET, IPVS_UNSET};
    struct attribute_cursor cursor = attribute_inside(outer);
    struct attribute a;

    while (attribute_next(&cursor, &a)) {
        if (a.type == IPVS_STATS_ATTR_CONNS)
            traffic.connections = attribute_number(&a, IPVS_UNSET);
        else if (a.type == IPVS_STATS_ATTR_INPKTS)
            traffic.in_packets = attribute_number(&a, IPVS_UNSET);
        else if (a.type == IPVS_STATS_ATTR_OUTPKTS)
            traffic.out_packets = attribute_number(&a, IPVS_UNSET);
    }
    return traffic;
}

static bool family_is_known(uint8_t family)
{
    return family == AF_INET || family == AF_INET6;
}

int ipvs_service_read(const uint8_t *bytes, size_t len, struct ipvs_service *ret)
{
    struct attribute_cursor cursor;
    struct attribute a;
    struct ip_vs_flags flags;
    uint8_t host[16] = {0};

    *ret = (struct ipvs_service){.persistent_s = IPVS_UNSET, .traffic = {IPVS_UNSET, IPVS_UNSET, IPVS_UNSET}};
    if (!find(bytes, len, IPVS_CMD_ATTR_SERVICE, &a))
        return -EBADMSG;
    cursor = attribute_inside(&a);
    while (attribute_next(&cursor, &a)) {
        switch (a.type) {
        case IPVS_SVC_ATTR_AF:
            ret->where.family = (uint8_t)attribute_number(&a, 0);
            break;
        case IPVS_SVC_ATTR_PROTOCOL:
            ret->protocol = (uint8_t)attribute_number(&a, 0);
            break;
        case IPVS_SVC_ATTR_ADDR:
            read_bytes(&a, host, sizeof(host));
            break;
        case IPVS_SVC_ATTR_PORT:
            ret->where.port = read_port(&a);
            break;
        case IPVS_SVC_ATTR_FWMARK:
            ret->fwmark = (uint32_t)attribute_number(&a, 0);
            break;
        case IPVS_SVC_ATTR_SCHED_NAME:
            read_bytes(&a, ret->scheduler, sizeof(ret->scheduler) - 1);
            break;
        case IPVS_SVC_ATTR_FLAGS:
            flags = (struct ip_vs_flags){0};
            read_bytes(&a, &flags, sizeof(flags));
            ret->one_packet = flags.flags & IP_VS_SVC_F_ONEPACKET;
            ret->persistent = flags.flags & IP_VS_SVC_F_PERSISTENT;
            break;
        case IPVS_SVC_ATTR_TIMEOUT:
            ret->persistent_s = attribute_number(&a, IPVS_UNSET);
            break;
        case IPVS_SVC_ATTR_STATS64:
            ret->traffic = read_traffic(&a);
            break;
        default:
            break;
        }
    }
    if (cursor.damaged || (!ret->fwmark && !family_is_known(ret->where.family)))
        return -EBADMSG;
    if (ret->fwmark)
        ret->where = (struct address){0};
    else
        set_host(&ret->where, host);
    return 0;
}

int ipvs_destination_read(const uint8_t *bytes, size_t len, uint8_t family, struct ipvs_destination *ret)
{
    struct attribute_cursor cursor;
    struct attribute a;
    uint8_t host[16] = {0};

    *ret = (struct ipvs_destination){.where.family = family, .traffic = {IPVS_UNSET, IPVS_UNSET, IPVS_UNSET}};
    if (!find(bytes, len, IPVS_CMD_ATTR_DEST, &a))
        return -EBADMSG;
    cursor = attribute_inside(&a);
    while (attribute_next(&cursor, &a)) {
        switch (a.type) {
        case IPVS_DEST_ATTR_ADDR:
            read_bytes(&a, host, sizeof(host));
            break;
        case IPVS_DEST_ATTR_PORT:
            ret->where.port = read_port(&a);
            break;
        case IPVS_DEST_ATTR_ADDR_FAMILY:
            ret->where.family = (uint8_t)attribute_number(&a, 0);
            break;
        case IPVS_DEST_ATTR_FWD_METHOD:
            ret->method = (int)(attribute_number(&a, 0) & IP_VS_CONN_F_FWD_MASK);
            break;
        case IPVS_DEST_ATTR_WEIGHT:
            ret->weight = (uint32_t)attribute_number(&a, 0);
            break;
        case IPVS_DEST_ATTR_ACTIVE_CONNS:
            ret->active = (uint32_t)attribute_number(&a, 0);
            break;
        case IPVS_DEST_ATTR_INACT_CONNS:
            ret->inactive = (uint32_t)attribute_number(&a, 0);
            break;
        case IPVS_DEST_ATTR_STATS64:
            ret->traffic = read_traffic(&a);
            break;
        default:
            break;
        }
    }
    if (cursor.damaged || !family_is_known(ret->where.family) || ret->method >= IPVS_METHODS)
        return -EBADMSG;
    set_host(&ret->where, host);
    return 0;
}

int ipvs_timeouts_read(const uint8_t *bytes, size_t len, struct ipvs_timeouts *ret)
{
    struct attribute_cursor cursor = attribute_behind(bytes, len, GENL_HDRLEN);
    struct attribute a;

    *ret = (struct ipvs_timeouts){IPVS_UNSET, IPVS_UNSET, IPVS_UNSET};
    while (attribute_next(&cursor, &a)) {
        if (a.type == IPVS_CMD_ATTR_TIMEOUT_TCP)
            ret->tcp_s = attribute_number(&a, IPVS_UNSET);
        else if (a.type == IPVS_CMD_ATTR_TIMEOUT_TCP_FIN)
            ret->tcp_fin_s = attribute_number(&a, IPVS_UNSET);
        else if (a.type == IPVS_CMD_ATTR_TIMEOUT_UDP)
            ret->udp_s = attribute_number(&a, IPVS_UNSET);
    }
    return cursor.damaged || len < GENL_HDRLEN ? -EBADMSG : 0;
}
