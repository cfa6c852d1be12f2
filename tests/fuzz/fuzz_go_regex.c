/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/corefile/go_regex.h>
#include <stdlib.h>

/* A pattern that is taken has no more groups than brackets. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t groups = 0, brackets = 0;

    for (size_t i = 0; i < len; i++)
        brackets += bytes[i] == '(';
    if (go_regex_check((const char *)bytes, len, &groups) == GO_REGEX_FINE && groups > brackets)
        abort();
    return 0;
}
