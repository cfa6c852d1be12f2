/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/shape/gap.h>
#include <k8sdns/model/shape/host_facts.h>
#include <stddef.h>

const char *const gap_names[] = {
#define NAME_OF_RULES(id, need, word, ...) [GAP_##id] = (word),
#define NAME_OF_COMMANDS(id, word, ...)    [GAP_##id] = (word),
    GAPS_OF_RULES(NAME_OF_RULES) GAPS_OF_COMMANDS(NAME_OF_COMMANDS)[GAP_COUNT] = NULL,
};

const struct gap_row gap_rows[GAP_COUNT] = {
#define ROW_OF_RULES(id, need, word, what, how, pipe, present) [GAP_##id] = {what, how, pipe},
#define ROW_OF_COMMANDS(id, word, what, how)                   [GAP_##id] = {what, how, NULL},
    GAPS_OF_RULES(ROW_OF_RULES) GAPS_OF_COMMANDS(ROW_OF_COMMANDS)};

const char *gap_program(struct arena *arena, const struct host_facts *host)
{
    if (!host || !host->in_pod)
        return "k8sdns";
    return arena_printf(arena, "kubectl exec -i %s -n %s -- /tmp/k8sdns",
                        shell_word(arena, text_or(host->pod, "POD")),
                        shell_word(arena, text_or(host->space, "NAMESPACE")));
}

const char *gap_how(struct arena *arena, const struct host_facts *host, enum gap gap)
{
    const struct gap_row *row = &gap_rows[gap];
    const char *program = gap_program(arena, host);

    if (!row->pipe)
        return row->how;
    /* Of objects a Pod gets no more than is read. */
    if (host && host->in_pod && gap == GAP_KUBE)
        program = arena_printf(arena, "k8sdns objects | %s", program);
    return arena_printf(arena, "%s | %s diagnose %s", row->how, program, row->pipe);
}
