/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/node/conntrack_tuple_facts.h>
#include <linux/netfilter/nf_conntrack_common.h>

static const struct shape_field tuple_fields[] = {
    SHAPE_FIELD_NAME(struct conntrack_tuple_facts, protocol, "protocol", "udp or tcp"),
    SHAPE_FIELD_NAME(struct conntrack_tuple_facts, orig_src, "orig_src", "who asked"),
    SHAPE_FIELD_NAME(struct conntrack_tuple_facts, orig_dst, "orig_dst", "whom they asked"),
    SHAPE_FIELD_NAME(struct conntrack_tuple_facts, reply_src, "reply_src", "who is to answer"),
    SHAPE_FIELD_NAME(struct conntrack_tuple_facts, reply_dst, "reply_dst",
                     "whom the answer goes to at first"),
    SHAPE_FIELD_BOOL(struct conntrack_tuple_facts, replied, "replied", "a reply was seen"),
    SHAPE_FIELD_BOOL(struct conntrack_tuple_facts, assured, "assured", "not thrown out early"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, timeout_s, "timeout_s",
                      "until it expires when left alone"),
    SHAPE_FIELD_BOOL(struct conntrack_tuple_facts, renewed, "renewed",
                     "a packet came for it while it was watched"),
    SHAPE_FIELD_TEXT(struct conntrack_tuple_facts, process, "process",
                     "name[pid] with the client's socket, where it is of this network namespace"),
    SHAPE_FIELD_BOOL(struct conntrack_tuple_facts, snat, "snat", "the kernel translates its source"),
    SHAPE_FIELD_BOOL(struct conntrack_tuple_facts, dnat, "dnat", "the kernel translates its destination"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, id, "id", "as conntrack -o id shows it"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, zone, "zone", "of both directions; null: the default"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, orig_zone, "orig_zone",
                      "of the original direction alone"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, reply_zone, "reply_zone", "of the reply direction alone"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, mark, "mark", "null: none"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, queries, "queries",
                      "packets from the client; null without nf_conntrack_acct"),
    SHAPE_FIELD_COUNT(struct conntrack_tuple_facts, replies, "replies", "packets back"),
    SHAPE_FIELD_TEXT(struct conntrack_tuple_facts, labels, "labels", "numbers of the bits that are set"),
    SHAPE_FIELD_TEXT(struct conntrack_tuple_facts, helper, "helper", "of the kernel, for this protocol"),
    SHAPE_FIELD_TEXT(struct conntrack_tuple_facts, started, "started",
                     "when the entry was made; null without nf_conntrack_timestamp"),
};
const struct shape conntrack_tuple_facts_shape =
    SHAPE(struct conntrack_tuple_facts, tuple_fields, "conntrack_entry");

static const char *with_port(struct arena *arena, const struct address *address)
{
    char text[ADDRESS_TEXT];

    return arena_text(arena, address_format_port(address, text, sizeof(text)));
}

static const char *labels_text(struct arena *arena, const struct conntrack_entry *e)
{
    const char *text = NULL;

    for (unsigned bit = 0; bit < CONNTRACK_LABELS_LEN * 8; bit++)
        if (e->labels[bit / 8] >> bit % 8 & 1)
            text = text ? arena_printf(arena, "%s,%u", text, bit) : arena_printf(arena, "%u", bit);
    return text;
}

static uint64_t unless_0(uint64_t value)
{
    return value ? value : SHAPE_UNSET;
}

struct conntrack_tuple_facts conntrack_tuple_facts_of(struct arena *arena, const struct conntrack_entry *e)
{
    char time[CLOCK_TEXT];

    return (struct conntrack_tuple_facts){
        .protocol = e->protocol == IPPROTO_TCP ? "tcp" : "udp",
        .orig_src = with_port(arena, &e->orig_src),
        .orig_dst = with_port(arena, &e->orig_dst),
        .reply_src = with_port(arena, &e->reply_src),
        .reply_dst = with_port(arena, &e->reply_dst),
        .replied = e->replied,
        .assured = e->assured,
        .timeout_s = e->timeout_s,
        .snat = e->status & IPS_SRC_NAT,
        .dnat = e->status & IPS_DST_NAT,
        .id = unless_0(e->id),
        .zone = unless_0(e->zone),
        .orig_zone = unless_0(e->orig_zone),
        .reply_zone = unless_0(e->reply_zone),
        .mark = unless_0(e->mark),
        .queries = e->orig_packets,
        .replies = e->reply_packets,
        .labels = labels_text(arena, e),
        .helper = *e->helper ? arena_text(arena, e->helper) : NULL,
        .started = e->started_ns == CONNTRACK_UNSET
                       ? NULL
                       : arena_text(arena, clock_format(e->started_ns, time, sizeof(time))),
    };
}
