/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket_program.h"
#include <inttypes.h>
#include <string.h>

void finding_socket_programs(struct diagnosis *d, struct finding *finding)
{
    const struct dns_sockets_facts *sockets = d->facts->sockets;

    for (size_t i = 0; sockets && i < sockets->programs_count; i++) {
        const struct socket_program_facts *program = &sockets->programs[i];

        /* The hooks of sending have the same programs, or their twins. */
        if (strncmp(program->hook, "connect", strlen("connect")) != 0)
            continue;
        finding_evidence(d, finding, "the kernel asks program %" PRIu64 "%s%s%s at %s", program->id,
                         program->name ? " (" : "", program->name ? program->name : "",
                         program->name ? ")" : "", program->hook);
    }
}

bool socket_programs_are_of_calico(const struct diagnosis *d)
{
    const struct dns_sockets_facts *sockets = d->facts->sockets;
    bool calico = false;

    for (size_t i = 0; sockets && i < sockets->programs_count; i++)
        calico = calico || (sockets->programs[i].name && strncmp(sockets->programs[i].name, "cali", 4) == 0);
    return calico;
}
