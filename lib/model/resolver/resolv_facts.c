/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/resolv_facts.h>
#include <string.h>

const char *const resolver_words[] = {"glibc", "musl", "go", NULL};
const char *const resolver_kind_words[] = {"glibc", "musl", "go", "static", "unknown", NULL};

static const struct shape_field view_fields[] = {
    SHAPE_FIELD_CHOICE(struct resolver_view, resolver, "resolver", resolver_words, "whose reading this is"),
    SHAPE_FIELD_TEXTS(struct resolver_view, nameservers, "nameservers",
                      "as used: at most three, or the default"),
    SHAPE_FIELD_TEXTS(struct resolver_view, search, "search",
                      "search list in order, without final dots; an empty text is the root"),
    SHAPE_FIELD_COUNT(struct resolver_view, ndots, "ndots", "names with fewer dots are searched first"),
    SHAPE_FIELD_COUNT(struct resolver_view, timeout_ms, "timeout_ms",
                      "of one try; for musl of the whole lookup"),
    SHAPE_FIELD_COUNT(struct resolver_view, attempts, "attempts", "tries at each server"),
    SHAPE_FIELD_TEXTS(struct resolver_view, options, "options", "the other options that are on"),
    SHAPE_FIELD_TEXTS(struct resolver_view, ignored, "ignored", "what it drops of the file, by line"),
    SHAPE_FIELD_TEXT(struct resolver_view, fatal, "fatal",
                     "why a program sends no question with this file; null when it does"),
    SHAPE_FIELD_BOOL(struct resolver_view, stops_at_bad_name, "stops_at_bad_name",
                     "a search domain that makes no valid name ends the lookup (old musl)"),
    SHAPE_FIELD_BOOL(
        struct resolver_view, tcp_on_truncation, "tcp_on_truncation",
        "musl 1.2.4 and later: a truncated answer is asked for again over TCP, as the others always do"),
};
const struct shape resolver_view_shape = SHAPE(struct resolver_view, view_fields, "resolver_view");

static const struct shape_field warning_fields[] = {
    SHAPE_FIELD_COUNT(struct resolv_warning, line, "line", "from 1; null when it is about the whole file"),
    SHAPE_FIELD_NAME(struct resolv_warning, text, "text", "one sentence"),
    SHAPE_FIELD_TEXTS(struct resolv_warning, resolvers, "resolvers", "whom it concerns"),
    SHAPE_FIELD_BOOL(struct resolv_warning, loses, "loses",
                     "whether lookups may differ from what the writer of the file meant"),
};
const struct shape resolv_warning_shape = SHAPE(struct resolv_warning, warning_fields, "resolv_warning");

static const struct shape_field identity_fields[] = {
    SHAPE_FIELD_CHOICE(struct resolver_identity, kind, "kind", resolver_kind_words,
                       "the resolver of the process looked at"),
    SHAPE_FIELD_TEXT(struct resolver_identity, version, "version", "null when it cannot be read"),
    SHAPE_FIELD_NAME(struct resolver_identity, how, "how", "the evidence"),
};
const struct shape resolver_identity_shape =
    SHAPE(struct resolver_identity, identity_fields, "resolver_identity");

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct resolv_facts, file, "file", "path that was read"),
    SHAPE_FIELD_TEXTS(struct resolv_facts, nameservers, "nameservers", "all that the file names"),
    SHAPE_FIELD_TEXTS(struct resolv_facts, search, "search", "the last search or domain line"),
    SHAPE_FIELD_MAP(struct resolv_facts, options, "options",
                    "value by option, the last one wins; an empty text for a bare word"),
    SHAPE_FIELD_TEXT(struct resolv_facts, dns_policy, "dns_policy",
                     "dnsPolicy of the Pod as inferred; null when it cannot be told"),
    SHAPE_FIELD_TEXT(struct resolv_facts, dns_policy_reason, "dns_policy_reason", "why it is thought so"),
    SHAPE_FIELD_OBJECT(struct resolv_facts, resolver, "resolver", &resolver_identity_shape,
                       "the resolver of the process looked at"),
    SHAPE_FIELD_OBJECTS(struct resolv_facts, views, "views", &resolver_view_shape,
                        "what glibc, musl and Go each make of the file"),
    SHAPE_FIELD_OBJECTS(struct resolv_facts, warnings, "warnings", &resolv_warning_shape,
                        "what is not taken as written, by line"),
};
const struct shape resolv_facts_shape = SHAPE(struct resolv_facts, fields, "resolv");

bool resolver_view_has(const struct resolver_view *view, const char *option)
{
    for (size_t i = 0; i < view->options_count; i++)
        if (strcmp(view->options[i], option) == 0)
            return true;
    return false;
}

int resolver_of_kind(int kind)
{
    switch (kind) {
    case KIND_MUSL:
        return RESOLVER_MUSL;
    case KIND_GO:
        return RESOLVER_GO;
    default:
        return RESOLVER_GLIBC;
    }
}

bool resolv_facts_loses(const struct resolv_facts *facts, int kind)
{
    const char *word = resolver_words[resolver_of_kind(kind)];

    for (size_t i = 0; i < facts->warnings_count; i++)
        for (size_t k = 0; facts->warnings[i].loses && k < facts->warnings[i].resolvers_count; k++)
            if (strcmp(facts->warnings[i].resolvers[k], word) == 0)
                return true;
    return facts->views_count == RESOLVERS && facts->views[resolver_of_kind(kind)].fatal;
}
