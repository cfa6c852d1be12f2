/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_MESSAGE_INPUT_H
#define K8SDNS_WIRE_MESSAGE_INPUT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Octets as people have them at hand.
 *
 * Dump: lines of an offset and hex, as CoreDNS's debug plugin ("debug: 000010 00 01 ..."), xxd, hexdump, od,
 * tcpdump -x and -X and Wireshark ("Copy as Hex + ASCII Dump") write them; those of hexdump and od may be
 * numbers of 16 bits. It begins anew at each offset 0.
 *
 * Hex: digits, with blanks, colons, commas, "0x" or "\x" between them, where a blank line divides blocks; or
 * in the notation of a programming language, or within the JSON of tshark -x.
 *
 * Base64: RFC 4648, both alphabets; of a DoH URL its dns parameter.
 */
enum message_form {
    OCTETS_DUMP,
    OCTETS_HEX,
    OCTETS_BASE64,
    OCTETS_RAW,
    OCTETS_CAPTURE, /* a packet capture file, pcap or pcapng: read by packet_facts_make() */
};
extern const char *const message_form_names[];

/* Input beyond this is refused; the largest DNS message is 65535 octets, twelve bytes each in a debug log. */
#define OCTET_INPUT_MAX (40U << 20)

struct octet_block {
    int form;    /* enum message_form */
    size_t line; /* where it begins, from 1; 0 for raw octets */
    uint8_t *bytes;
    size_t len;
    const char *remark; /* what is wrong with the text: "an odd number of hex digits"; NULL when nothing */
};

struct message_input {
    struct octet_block *blocks;
    size_t blocks_count;
    size_t skipped; /* lines of a log that belong to no dump */
};

/*
 * Read `len` bytes, which a NUL follows; `form` is an enum message_form, or -1 to tell it from the bytes: a
 * NUL byte means raw (every DNS message has some), else the first of dump, hex and base64 that fits. Return
 * 0, or -EBADMSG (kind ERR_FORMAT) when nothing fits or there is nothing, with what stands in the way.
 */
int message_input_read(struct arena *arena, const char *bytes, size_t len, int form,
                       struct message_input *ret_input, struct err *err) MUST_USE;

#endif
