/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <string.h>

const char *const corefile_matter_names[] = {"syntax",
                                             "unknown-plugin",
                                             "unknown-option",
                                             "removed",
                                             "repeated-plugin",
                                             "duplicate-zone",
                                             "forward-loop",
                                             "forward",
                                             "cache",
                                             "loop",
                                             "ready",
                                             "health",
                                             "errors",
                                             "reload",
                                             "prometheus",
                                             "loadbalance",
                                             "zones",
                                             "autopath",
                                             "pods",
                                             "debug",
                                             "dnstap",
                                             "trace",
                                             "order",
                                             "fallthrough",
                                             "bind",
                                             "erratic",
                                             "version",
                                             "unseen",
                                             "arguments",
                                             "rewrite",
                                             "hosts",
                                             NULL};
const char *const corefile_role_names[] = {"coredns", "node-local", "kube-dns", NULL};
const char *const corefile_part_names[] = {"log", "errors", "dnstap", "trace", "prometheus", NULL};

static const struct shape_field remark_fields[] = {
    SHAPE_FIELD_CHOICE(struct corefile_remark_facts, matter, "matter", corefile_matter_names,
                       "what it is about"),
    SHAPE_FIELD_CHOICE(struct corefile_remark_facts, severity, "severity", severity_names, "how bad it is"),
    SHAPE_FIELD_COUNT(struct corefile_remark_facts, line, "line", "null when it is about the whole file"),
    SHAPE_FIELD_TEXT(struct corefile_remark_facts, file, "file",
                     "the imported file or key that the line is of"),
    SHAPE_FIELD_TEXT(struct corefile_remark_facts, block, "block", "the zones of its server block"),
    SHAPE_FIELD_NAME(struct corefile_remark_facts, text, "text", "what was seen"),
    SHAPE_FIELD_NAME(struct corefile_remark_facts, why, "why", "why it hurts"),
    SHAPE_FIELD_TEXT(struct corefile_remark_facts, write, "write", "the line to write"),
    SHAPE_FIELD_TEXT(struct corefile_remark_facts, quote, "quote", "the line as it stands"),
};
const struct shape corefile_remark_facts_shape =
    SHAPE(struct corefile_remark_facts, remark_fields, "corefile_remark");

static const struct shape_field plugin_fields[] = {
    SHAPE_FIELD_NAME(struct corefile_plugin_facts, name, "name", "as written"),
    SHAPE_FIELD_COUNT(struct corefile_plugin_facts, line, "line", "where it stands"),
    SHAPE_FIELD_NAME(struct corefile_plugin_facts, arguments, "arguments", "on its line"),
};
const struct shape corefile_plugin_facts_shape =
    SHAPE(struct corefile_plugin_facts, plugin_fields, "corefile_plugin");

static const struct shape_field block_fields[] = {
    SHAPE_FIELD_COUNT(struct corefile_block_facts, line, "line", "where it begins"),
    SHAPE_FIELD_TEXTS(struct corefile_block_facts, zones, "zones", "with their ports, as written"),
    SHAPE_FIELD_OBJECTS(struct corefile_block_facts, plugins, "plugins", &corefile_plugin_facts_shape,
                        "in the order of the file, snippets put in"),
};
const struct shape corefile_block_facts_shape =
    SHAPE(struct corefile_block_facts, block_fields, "corefile_block");

static const struct shape_field edit_fields[] = {
    SHAPE_FIELD_COUNT(struct corefile_edit_facts, line, "line", "of the new Corefile"),
    SHAPE_FIELD_BOOL(struct corefile_edit_facts, changed, "changed", "it stands for another line"),
    SHAPE_FIELD_NAME(struct corefile_edit_facts, text, "text", "the line"),
};
const struct shape corefile_edit_facts_shape =
    SHAPE(struct corefile_edit_facts, edit_fields, "corefile_edit");

static const struct shape_field step_fields[] = {
    SHAPE_FIELD_NAME(struct corefile_step_facts, what, "what", "it does"),
    SHAPE_FIELD_NAME(struct corefile_step_facts, command, "command", "for a shell"),
};
const struct shape corefile_step_facts_shape =
    SHAPE(struct corefile_step_facts, step_fields, "corefile_step");

static const struct shape_field change_fields[] = {
    SHAPE_FIELD_NAME(struct corefile_change_facts, corefile, "corefile", "with the lines put in"),
    SHAPE_FIELD_TEXT(struct corefile_change_facts, into, "into",
                     "the key of the ConfigMap that the Corefile imports, which these lines are for"),
    SHAPE_FIELD_OBJECTS(struct corefile_change_facts, edits, "edits", &corefile_edit_facts_shape,
                        "its lines that are new"),
    SHAPE_FIELD_TEXTS(struct corefile_change_facts, on_already, "on_already", "needs no line"),
    SHAPE_FIELD_OBJECTS(struct corefile_change_facts, steps, "steps", &corefile_step_facts_shape,
                        "to put it to use"),
    SHAPE_FIELD_OBJECTS(struct corefile_change_facts, back, "back", &corefile_step_facts_shape,
                        "the way back"),
};
const struct shape corefile_change_facts_shape =
    SHAPE(struct corefile_change_facts, change_fields, "corefile_change");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct corefile_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_NAME(struct corefile_facts, source, "source", "the file, or the ConfigMap"),
    SHAPE_FIELD_TEXT(struct corefile_facts, namespace, "namespace", "of the ConfigMap; null for a bare file"),
    SHAPE_FIELD_TEXT(struct corefile_facts, config_map, "config_map", "its name; null for a bare file"),
    SHAPE_FIELD_CHOICE(struct corefile_facts, role, "role", corefile_role_names, "whose it is"),
    SHAPE_FIELD_TEXT(struct corefile_facts, version, "version", "of CoreDNS that it is judged for"),
    SHAPE_FIELD_COUNT(struct corefile_facts, lines, "lines", "of the text"),
    SHAPE_FIELD_OBJECTS(struct corefile_facts, blocks, "blocks", &corefile_block_facts_shape,
                        "server blocks"),
    SHAPE_FIELD_OBJECTS(struct corefile_facts, remarks, "remarks", &corefile_remark_facts_shape,
                        "worst first, then by line"),
    SHAPE_FIELD_COUNT(struct corefile_facts, remarks_dropped, "remarks_dropped",
                      "beyond the most that are kept"),
    SHAPE_FIELD_TEXTS(struct corefile_facts, unseen, "unseen", "what it takes from elsewhere"),
    SHAPE_FIELD_BOOL(struct corefile_facts, resolv_conf_unseen, "resolv_conf_unseen",
                     "it forwards to a file whose content is not known here"),
    SHAPE_FIELD_POINTER(struct corefile_facts, change, "change", &corefile_change_facts_shape,
                        "the Corefile with more turned on"),
};
const struct shape corefile_facts_shape = SHAPE(struct corefile_facts, fields, "corefile");

/* ".:5353" has a port of its own; ".", "fd00::/8" and "10.0.0.0/8" have none. Without what names the
 * transport. */
static uint64_t own_port(const char *key)
{
    const char *colon = strrchr(key, ':');
    uint64_t port = 0;

    if (!colon || !colon[1] || (strchr(key, ':') != colon && colon[-1] != ']') || strlen(colon + 1) > 5)
        return 0;
    for (const char *at = colon + 1; *at; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        port = port * 10 + (uint64_t)(*at - '0');
    }
    return port;
}

bool corefile_may_listen(const struct corefile_facts *facts, uint64_t port)
{
    if (!facts->blocks_count || facts->unseen_count || facts->role != COREFILE_COREDNS)
        return true;
    for (size_t i = 0; i < facts->blocks_count; i++) {
        if (!facts->blocks[i].zones_count)
            return true;
        for (size_t k = 0; k < facts->blocks[i].zones_count; k++) {
            const char *key = facts->blocks[i].zones[k];
            bool dns = corefile_transport_cut(&key) == COREFILE_DNS;
            uint64_t own = own_port(key);

            if (dns && (!own || own == port))
                return true;
        }
    }
    return false;
}
