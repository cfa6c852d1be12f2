/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/dns/dns_stream.h>
#include <stdlib.h>

/* Messages lie one behind the other inside of the input; what is left is shorter than it says. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t at = 0, taken, message_len;
    const uint8_t *message;

    while ((taken = dns_stream_read(bytes + at, len - at, &message, &message_len)) > 0) {
        if (taken > len - at || message != bytes + at + DNS_STREAM_LENGTH ||
            message_len != taken - DNS_STREAM_LENGTH)
            abort();
        at += taken;
    }
    if (len - at >= DNS_STREAM_LENGTH &&
        len - at - DNS_STREAM_LENGTH >= (size_t)(bytes[at] << 8 | bytes[at + 1]))
        abort();
    return 0;
}
