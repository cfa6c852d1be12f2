/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/dnstap/frame_stream.h>
#include <stdlib.h>
#include <string.h>

/* Every frame lies inside the input and takes what it says; a control frame is of some type or none. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *why = NULL;
    struct frame frame;
    size_t at = 0;

    for (;;) {
        ssize_t n = frame_read(bytes + at, len - at, &frame, &why);
        char type[FRAME_CONTENT_MAX];

        if (n < 0 && !why)
            abort();
        if (n <= 0)
            break;
        if ((size_t)n > len - at || frame.bytes < bytes + at || frame.bytes + frame.len != bytes + at + n)
            abort();
        if (frame.control != FRAME_DATA) {
            frame_content_type(&frame, type);
            if (strlen(type) >= FRAME_CONTENT_MAX || (!frame.len && !frame_is_of(&frame, "any")))
                abort();
        }
        at += (size_t)n;
    }
    return 0;
}
