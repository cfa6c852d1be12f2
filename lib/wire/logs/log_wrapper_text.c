/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tools do to the letters of a line, undone. */
#include "coredns_reader.h"
#include <k8sdns/wire/logs/log_wrapper.h>

size_t log_wrapper_unquote(char *text, size_t len, char quote)
{
    char *to = text;

    for (size_t i = 0; i < len; i++) {
        bool more = i + 1 < len;

        if (more && text[i] == '\\' && text[i + 1] == 'n' && i + 2 == len)
            break;
        i += more &&
             ((text[i] == '\\' && (text[i + 1] == '\\' || text[i + 1] == '"' || text[i + 1] == quote)) ||
              (text[i] == quote && text[i + 1] == quote));
        *to++ = text[i];
    }
    return (size_t)(to - text);
}

size_t log_wrapper_plain(char *text, size_t len)
{
    char *to = text;

    for (size_t i = 0; i < len; i++) {
        size_t k = i + 2;

        if (text[i] == '\033' && i + 2 < len && text[i + 1] == '[') {
            while (k < len && (is_digit(text[k]) || text[k] == ';'))
                k++;
            /* Source: ECMA-48, 8.3.117, select graphic rendition. */
            if (k < len && text[k] == 'm') {
                i = k;
                continue;
            }
        }
        *to++ = text[i];
    }
    return (size_t)(to - text);
}
