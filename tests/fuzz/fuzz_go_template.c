/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/corefile/go_template.h>
#include <stdlib.h>

/* What is named lies within the text. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const known[] = {"Name", NULL};
    size_t at = 0, named = 0;

    if (go_template_unknown_field((const char *)bytes, len, known, &at, &named) &&
        (at > len || named > len - at))
        abort();
    if (go_template_check((const char *)bytes, len, &at, &named) != GO_TEMPLATE_FINE &&
        (at > len || named > len - at))
        abort();
    return 0;
}
