/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink_attribute.h"
#include <endian.h>
#include <errno.h>
#include <k8sdns/wire/node/conntrack_message.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY_HEADER 4

/* Of 1, 2, 4 or 8 bytes in network order. */
static uint64_t number(const struct attribute *attribute)
{
    uint64_t value = 0;
    uint32_t four;

    if (attribute->len == sizeof(four)) {
        memcpy(&four, attribute->value, sizeof(four));
        return be32toh(four);
    }
    if (attribute->len > 8 || !attribute->len || attribute->len & (attribute->len - 1))
        return CONNTRACK_UNSET;
    for (size_t i = 0; i < attribute->len; i++)
        value = value << 8 | attribute->value[i];
    return value;
}

static void read_ip(const struct attribute *outer, uint8_t family, struct address *src, struct address *dst)
{
    struct attribute_cursor cursor = attribute_inside(outer);
    struct attribute a;

    src->family = dst->family = family;
    while (attribute_next(&cursor, &a)) {
        bool from = a.type == CTA_IP_V4_SRC || a.type == CTA_IP_V6_SRC;
        struct address *address = from ? src : dst;

        if (family == AF_INET && a.len == 4 && (a.type == CTA_IP_V4_SRC || a.type == CTA_IP_V4_DST))
            memcpy(&address->v4, a.value, 4);
        else if (family == AF_INET6 && a.len == 16 && (a.type == CTA_IP_V6_SRC || a.type == CTA_IP_V6_DST))
            memcpy(&address->v6, a.value, 16);
    }
}

static void read_proto(const struct attribute *outer, uint8_t *protocol, uint16_t *src, uint16_t *dst)
{
    struct attribute_cursor cursor = attribute_inside(outer);
    struct attribute a;

    while (attribute_next(&cursor, &a)) {
        if (a.type == CTA_PROTO_NUM && a.len == 1)
            *protocol = *a.value;
        else if (a.type == CTA_PROTO_SRC_PORT && a.len == 2)
            *src = (uint16_t)number(&a);
        else if (a.type == CTA_PROTO_DST_PORT && a.len == 2)
            *dst = (uint16_t)number(&a);
    }
}

static bool is_head(const uint8_t *at, uint16_t len, uint16_t type)
{
    uint16_t found[2];

    memcpy(found, at, sizeof(found));
    return found[0] == len && (found[1] & NLA_TYPE_MASK) == type;
}

static uint16_t port_at(const uint8_t *at)
{
    uint16_t port;

    memcpy(&port, at, sizeof(port));
    return be16toh(port);
}

/*
 * A tuple of IPv4 with ports and without a zone, in the order in which the kernel writes it, as nearly all
 * are: of a table that is all DNS the general reading would be half of what is not the kernel's. Source:
 * Linux net/netfilter/nf_conntrack_netlink.c, ctnetlink_dump_tuples.
 */
static bool read_plain(const struct attribute *outer, uint8_t family, uint8_t *protocol, struct address *src,
                       struct address *dst)
{
    const uint8_t *at = outer->value;

    if (family != AF_INET || outer->len != 48 || !is_head(at, 20, CTA_TUPLE_IP) ||
        !is_head(at + 4, 8, CTA_IP_V4_SRC) || !is_head(at + 12, 8, CTA_IP_V4_DST) ||
        !is_head(at + 20, 28, CTA_TUPLE_PROTO) || !is_head(at + 24, 5, CTA_PROTO_NUM) ||
        !is_head(at + 32, 6, CTA_PROTO_SRC_PORT) || !is_head(at + 40, 6, CTA_PROTO_DST_PORT))
        return false;
    src->family = dst->family = AF_INET;
    memcpy(&src->v4, at + 8, sizeof(src->v4));
    memcpy(&dst->v4, at + 16, sizeof(dst->v4));
    *protocol = at[28];
    src->port = port_at(at + 36);
    dst->port = port_at(at + 44);
    return true;
}

static void read_tuple(const struct attribute *outer, uint8_t family, uint8_t *protocol, struct address *src,
                       struct address *dst, uint16_t *zone)
{
    struct attribute_cursor cursor = attribute_inside(outer);
    struct attribute a;

    *src = *dst = (struct address){0};
    if (read_plain(outer, family, protocol, src, dst))
        return;
    while (attribute_next(&cursor, &a)) {
        if (a.type == CTA_TUPLE_IP)
            read_ip(&a, family, src, dst);
        else if (a.type == CTA_TUPLE_PROTO)
            read_proto(&a, protocol, &src->port, &dst->port);
        else if (a.type == CTA_TUPLE_ZONE && a.len == 2)
            *zone = (uint16_t)number(&a);
    }
}

static uint64_t read_inner(const struct attribute *outer, unsigned type)
{
    struct attribute_cursor cursor = attribute_inside(outer);
    struct attribute a;

    while (attribute_next(&cursor, &a))
        if (a.type == type)
            return number(&a);
    return CONNTRACK_UNSET;
}

static void read_helper(const struct attribute *outer, struct conntrack_entry *entry)
{
    struct attribute_cursor cursor = attribute_inside(outer);
    struct attribute a;

    while (attribute_next(&cursor, &a))
        if (a.type == CTA_HELP_NAME) {
            size_t len = strnlen((const char *)a.value, a.len);

            memcpy(entry->helper, a.value, len < sizeof(entry->helper) ? len : sizeof(entry->helper) - 1);
        }
}

static uint32_t word(const struct attribute *attribute)
{
    return attribute->len == 4 ? (uint32_t)number(attribute) : 0;
}

/* What few entries have, and no rule needs. */
static void read_detail(const struct attribute *a, struct conntrack_entry *entry)
{
    switch (a->type) {
    case CTA_MARK:
        entry->mark = word(a);
        break;
    case CTA_ID:
        entry->id = word(a);
        break;
    case CTA_ZONE:
        entry->zone = a->len == 2 ? (uint16_t)number(a) : 0;
        break;
    case CTA_LABELS:
        memcpy(entry->labels, a->value, a->len < sizeof(entry->labels) ? a->len : sizeof(entry->labels));
        break;
    case CTA_HELP:
        read_helper(a, entry);
        break;
    default:
        break;
    }
}

int conntrack_entry_read(const uint8_t *bytes, size_t len, uint16_t port, struct conntrack_entry *entry)
{
    struct attribute_cursor cursor;
    struct attribute a;
    uint8_t family, ignored;

    if (len < FAMILY_HEADER)
        return -EBADMSG;
    family = bytes[0];
    cursor = attribute_behind(bytes, len, FAMILY_HEADER);
    *entry = (struct conntrack_entry){.timeout_s = CONNTRACK_UNSET,
                                      .orig_packets = CONNTRACK_UNSET,
                                      .reply_packets = CONNTRACK_UNSET,
                                      .started_ns = CONNTRACK_UNSET,
                                      .stopped_ns = CONNTRACK_UNSET};
    while (attribute_next(&cursor, &a)) {
        switch (a.type) {
        case CTA_TUPLE_ORIG:
            read_tuple(&a, family, &entry->protocol, &entry->orig_src, &entry->orig_dst, &entry->orig_zone);
            /* The kernel writes it first; most entries of a node are none of ours. */
            if (port && (entry->orig_dst.port != port ||
                         (entry->protocol != IPPROTO_UDP && entry->protocol != IPPROTO_TCP)))
                return 0;
            break;
        case CTA_TUPLE_REPLY:
            read_tuple(&a, family, &ignored, &entry->reply_src, &entry->reply_dst, &entry->reply_zone);
            break;
        case CTA_STATUS:
            entry->status = word(&a);
            break;
        case CTA_TIMEOUT:
            entry->timeout_s = number(&a);
            break;
        case CTA_COUNTERS_ORIG:
            entry->orig_packets = read_inner(&a, CTA_COUNTERS_PACKETS);
            break;
        case CTA_COUNTERS_REPLY:
            entry->reply_packets = read_inner(&a, CTA_COUNTERS_PACKETS);
            break;
        case CTA_TIMESTAMP:
            entry->started_ns = read_inner(&a, CTA_TIMESTAMP_START);
            entry->stopped_ns = read_inner(&a, CTA_TIMESTAMP_STOP);
            break;
        default:
            read_detail(&a, entry);
            break;
        }
    }
    if (cursor.damaged || !entry->orig_src.family || !entry->reply_src.family)
        return -EBADMSG;
    entry->replied = entry->status & IPS_SEEN_REPLY;
    entry->assured = entry->status & IPS_ASSURED;
    return 1;
}

int conntrack_counters_read(const uint8_t *bytes, size_t len, struct conntrack_counters *ret)
{
    static const unsigned types[] = {
        [CONNTRACK_FOUND] = CTA_STATS_FOUND,
        [CONNTRACK_INVALID] = CTA_STATS_INVALID,
        [CONNTRACK_INSERT] = CTA_STATS_INSERT,
        [CONNTRACK_INSERT_FAILED] = CTA_STATS_INSERT_FAILED,
        [CONNTRACK_DROP] = CTA_STATS_DROP,
        [CONNTRACK_EARLY_DROP] = CTA_STATS_EARLY_DROP,
        [CONNTRACK_ERROR] = CTA_STATS_ERROR,
        [CONNTRACK_SEARCH_RESTART] = CTA_STATS_SEARCH_RESTART,
        [CONNTRACK_CLASH_RESOLVE] = CTA_STATS_CLASH_RESOLVE,
        [CONNTRACK_CHAIN_TOOLONG] = CTA_STATS_CHAIN_TOOLONG,
    };
    struct attribute_cursor cursor;
    struct attribute a;
    uint16_t cpu;

    if (len < FAMILY_HEADER)
        return -EBADMSG;
    memcpy(&cpu, bytes + 2, sizeof(cpu)); /* the resource id */
    ret->cpu = be16toh(cpu);
    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++)
        ret->values[i] = CONNTRACK_UNSET;
    cursor = attribute_behind(bytes, len, FAMILY_HEADER);
    while (attribute_next(&cursor, &a))
        for (size_t i = 0; i < CONNTRACK_COUNTERS; i++)
            if (types[i] == a.type)
                ret->values[i] = number(&a);
    return cursor.damaged ? -EBADMSG : 0;
}

int conntrack_totals_read(const uint8_t *bytes, size_t len, uint64_t *ret_entries, uint64_t *ret_max)
{
    struct attribute_cursor cursor;
    struct attribute a;

    *ret_entries = *ret_max = CONNTRACK_UNSET;
    if (len < FAMILY_HEADER)
        return -EBADMSG;
    cursor = attribute_behind(bytes, len, FAMILY_HEADER);
    while (attribute_next(&cursor, &a)) {
        if (a.type == CTA_STATS_GLOBAL_ENTRIES)
            *ret_entries = number(&a);
        else if (a.type == CTA_STATS_GLOBAL_MAX_ENTRIES)
            *ret_max = number(&a);
    }
    return cursor.damaged ? -EBADMSG : 0;
}

/* Columns of /proc/net/stat/nf_conntrack, by the names of its first line. */
#define COLUMNS_MAX 32
#define NOT_OURS    (-1)
#define ENTRIES     CONNTRACK_COUNTERS

static int column_of(const char *name, size_t len)
{
    static const char *const names[] = {
        [CONNTRACK_FOUND] = "found",
        [CONNTRACK_INVALID] = "invalid",
        [CONNTRACK_INSERT] = "insert",
        [CONNTRACK_INSERT_FAILED] = "insert_failed",
        [CONNTRACK_DROP] = "drop",
        [CONNTRACK_EARLY_DROP] = "early_drop",
        [CONNTRACK_ERROR] = "icmp_error",
        [CONNTRACK_SEARCH_RESTART] = "search_restart",
        [CONNTRACK_CLASH_RESOLVE] = "clashres",
        [CONNTRACK_CHAIN_TOOLONG] = "chainlength",
        [ENTRIES] = "entries",
    };

    for (int i = 0; i <= ENTRIES; i++)
        if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
            return i;
    return NOT_OURS;
}

int conntrack_proc_read(const char *text, struct conntrack_counters *ret_counters, size_t max,
                        uint64_t *ret_entries)
{
    int columns[COLUMNS_MAX], count = 0, rows = 0;
    const char *end = text + strcspn(text, "\n");

    *ret_entries = CONNTRACK_UNSET;
    for (const char *at = text; at < end && count < COLUMNS_MAX;) {
        size_t len;

        at += strspn(at, " ");
        len = strcspn(at, " \n");
        if (!len)
            break;
        columns[count++] = column_of(at, len);
        at += len;
    }
    if (!count || columns[0] != ENTRIES)
        return -EBADMSG;
    while (*end == '\n' && end[1] && (size_t)rows < max) {
        struct conntrack_counters *counters = &ret_counters[rows];
        const char *at = end + 1;

        counters->cpu = (uint64_t)rows;
        for (size_t i = 0; i < CONNTRACK_COUNTERS; i++)
            counters->values[i] = CONNTRACK_UNSET;
        for (int i = 0; i < count && *at != '\n' && *at; i++) {
            char *behind;
            uint64_t value = strtoull(at, &behind, 16);

            if (behind == at)
                return -EBADMSG;
            at = behind + strspn(behind, " ");
            if (columns[i] == ENTRIES)
                *ret_entries = value;
            else if (columns[i] != NOT_OURS)
                counters->values[columns[i]] = value;
        }
        rows++;
        end = at + strcspn(at, "\n");
    }
    return rows;
}
