/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_NETLINK_ATTRIBUTE_H
#define K8SDNS_WIRE_NETLINK_ATTRIBUTE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Netlink attributes, one after another, each perhaps with others inside. Inline, since a dump of a full
 * connection tracking table has tens of millions. Source: netlink(7), Linux include/uapi/linux/netlink.h.
 */
struct attribute_cursor {
    const uint8_t *at, *end;
    bool damaged; /* an attribute does not fit into what is left */
};

struct attribute {
    unsigned type;
    const uint8_t *value;
    size_t len;
};

/* Those of a message, behind the header of its family; none when it is shorter. */
static inline struct attribute_cursor attribute_behind(const uint8_t *bytes, size_t len, size_t head)
{
    return (struct attribute_cursor){.at = bytes + (head < len ? head : len), .end = bytes + len};
}

/* Those inside another. */
static inline struct attribute_cursor attribute_inside(const struct attribute *outer)
{
    return (struct attribute_cursor){.at = outer->value, .end = outer->value + outer->len};
}

/* Give the next one. Return false at the end, and when what follows is damaged. */
static inline bool attribute_next(struct attribute_cursor *cursor, struct attribute *ret)
{
    uint16_t len, type;
    size_t left = (size_t)(cursor->end - cursor->at), padded;

    if (!left)
        return false;
    if (left < NLA_HDRLEN) {
        cursor->damaged = true;
        return false;
    }
    memcpy(&len, cursor->at, sizeof(len));
    memcpy(&type, cursor->at + 2, sizeof(type));
    if (len < NLA_HDRLEN || len > left) {
        cursor->damaged = true;
        return false;
    }
    *ret = (struct attribute){type & NLA_TYPE_MASK, cursor->at + NLA_HDRLEN, (size_t)len - NLA_HDRLEN};
    padded = NLA_ALIGN((size_t)len);
    cursor->at += padded < left ? padded : left;
    return true;
}

/* A number of 1, 2, 4 or 8 bytes in the machine's order; `otherwise` for any other length. */
static inline uint64_t attribute_number(const struct attribute *attribute, uint64_t otherwise)
{
    uint64_t eight;
    uint32_t four;
    uint16_t two;

    switch (attribute->len) {
    case 1:
        return *attribute->value;
    case 2:
        memcpy(&two, attribute->value, sizeof(two));
        return two;
    case 4:
        memcpy(&four, attribute->value, sizeof(four));
        return four;
    case 8:
        memcpy(&eight, attribute->value, sizeof(eight));
        return eight;
    default:
        return otherwise;
    }
}

#endif
