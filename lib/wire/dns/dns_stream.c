/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/dns/dns_stream.h>

size_t dns_stream_read(const uint8_t *bytes, size_t len, const uint8_t **ret_message, size_t *ret_len)
{
    size_t message_len;

    if (len < DNS_STREAM_LENGTH)
        return 0;
    message_len = (size_t)bytes[0] << 8 | bytes[1];
    if (len - DNS_STREAM_LENGTH < message_len)
        return 0;
    *ret_message = bytes + DNS_STREAM_LENGTH;
    *ret_len = message_len;
    return DNS_STREAM_LENGTH + message_len;
}
