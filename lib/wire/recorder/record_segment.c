/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* 6 takes 1.2 ms for a capture of 55 KB and gains a fifth over 1; 9 gains next to nothing more. */
#define LEVEL 6
/* Deflate makes at most this much of a byte. Source: zlib's documentation. */
#define RATIO_MAX 1032

enum segment_place {
    AT_CRC = 4,
    AT_KIND = 8,
    AT_SEQUENCE = 12,
    AT_PACKED_LEN = 16,
    AT_JSON_LEN = 20,
    AT_REAL = 24,
    AT_MONO = 32,
};

static const uint8_t magic[] = {'K', '8', 'R', '1'};

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* It begins with the magic, so that nothing but zeros has not the checksum zero. */
static uint32_t checksum(const uint8_t *bytes, size_t len)
{
    uLong crc = crc32_z(0, magic, sizeof(magic));

    return (uint32_t)crc32_z(crc, bytes + AT_KIND, len - AT_KIND);
}

void record_segment_seal(uint8_t *bytes, size_t len)
{
    if (len >= SEGMENT_HEAD_BYTES)
        put(bytes + AT_CRC, checksum(bytes, len), 4);
}

void record_segment_add(struct text *out, const struct segment_record *record, const char *json,
                        size_t json_len)
{
    uLongf room = compressBound((uLong)json_len);
    uint8_t *bytes = malloc(SEGMENT_HEAD_BYTES + room);

    if (!bytes ||
        compress2(bytes + SEGMENT_HEAD_BYTES, &room, (const Bytef *)json, (uLong)json_len, LEVEL) != Z_OK)
        err_out_of_memory();
    memset(bytes, 0, SEGMENT_HEAD_BYTES);
    memcpy(bytes, magic, sizeof(magic));
    bytes[AT_KIND] = (uint8_t)record->kind;
    put(bytes + AT_SEQUENCE, record->sequence, 4);
    put(bytes + AT_PACKED_LEN, room, 4);
    put(bytes + AT_JSON_LEN, json_len, 4);
    put(bytes + AT_REAL, record->real_ns, 8);
    put(bytes + AT_MONO, record->mono_ns, 8);
    record_segment_seal(bytes, SEGMENT_HEAD_BYTES + room);
    text_add_n(out, (const char *)bytes, SEGMENT_HEAD_BYTES + room);
    free(bytes);
}

static ssize_t refuse(const char **ret_why, const char *why)
{
    *ret_why = why;
    return -1;
}

ssize_t record_segment_read(const uint8_t *bytes, size_t len, struct segment_record *ret_record,
                            const char **ret_why)
{
    struct segment_record r = {0};

    if (len == 0)
        return 0;
    if (memcmp(bytes, magic, len < sizeof(magic) ? len : sizeof(magic)) != 0)
        return refuse(ret_why, "no record begins here");
    if (len < SEGMENT_HEAD_BYTES)
        return refuse(ret_why, "it ends early");
    r.kind = bytes[AT_KIND];
    r.sequence = (uint32_t)get(bytes + AT_SEQUENCE, 4);
    r.packed_len = (size_t)get(bytes + AT_PACKED_LEN, 4);
    r.json_len = (size_t)get(bytes + AT_JSON_LEN, 4);
    r.real_ns = get(bytes + AT_REAL, 8);
    r.mono_ns = get(bytes + AT_MONO, 8);
    r.packed = bytes + SEGMENT_HEAD_BYTES;
    if (r.kind >= SEGMENT_KINDS || r.json_len > SEGMENT_JSON_MAX ||
        r.packed_len > compressBound(SEGMENT_JSON_MAX) || r.json_len > r.packed_len * RATIO_MAX)
        return refuse(ret_why, "a record's head is damaged");
    if (r.packed_len > len - SEGMENT_HEAD_BYTES)
        return refuse(ret_why, "it ends early");
    if (get(bytes + AT_CRC, 4) != checksum(bytes, SEGMENT_HEAD_BYTES + r.packed_len))
        return refuse(ret_why, "a checksum is wrong");
    *ret_record = r;
    return (ssize_t)(SEGMENT_HEAD_BYTES + r.packed_len);
}

int record_segment_unpack(const struct segment_record *record, char *into)
{
    uLongf len = (uLongf)record->json_len;

    if (uncompress((Bytef *)into, &len, record->packed, (uLong)record->packed_len) != Z_OK ||
        len != record->json_len)
        return -EBADMSG;
    return 0;
}
