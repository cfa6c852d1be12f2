/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/capture/packet.h>
#include <stdlib.h>

static void check(const uint8_t *bytes, size_t len, const uint8_t *part, size_t part_len)
{
    if (part_len && (part < bytes || part + part_len > bytes + len))
        abort();
}

/* The first byte chooses the link type; whatever is found lies inside of the bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint16_t links[] = {0, 1, 12, 101, 108, 113, 228, 276};
    struct transport_segment segment;
    struct ip_datagram packet;
    uint8_t protocol;

    if (len && packet_read(links[bytes[0] % 8], bytes + 1, len - 1, &packet) == 0) {
        check(bytes, len, packet.payload, packet.len);
        if (segment_read(packet.protocol, packet.payload, packet.len, &segment) == 0)
            check(bytes, len, segment.data, segment.len);
    }
    if (packet_dns(bytes, len, &segment, &protocol))
        check(bytes, len, segment.data, segment.len);
    return 0;
}
