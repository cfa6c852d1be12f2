/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that no grammar can say: what depends on another line, on numbers together, or on what a
 * library takes.
 */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/base/suggest.h>
#include <k8sdns/wire/corefile/go_template.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>
#include <strings.h>

/* What CoreDNS refuses and no table of arguments can say. Source: plugin/NAME/setup.go of CoreDNS 1.14.7. */

struct place {
    struct judgement *j;
    const struct judged_block *block;
};

static void refuse(const struct place *place, int matter, uint64_t line, const char *text)
{
    judgement_remark(place->j, matter, SEVERITY_CRITICAL, place->block, line, corefile_refused, "%s", text);
}

/* A rule may stand on the line, or in braces, whose lines are joined. */
static void judge_rewrite(const struct place *place, const struct corefile_directive *d)
{
    struct arena *arena = place->j->arena;
    const char **words = NULL, *fault;
    uint64_t *lines = NULL;
    size_t count = 0, lines_count = 0, at;

    for (size_t i = 0; i < d->args_count; i++) {
        *ARENA_PUSH(arena, words, count) = d->args[i];
        *ARENA_PUSH(arena, lines, lines_count) = d->line;
    }
    if (count >= 2 && d->braces) {
        refuse(place, MATTER_ARGUMENTS, d->line, "rewrite with a rule on its line takes no braces");
        return;
    }
    for (size_t i = 0; i < d->options_count; i++) {
        const struct corefile_option *option = &d->options[i];

        *ARENA_PUSH(arena, words, count) = option->name;
        *ARENA_PUSH(arena, lines, lines_count) = option->line;
        for (size_t k = 0; k < option->args_count; k++) {
            /* A brace at the end of the line closes, since the words are taken one by one. */
            if (k + 1 == option->args_count && i + 1 == d->options_count && strcmp(option->args[k], "}") == 0)
                continue;
            *ARENA_PUSH(arena, words, count) = option->args[k];
            *ARENA_PUSH(arena, lines, lines_count) = option->line;
        }
    }
    fault = rewrite_fault(arena, (const char *const *)words, count, &at);
    if (fault)
        refuse(place, MATTER_ARGUMENTS, at < lines_count ? lines[at] : d->line, fault);
}

/* A probe of the kubelet goes to the Pod's address. */
static void judge_probed(const struct place *place, const struct corefile_directive *d)
{
    const char *text = d->args_count ? d->args[0] : "";
    size_t len = strcspn(text, ":");
    struct address address;
    bool loopback = (len == 9 && memcmp(text, "localhost", len) == 0) ||
                    (address_parse(text, 0, &address, NULL) == 0 && address_is_loopback(&address));

    if (loopback && !place->j->node_local && !judged_is_openshift(place->j) &&
        judged_anywhere(place->j, "kubernetes"))
        judgement_remark(
            place->j, strcmp(d->name, "health") == 0 ? MATTER_HEALTH : MATTER_READY, SEVERITY_WARNING,
            place->block, d->line,
            strcmp(d->name, "health") == 0
                ? "The kubelet's liveness probe asks the Pod's address, unless it names a host: it "
                  "fails, and the kubelet ends CoreDNS again and again."
                : "The kubelet's readiness probe asks the Pod's address, unless it names a host: it "
                  "fails, and the Pod never becomes ready.",
            "%s listens on loopback alone (%s)", d->name, text)
            ->write = arena_printf(place->j->arena, "%s %s", d->name, strrchr(text, ':'));
}

static bool is_section(const char *text)
{
    return strcasecmp(text, "type") == 0 || strcasecmp(text, "net") == 0;
}

static bool is_network(const char *text)
{
    unsigned bits;
    bool v6;

    return strcmp(text, "*") == 0 || argument_is_placeholder(text) ||
           (strchr(text, '/') ? go_cidr(text, &v6, &bits) : go_ip(text));
}

static bool is_type(const char *text)
{
    return strcmp(text, "*") == 0 || arguments_match("rtype", &text, 1, NULL).fault == ARGUMENT_FINE;
}

/* "block type A net 10.0.0.0/8" */
static const char *acl_fault(struct arena *arena, const struct corefile_option *option)
{
    static const char *const actions[] = {"allow", "block", "filter", "drop"};
    bool known = false;

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        known = known || strcasecmp(option->name, actions[i]) == 0;
    if (!known && !argument_is_placeholder(option->name))
        return arena_printf(arena, "acl has no '%s': it must be allow, block, filter or drop", option->name);
    for (size_t i = 0; i < option->args_count;) {
        const char *section = option->args[i++];

        if (!is_section(section))
            return arena_printf(arena, "acl does not take '%s': it must be type or net", section);
        if (i == option->args_count || is_section(option->args[i]))
            return arena_printf(arena, "%s of acl needs something behind it", section);
        for (; i < option->args_count && !is_section(option->args[i]); i++) {
            bool net = strcasecmp(section, "net") == 0;

            if (!(net ? is_network(option->args[i]) : is_type(option->args[i])))
                return arena_printf(arena, "%s of acl does not take '%s': it must be %s", section,
                                    option->args[i],
                                    net ? "a network such as 10.0.0.0/8" : "a record type such as AAAA");
        }
    }
    return NULL;
}

/* Whether a rule of acl is for every query: without a net, or with one that has all, and without a type. */
static bool takes_all(const struct corefile_option *option)
{
    bool net = true;

    for (size_t i = 0; i < option->args_count; i++) {
        const char *word = option->args[i];

        if (strcasecmp(word, "net") == 0)
            net = false;
        else if (strcasecmp(word, "type") == 0 &&
                 (i + 1 == option->args_count || strcmp(option->args[i + 1], "*") != 0))
            return false;
        else
            net = net || strcmp(word, "*") == 0;
    }
    return net;
}

/* The first rule that fits a query decides. */
static void judge_acl_order(const struct place *place, const struct corefile_directive *d)
{
    for (size_t i = 0; i + 1 < d->options_count; i++) {
        const struct corefile_option *option = &d->options[i];

        if (!takes_all(option))
            continue;
        judgement_remark(place->j, MATTER_ARGUMENTS,
                         strcasecmp(option->name, "allow") == 0 ? SEVERITY_INFO : SEVERITY_WARNING,
                         place->block, option->line,
                         "The first rule that fits a query decides; what stands behind is never "
                         "looked at.",
                         "%s of acl without a network is for every query, and stands before %s in %s",
                         option->name, d->options[i + 1].name,
                         judgement_line(place->j, d->options[i + 1].line))
            ->write = arena_printf(place->j->arena, "%s as the last line of acl", option->name);
        return;
    }
}

static void judge_acl(const struct place *place, const struct corefile_directive *d)
{
    judge_acl_order(place, d);
    for (size_t i = 0; i < d->options_count; i++) {
        const char *fault = acl_fault(place->j->arena, &d->options[i]);

        if (fault)
            refuse(place, MATTER_ARGUMENTS, d->options[i].line, fault);
    }
}

/* Behind fallthrough no entry may follow. */
static void judge_hosts(const struct place *place, const struct corefile_directive *d)
{
    const struct plugin_grammar *grammar = grammar_find("hosts");
    bool passed = false;

    for (size_t i = 0; i < d->options_count; i++) {
        const struct corefile_option *option = &d->options[i];

        if (passed && strcmp(grammar_option(grammar, option->name)->name, "*") == 0)
            refuse(place, MATTER_ARGUMENTS, option->line,
                   "an entry of hosts stands behind its fallthrough, and must stand before it");
        passed = passed || strcmp(option->name, "fallthrough") == 0;
    }
    if (directive_find(d, "fallthrough_unsupported") && !passed)
        refuse(place, MATTER_ARGUMENTS, d->line, "fallthrough_unsupported of hosts needs fallthrough");
}

static bool is_reverse(const char *zone)
{
    size_t len = strlen(zone);

    return dns_name_is_within(zone, len, "in-addr.arpa") || dns_name_is_within(zone, len, "ip6.arpa") ||
           strchr(zone, '/');
}

/* The words of a line, with blanks between them, are one text. */
static void judge_selector(const struct place *place, const struct corefile_directive *d, const char *name)
{
    const struct corefile_option *option = directive_find(d, name);
    const char *text;

    if (!option || !option->args_count)
        return;
    text = arena_join(place->j->arena, option->args, option->args_count, " ");
    if (!argument_is_placeholder(text) && !label_selector_fits(text))
        refuse(place, MATTER_ARGUMENTS, option->line,
               arena_printf(place->j->arena, "%s of kubernetes: '%s' is no label selector", name, text));
}

/* The zones of multicluster must be among those that the plugin answers for. */
static void judge_multicluster(const struct place *place, const struct corefile_directive *d)
{
    const struct corefile_option *option = directive_find(d, "multicluster");
    struct corefile_key zone, own;

    for (size_t i = 0; option && i < option->args_count; i++) {
        bool among = !corefile_key_read(place->j->arena, option->args[i], &zone) ||
                     argument_is_placeholder(option->args[i]);

        for (size_t k = 0; k < d->args_count && !among; k++)
            among =
                argument_is_placeholder(d->args[k]) ||
                (corefile_key_read(place->j->arena, d->args[k], &own) && strcmp(zone.zone, own.zone) == 0);
        for (size_t k = 0; !d->args_count && k < place->block->keys_count && !among; k++)
            among = strcmp(zone.zone, place->block->keys[k].zone) == 0;
        if (!among)
            refuse(place, MATTER_ARGUMENTS, option->line,
                   arena_printf(place->j->arena,
                                "multicluster of kubernetes: %s is none of the zones that kubernetes has",
                                option->args[i]));
    }
}

static void judge_kubernetes_options(const struct place *place, const struct corefile_directive *d)
{
    bool forwards = !d->args_count;

    for (size_t i = 0; i < d->args_count; i++)
        forwards = forwards || !is_reverse(d->args[i]);
    if (!forwards)
        refuse(place, MATTER_ARGUMENTS, d->line,
               "kubernetes needs a zone that is no reverse one, such as cluster.local");
    judge_selector(place, d, "labels");
    judge_selector(place, d, "namespace_labels");
    judge_multicluster(place, d);
    if (directive_find(d, "namespaces") && directive_find(d, "namespace_labels"))
        refuse(place, MATTER_ARGUMENTS, directive_find(d, "namespace_labels")->line,
               "namespaces and namespace_labels of kubernetes cannot stand together");
    if (directive_find(d, "zonal") && directive_find(d, "noendpoints"))
        refuse(place, MATTER_ARGUMENTS, directive_find(d, "zonal")->line,
               "zonal and noendpoints of kubernetes cannot stand together");
}

static bool duration_of(const struct corefile_directive *d, const char *name, int64_t *ret_ns)
{
    const struct corefile_option *option = directive_find(d, name);

    return option && option->args_count && go_duration(option->args[0], ret_ns);
}

static void judge_forward_options(const struct place *place, const struct corefile_directive *d)
{
    const struct corefile_option *failover = directive_find(d, "failover");
    int64_t age = 0, expire = INT64_C(10) * 1000000000; /* of CoreDNS */

    (void)duration_of(d, "expire", &expire);
    if (duration_of(d, "max_age", &age) && age > 0 && age < expire)
        refuse(place, MATTER_ARGUMENTS, directive_find(d, "max_age")->line,
               "max_age of forward is less than its expire (10s when it is not set)");
    for (size_t i = 0; failover && i < failover->args_count; i++)
        if (strcasecmp(failover->args[i], "NOERROR") == 0)
            refuse(place, MATTER_ARGUMENTS, failover->line, "failover of forward does not take NOERROR");
}

/* The same zone twice on one line of a cloud's plugin. */
static void judge_same_zone(const struct place *place, const struct corefile_directive *d)
{
    for (size_t i = 1; i < d->args_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(d->args[i], d->args[k]) == 0) {
                refuse(place, MATTER_ARGUMENTS, d->line,
                       arena_printf(place->j->arena, "%s has '%s' twice", d->name, d->args[i]));
                return;
            }
}

/* What is behind it is a file unless it begins with @. */
static void judge_autopath(const struct place *place, const struct corefile_directive *d)
{
    const char *last = d->args_count ? d->args[d->args_count - 1] : "@";

    if (!*last || (plugin_place(last) >= 0 && *last != '@'))
        judgement_remark(place->j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, place->block, d->line,
                         corefile_refused, "autopath takes '%s' for a file like resolv.conf", last)
            ->write = *last ? arena_printf(place->j->arena, "autopath @%s", last) : "autopath @kubernetes";
}

static void judge_external(const struct place *place, const struct corefile_directive *d)
{
    if (!judged_find(place->block, "kubernetes") && !place->block->block->imports_count)
        refuse(place, MATTER_ARGUMENTS, d->line, "k8s_external needs kubernetes in its server block");
}

static void judge_view(const struct place *place, const struct corefile_directive *d)
{
    for (size_t i = 0; i < d->options_count; i++) {
        const struct corefile_option *option = &d->options[i];
        const char *text = arena_join(place->j->arena, option->args, option->args_count, " ");

        if (strcmp(option->name, "expr") == 0 && !argument_is_placeholder(text) && !expression_fits(text))
            refuse(place, MATTER_ARGUMENTS, option->line,
                   arena_printf(place->j->arena, "expr of view: '%s' is no expression", text));
    }
}

/* With a certificate and a key, or by ACME. */
static void judge_tls(const struct place *place, const struct corefile_directive *d)
{
    static const char *const own[] = {"client_auth", "keylog"}, *const acme[] = {"acme",    "email",
                                                                                 "ca",      "storage",
                                                                                 "ca_root", "resolver"};

    if (!d->args_count && !directive_find(d, "acme"))
        refuse(place, MATTER_ARGUMENTS, d->line, "tls needs the files of a certificate and of its key");
    for (size_t i = 0; !d->args_count && i < sizeof(own) / sizeof(own[0]); i++)
        if (directive_find(d, own[i]) && directive_find(d, "acme"))
            refuse(place, MATTER_ARGUMENTS, directive_find(d, own[i])->line,
                   arena_printf(place->j->arena, "%s of tls needs the files of a certificate and of its key",
                                own[i]));
    for (size_t i = 0; d->args_count && i < sizeof(acme) / sizeof(acme[0]); i++)
        if (directive_find(d, acme[i]))
            refuse(place, MATTER_ARGUMENTS, directive_find(d, acme[i])->line,
                   arena_printf(place->j->arena,
                                "%s of tls does not stand together with the files of a certificate",
                                acme[i]));
}

static void judge_loadbalance(const struct place *place, const struct corefile_directive *d)
{
    bool weighted = d->args_count && strcmp(d->args[0], "weighted") == 0;
    const struct corefile_option *wrong = directive_find(d, weighted ? "prefer" : "reload");

    if (wrong)
        refuse(place, MATTER_ARGUMENTS, wrong->line,
               weighted ? "loadbalance weighted has no prefer"
                        : "reload of loadbalance stands with weighted alone");
}

static void judge_dnstap(const struct place *place, const struct corefile_directive *d)
{
    if (d->args_count == 1 && strcmp(d->args[0], "listen") == 0)
        refuse(place, MATTER_ARGUMENTS, d->line, "dnstap listen needs an address to listen on");
    if (directive_find(d, "tls") && d->args_count && strcmp(d->args[0], "listen") != 0)
        refuse(place, MATTER_ARGUMENTS, directive_find(d, "tls")->line,
               "tls of dnstap stands with listen alone");
}

static void judge_shed(const struct place *place, const struct corefile_directive *d)
{
    for (size_t i = 0; i < place->block->keys_count; i++)
        if (place->block->keys[i].transport != COREFILE_DNS) {
            refuse(place, MATTER_ARGUMENTS, d->line, "shed stands in server blocks of plain DNS alone");
            return;
        }
}

static void judge_cache_ttl(const struct place *place, const struct corefile_directive *d)
{
    int64_t number;

    /* Zero has a remark of its own. */
    if (d->args_count && go_int(d->args[0], &number) && number < 0)
        refuse(place, MATTER_CACHE, d->line,
               arena_printf(place->j->arena, "cache %s: the time must be more than zero", d->args[0]));
    if (directive_find(d, "serve_stale_policy") && !directive_find(d, "serve_stale"))
        refuse(place, MATTER_ARGUMENTS, directive_find(d, "serve_stale_policy")->line,
               "serve_stale_policy of cache needs serve_stale");
}

/* What a template may name. Source: coredns plugin/template/template.go, struct templateData and its Meta().
 */
static const char *const template_fields[] = {"Zone", "Name", "Regex",   "Match",    "Group",  "Class",
                                              "Type", "Meta", "Message", "Question", "Remote", NULL};

static void judge_record(const struct place *place, const struct corefile_option *option, const char *text)
{
    static const char why[] =
        "It shows only when a query comes: CoreDNS then answers SERVFAIL to each that this template takes.";
    size_t at, len, bytes = strlen(text);
    const char *near;

    if (strcmp(text, "}") == 0) {
        judgement_remark(place->j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, place->block, option->line, why,
                         "the closing brace on the line of %s is taken for one more record", option->name)
            ->write = "}, on a line of its own";
        return;
    }
    if (!go_template_unknown_field(text, bytes, template_fields, &at, &len))
        return;
    near = suggest_word(arena_text_n(place->j->arena, text + at + 1, len - 1), template_fields);
    judgement_remark(place->j, MATTER_ARGUMENTS, SEVERITY_CRITICAL, place->block, option->line, why,
                     "template knows no field %.*s", (int)len, text + at)
        ->write = near ? arena_printf(place->j->arena, "{{ .%s }}", near) : NULL;
}

/* The records are templates, which are filled in when a query comes. */
static void judge_template(const struct place *place, const struct corefile_directive *d)
{
    static const char *const records[] = {"answer", "additional", "authority", NULL};

    for (size_t i = 0; i < d->options_count; i++)
        for (size_t k = 0; plugin_index(records, d->options[i].name) >= 0 && k < d->options[i].args_count;
             k++)
            judge_record(place, &d->options[i], d->options[i].args[k]);
}

void judge_special(struct judgement *j, const struct judged_block *block,
                   const struct corefile_directive *directive)
{
    static const struct {
        const char *plugin;
        void (*judge)(const struct place *place, const struct corefile_directive *directive);
    } judges[] = {
        {"rewrite", judge_rewrite},
        {"acl", judge_acl},
        {"health", judge_probed},
        {"ready", judge_probed},
        {"hosts", judge_hosts},
        {"kubernetes", judge_kubernetes_options},
        {"forward", judge_forward_options},
        {"tls", judge_tls},
        {"loadbalance", judge_loadbalance},
        {"dnstap", judge_dnstap},
        {"shed", judge_shed},
        {"cache", judge_cache_ttl},
        {"azure", judge_same_zone},
        {"clouddns", judge_same_zone},
        {"route53", judge_same_zone},
        {"autopath", judge_autopath},
        {"k8s_external", judge_external},
        {"view", judge_view},
        {"template", judge_template},
    };
    struct place place = {j, block};

    for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]); i++)
        if (strcmp(judges[i].plugin, directive->name) == 0)
            judges[i].judge(&place, directive);
}
