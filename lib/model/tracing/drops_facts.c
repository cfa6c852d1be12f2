/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/tracing/drops_facts.h>

static const struct shape_field ends_fields[] = {
    SHAPE_FIELD_NAME(struct drop_ends_facts, src, "src", "address"),
    SHAPE_FIELD_COUNT(struct drop_ends_facts, src_port, "src_port", "port"),
    SHAPE_FIELD_NAME(struct drop_ends_facts, dst, "dst", "address"),
    SHAPE_FIELD_COUNT(struct drop_ends_facts, dst_port, "dst_port", "port"),
};
const struct shape drop_ends_facts_shape = SHAPE(struct drop_ends_facts, ends_fields, "drop_ends");

static const struct shape_field drop_fields[] = {
    SHAPE_FIELD_NAME(struct drop_facts, time, "time", "when it was dropped"),
    SHAPE_FIELD_TEXT(struct drop_facts, reason, "reason", "the kernel's own word; null before Linux 5.17"),
    SHAPE_FIELD_TEXT(struct drop_facts, function, "function", "of the kernel, that dropped it"),
    SHAPE_FIELD_CHOICE(struct drop_facts, cause, "cause", drop_cause_names, "what that means"),
    SHAPE_FIELD_ANSWER(struct drop_facts, sure, "sure",
                       "false: the cause is concluded from hook and tracking"),
    SHAPE_FIELD_WORD(struct drop_facts, hook, "hook", drop_hook_names, "of netfilter, where one did it"),
    SHAPE_FIELD_TEXT(struct drop_facts, table, "table", "of the rule, where a probe saw it"),
    SHAPE_FIELD_TEXT(struct drop_facts, chain, "chain", "likewise; the base chain that the hook runs"),
    SHAPE_FIELD_NAME(struct drop_facts, ends.src, "src", "address, as it was when it was dropped"),
    SHAPE_FIELD_COUNT(struct drop_facts, ends.src_port, "src_port", "port"),
    SHAPE_FIELD_NAME(struct drop_facts, ends.dst, "dst", "address"),
    SHAPE_FIELD_COUNT(struct drop_facts, ends.dst_port, "dst_port", "port"),
    SHAPE_FIELD_POINTER(struct drop_facts, before_nat, "before_nat", &drop_ends_facts_shape,
                        "by connection tracking; null where nothing is translated"),
    SHAPE_FIELD_POINTER(struct drop_facts, after_nat, "after_nat", &drop_ends_facts_shape, "likewise"),
    SHAPE_FIELD_NAME(struct drop_facts, transport, "transport", "udp or tcp"),
    SHAPE_FIELD_ANSWER(struct drop_facts, answer, "answer", "it is an answer; null when it was not read"),
    SHAPE_FIELD_COUNT(struct drop_facts, id, "id", "of the DNS message; null when it was not read"),
    SHAPE_FIELD_TEXT(struct drop_facts, name, "name", "asked for"),
    SHAPE_FIELD_TEXT(struct drop_facts, type, "type", "asked for"),
    SHAPE_FIELD_TEXT(struct drop_facts, netns, "netns", "inode of the network namespace it was dropped in"),
    SHAPE_FIELD_TEXT(struct drop_facts, pod, "pod", "whose namespace that is"),
    SHAPE_FIELD_TEXT(struct drop_facts, pod_uid, "pod_uid", "likewise"),
    SHAPE_FIELD_TEXT(struct drop_facts, container, "container", "id, of a process in it"),
    SHAPE_FIELD_TEXT(struct drop_facts, process, "process", "that sent it or was to receive it: name[pid]"),
    SHAPE_FIELD_TEXTS(struct drop_facts, stack, "stack", "the kernel's functions, the innermost first"),
};
const struct shape drop_facts_shape = SHAPE(struct drop_facts, drop_fields, "drop");

static const struct shape_field kind_fields[] = {
    SHAPE_FIELD_TEXT(struct drop_kind_facts, reason, "reason", "the kernel's own word"),
    SHAPE_FIELD_TEXT(struct drop_kind_facts, function, "function", "of the kernel"),
    SHAPE_FIELD_CHOICE(struct drop_kind_facts, cause, "cause", drop_cause_names, "what that means"),
    SHAPE_FIELD_ANSWER(struct drop_kind_facts, sure, "sure", "false: it is concluded"),
    SHAPE_FIELD_WORD(struct drop_kind_facts, hook, "hook", drop_hook_names, "of netfilter"),
    SHAPE_FIELD_TEXT(struct drop_kind_facts, table, "table", "of the rule"),
    SHAPE_FIELD_TEXT(struct drop_kind_facts, chain, "chain", "of the rule"),
    SHAPE_FIELD_COUNT(struct drop_kind_facts, count, "count", "packets"),
    SHAPE_FIELD_POINTER(struct drop_kind_facts, example, "example", &drop_facts_shape, "one of them"),
    SHAPE_FIELD_TEXTS(struct drop_kind_facts, transports, "transports",
                      "udp, tcp: of the packets that were looked at, each once"),
    SHAPE_FIELD_TEXTS(struct drop_kind_facts, servers, "servers",
                      "that they were to or from, each once: a Service's address and its backend's"),
    SHAPE_FIELD_ANSWER(struct drop_kind_facts, has_more_servers, "has_more_servers",
                       "there are more servers than are told; null: none of the packets was looked at"),
};
const struct shape drop_kind_facts_shape = SHAPE(struct drop_kind_facts, kind_fields, "drop_kind");

static const struct shape_field probe_fields[] = {
    SHAPE_FIELD_NAME(struct drop_probe_facts, where, "where", "in the kernel"),
    SHAPE_FIELD_NAME(struct drop_probe_facts, tells, "tells", "what is known by it"),
    SHAPE_FIELD_TEXT(struct drop_probe_facts, why, "why", "it could not be attached; null: it is"),
};
const struct shape drop_probe_facts_shape = SHAPE(struct drop_probe_facts, probe_fields, "drop_probe");

static const struct shape_field fields[] = {
    SHAPE_FIELD_REAL(struct drops_facts, seconds, "seconds", "watched"),
    SHAPE_FIELD_COUNT(struct drops_facts, drops, "drops", "DNS packets dropped, those not shown as well"),
    SHAPE_FIELD_COUNT(struct drops_facts, fragments, "fragments",
                      "later fragments dropped: they have no ports, so they may be DNS"),
    SHAPE_FIELD_COUNT(struct drops_facts, lost, "lost", "events for which the buffer had no room"),
    SHAPE_FIELD_COUNT(struct drops_facts, unshown, "unshown", "events over the rate that is shown"),
    SHAPE_FIELD_COUNT(struct drops_facts, uncounted, "uncounted",
                      "drops counted by reason and place, not by name and client: too many of these"),
    SHAPE_FIELD_OBJECTS(struct drops_facts, kinds, "kinds", &drop_kind_facts_shape,
                        "by reason, function and hook, the most first"),
    SHAPE_FIELD_TALLIES(struct drops_facts, reasons, "reasons", "drops by reason"),
    SHAPE_FIELD_TALLIES(struct drops_facts, hooks, "hooks", "drops by netfilter hook"),
    SHAPE_FIELD_TALLIES(struct drops_facts, names, "names", "drops by the name asked for, the most first"),
    SHAPE_FIELD_TALLIES(struct drops_facts, clients, "clients", "drops by client, the most first"),
    SHAPE_FIELD_OBJECTS(struct drops_facts, probes, "probes", &drop_probe_facts_shape,
                        "what was attached and what could not be"),
};
const struct shape drops_facts_shape = SHAPE(struct drops_facts, fields, "drops");
