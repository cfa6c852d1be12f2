/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/wire/capture/packet_capture.h>
#include <string.h>

#define NS UINT64_C(1000000000)

#define PCAP_HEADER 24
#define PCAP_RECORD 16

/* Blocks of pcapng. */
enum {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET_OLD = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    BLOCK_SECTION = 0x0a0d0d0a,
};
#define OPTION_RESOLUTION 9

static uint16_t u16(const struct packet_capture *c, size_t at)
{
    const uint8_t *b = c->bytes + at;

    return c->swapped ? (uint16_t)(b[0] | b[1] << 8) : (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t u32(const struct packet_capture *c, size_t at)
{
    uint32_t first = u16(c, at), second = u16(c, at + 2);

    return c->swapped ? first | second << 16 : first << 16 | second;
}

/* `swapped` is "little endian" here: the fields are put together by hand. */
int packet_capture_open(const uint8_t *bytes, size_t len, struct packet_capture *ret)
{
    static const uint8_t magics[4][4] = {{0xa1, 0xb2, 0xc3, 0xd4},
                                         {0xd4, 0xc3, 0xb2, 0xa1},
                                         {0xa1, 0xb2, 0x3c, 0x4d},
                                         {0x4d, 0x3c, 0xb2, 0xa1}};

    *ret = (struct packet_capture){.bytes = bytes, .len = len};
    if (len >= 12 && memcmp(bytes, "\x0a\x0d\x0d\x0a", 4) == 0) {
        ret->ng = true;
        return 0;
    }
    for (size_t i = 0; len >= PCAP_HEADER && i < 4; i++) {
        if (memcmp(bytes, magics[i], 4) != 0)
            continue;
        ret->swapped = i & 1;
        ret->interfaces_count = 1;
        ret->interfaces[0].link = (uint16_t)u32(ret, 20);
        ret->interfaces[0].ticks_second = i >= 2 ? NS : 1000000;
        ret->at = PCAP_HEADER;
        return 0;
    }
    return -EBADMSG;
}

static bool end_early(struct packet_capture *c, const char *why)
{
    c->damage = why;
    c->at = c->len;
    return false;
}

static bool next_classic(struct packet_capture *c, struct captured_packet *ret)
{
    size_t room = c->len - c->at;
    uint32_t len;

    if (room == 0)
        return false;
    if (room < PCAP_RECORD)
        return end_early(c, "it ends in the middle of a packet's header");
    len = u32(c, c->at + 8);
    if (len > room - PCAP_RECORD)
        return end_early(c, "it ends in the middle of a packet");
    *ret = (struct captured_packet){.number = ++c->number,
                                    .time_ns = u32(c, c->at) * NS +
                                               u32(c, c->at + 4) * (NS / c->interfaces[0].ticks_second),
                                    .link = c->interfaces[0].link,
                                    .bytes = c->bytes + c->at + PCAP_RECORD,
                                    .len = len,
                                    .original = u32(c, c->at + 12)};
    c->at += PCAP_RECORD + len;
    return true;
}

/* The resolution among the options of an interface: a power of ten, or with its highest bit of two. */
static uint64_t resolution(const struct packet_capture *c, size_t at, size_t end)
{
    while (end - at >= 4) {
        uint16_t code = u16(c, at), len = u16(c, at + 2);

        at += 4;
        if (code == 0 || len > end - at)
            break;
        if (code == OPTION_RESOLUTION && len >= 1) {
            uint8_t power = c->bytes[at] & 127;
            uint64_t ticks = 1;

            if (c->bytes[at] & 128)
                return power < 63 ? UINT64_C(1) << power : 1000000;
            for (; power && ticks < UINT64_MAX / 10; power--)
                ticks *= 10;
            return ticks;
        }
        at += (len + 3U) & ~3U;
        if (at > end)
            break;
    }
    return 1000000;
}

static uint64_t to_ns(uint64_t ticks, uint64_t ticks_second)
{
    return ticks / ticks_second * NS + (ticks_second > NS ? ticks % ticks_second / (ticks_second / NS)
                                                          : ticks % ticks_second * NS / ticks_second);
}

/* A block with a packet, between `at` and `end` without the block's own frame. Return false: none can be had.
 */
static bool block_packet(struct packet_capture *c, uint32_t type, size_t at, size_t end,
                         struct captured_packet *ret)
{
    size_t header = type == BLOCK_SIMPLE ? 4 : 20, len;
    uint32_t interface = 0;
    uint64_t ticks = 0;

    c->number++;
    if (end - at < header)
        return false;
    if (type != BLOCK_SIMPLE) {
        interface = type == BLOCK_ENHANCED ? u32(c, at) : u16(c, at);
        ticks = (uint64_t)u32(c, at + 4) << 32 | u32(c, at + 8);
    }
    if (interface >= c->interfaces_count)
        return false;
    len = type == BLOCK_SIMPLE ? u32(c, at) : u32(c, at + 12);
    if (type == BLOCK_SIMPLE && len > end - at - header)
        len = end - at - header;
    if (len > end - at - header)
        return false;
    *ret = (struct captured_packet){.number = c->number,
                                    .time_ns = to_ns(ticks, c->interfaces[interface].ticks_second),
                                    .link = c->interfaces[interface].link,
                                    .bytes = c->bytes + at + header,
                                    .len = len,
                                    .original = type == BLOCK_SIMPLE ? u32(c, at) : u32(c, at + 16)};
    return true;
}

static bool next_block(struct packet_capture *c, struct captured_packet *ret)
{
    while (c->len - c->at >= 12) {
        uint32_t type = u32(c, c->at), total;
        size_t at = c->at + 8, end;

        /* The type of a section reads the same both ways, and its byte order follows. */
        if (memcmp(c->bytes + c->at, "\x0a\x0d\x0d\x0a", 4) == 0) {
            type = BLOCK_SECTION;
            if (memcmp(c->bytes + at, "\x1a\x2b\x3c\x4d", 4) == 0)
                c->swapped = false;
            else if (memcmp(c->bytes + at, "\x4d\x3c\x2b\x1a", 4) == 0)
                c->swapped = true;
            else
                return end_early(c, "a section has no byte order");
            c->interfaces_count = 0;
        }
        total = u32(c, c->at + 4);
        if (total < 12 || total % 4)
            return end_early(c, "a block has an impossible length");
        if (total > c->len - c->at)
            return end_early(c, "it ends in the middle of a block");
        end = c->at + total - 4;
        c->at += total;
        if (type == BLOCK_INTERFACE && end - at >= 8 && c->interfaces_count < CAPTURE_INTERFACES)
            c->interfaces[c->interfaces_count++] =
                (struct capture_interface){u16(c, at), resolution(c, at + 8, end)};
        if (type != BLOCK_ENHANCED && type != BLOCK_SIMPLE && type != BLOCK_PACKET_OLD)
            continue;
        if (block_packet(c, type, at, end, ret))
            return true;
        c->skipped++;
    }
    return c->at < c->len ? end_early(c, "it ends in the middle of a block") : false;
}

bool packet_capture_next(struct packet_capture *capture, struct captured_packet *ret_packet)
{
    return capture->ng ? next_block(capture, ret_packet) : next_classic(capture, ret_packet);
}
