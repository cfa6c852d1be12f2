/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <stdlib.h>
#include <string.h>

/* Every line that is named is one of the text's; what is turned on is then on. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char resolv[] = "nameserver 127.0.0.53\nsearch svc.cluster.local\n";
    struct corefile_environment environment = {.source = "x", .version = "1.6.7", .resolv_conf = resolv};
    static const struct corefile_file files[] = {{"a.override", "errors\nimport b.server\n", 23},
                                                 {"b.server", "x {\n", 4}};
    struct corefile_wish wish = {
        .parts = {true, true, true, true, true}, .collector = "::1", .space = "a", .map = "b"};
    struct arena *arena = arena_new();
    char *text = arena_text_n(arena, (const char *)bytes, len);
    struct corefile_change_facts change;
    struct corefile_facts facts;
    struct corefile corefile;

    environment.text = text;
    environment.len = len = strlen(text);
    environment.resolv_conf_len = sizeof(resolv) - 1;
    corefile_read(arena, text, len, files, 2, &corefile);
    corefile_judge(arena, &corefile, &environment, &facts);
    for (size_t i = 0; i < facts.remarks_count; i++)
        if (facts.remarks[i].line != SHAPE_UNSET && !facts.remarks[i].file &&
            (facts.remarks[i].line < 1 || facts.remarks[i].line > corefile.lines))
            abort();
    if (corefile.fault && facts.remarks[0].severity != SEVERITY_CRITICAL)
        abort();
    if (!corefile.fault) {
        corefile_turn_on(arena, text, len, &corefile, &wish, &change);
        if (strlen(change.corefile) < len)
            abort();
    }
    arena_free(arena);
    return 0;
}
