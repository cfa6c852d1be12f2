/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/capture/input_kind.h>
#include <stdlib.h>

/* Whatever it is, it is one of the kinds, and what is said of it is a whole sentence. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {0};
    enum input_kind kind = input_kind_tell((const char *)bytes, len);

    if (kind >= INPUT_KINDS || !input_kind_words[kind])
        abort();
    if ((input_kind_refuse((const char *)bytes, len, INPUT_UNKNOWN, "it", "another", &err) < 0) !=
        (kind != INPUT_UNKNOWN))
        abort();
    return 0;
}
