/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/text.h>
#include <k8sdns/render/page/advice_text.h>
#include <string.h>

static bool begins_command(const char *text)
{
    static const char *const programs[] = {"kubectl ", "k8sdns ", "sudo k8sdns "};

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (strncmp(text, programs[i], strlen(programs[i])) == 0)
            return true;
    return false;
}

const char *advice_command(const char *text)
{
    if (begins_command(text))
        return text;
    for (const char *at = text; (at = strpbrk(at, ";:")) != NULL; at++)
        if (at[1] == ' ' && begins_command(at + 2))
            return at + 2;
    return NULL;
}

void advice_print(struct printer *printer, const char *mark, const char *text, const char *note)
{
    const char *command = advice_command(text);
    /* Without the sign and the space between the two. */
    int len = (int)(!command ? strlen(text) : command == text ? 0 : (size_t)(command - text) - 2);

    printer_paragraph(printer, mark, "%.*s%s%s", len, text, len && *note ? " " : "", note);
    if (command)
        printer_addf(printer, "       %s\n", command);
}
