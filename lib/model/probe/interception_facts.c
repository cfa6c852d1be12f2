/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/interception_facts.h>

const char *const hop_outcome_names[] = {"silent",  "answered", "expired", "unrouted",
                                         "refused", "other",    "unsent",  NULL};

static const struct shape_field hop_fields[] = {
    SHAPE_FIELD_NAME(struct hop_probe_facts, target, "target", "address"),
    SHAPE_FIELD_CHOICE(struct hop_probe_facts, query, "query", hop_outcome_names,
                       "what came of a query with a TTL of 1"),
    SHAPE_FIELD_CHOICE(struct hop_probe_facts, control, "control", hop_outcome_names,
                       "what came of a datagram with a TTL of 1 to another port"),
    SHAPE_FIELD_BOOL(struct hop_probe_facts, documentation, "documentation",
                     "an address for documentation, which nobody has"),
};
const struct shape hop_probe_facts_shape = SHAPE(struct hop_probe_facts, hop_fields, "hop_probe");

static const struct shape_field fields[] = {
    SHAPE_FIELD_OBJECTS(struct interception_facts, probes, "probes", &hop_probe_facts_shape, "by address"),
};
const struct shape interception_facts_shape = SHAPE(struct interception_facts, fields, "interception");

bool hop_probe_is_intercepted(const struct hop_probe_facts *probe)
{
    return (probe->query == HOP_ANSWERED || probe->query == HOP_REFUSED) &&
           (probe->documentation || probe->control == HOP_EXPIRED || probe->control == HOP_UNROUTED);
}
