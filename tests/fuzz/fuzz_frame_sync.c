/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/dnstap/frame_sync.h>
#include <stdlib.h>

/* Every frame lies inside the input, and each step behind damage goes on; a stream without any is read as it
 * is without checks. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *why = NULL;
    struct frame frame;
    size_t at = 0;

    while (at < len) {
        ssize_t n = frame_read_checked(bytes + at, len - at, &frame, &why);
        struct frame plain;

        if (n == 0)
            break;
        if (n > 0 && (frame.bytes < bytes + at || frame.bytes + frame.len != bytes + at + n ||
                      frame_read(bytes + at, len - at, &plain, &why) != n))
            abort();
        if (n < 0) {
            if (!why)
                abort();
            n = (ssize_t)frame_sync(bytes + at, len - at);
            if (n <= 0 || (size_t)n > len - at)
                abort();
        }
        at += (size_t)n;
    }
    return 0;
}
