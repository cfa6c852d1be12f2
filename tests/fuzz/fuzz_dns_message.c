/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/probe/rr_facts.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <stdlib.h>
#include <string.h>

/* What must hold of any bytes: counts that fit, damage inside the message, names that can be written again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    uint8_t wire[DNS_NAME_WIRE_MAX];
    struct dns_message m;
    int r;

    if (len > DNS_MESSAGE_MAX)
        len = DNS_MESSAGE_MAX;
    r = dns_message_parse(arena, bytes, len, &m);
    if ((r == 0) != !m.damage || (m.damage && m.damage_offset > len))
        abort();
    for (size_t i = 0; i < m.question_count; i++)
        if (dns_name_from_text(m.questions[i].name, wire, NULL) < 0)
            abort();
    for (int section = 0; section < DNS_SECTIONS; section++) {
        struct rr_facts *rrs;
        size_t count = rr_facts_from_message(arena, &m, (enum dns_section)section, &rrs);

        if (count > m.counts[section + 1])
            abort();
        for (size_t i = 0; i < count; i++)
            if (strlen(rrs[i].rdata_hex) != 2 * rrs[i].rdlength ||
                dns_name_from_text(rrs[i].name, wire, NULL) < 0)
                abort();
    }
    arena_free(arena);
    return 0;
}
