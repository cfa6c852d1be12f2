/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a version of CoreDNS does not have yet, or has with a known defect, where the Corefile uses it. */
#include "corefile_judgement.h"
#include <string.h>

/*
 * Defects of versions that show with a plugin or an option alone. `from` is included, `before` is not.
 * `with` is another plugin that it takes. Source: CoreDNS's release notes (notes/coredns-VERSION.md).
 */
static const struct {
    const char *plugin, *option, *with, *from, *before;
    int severity;
    const char *text;
} defects[] = {
    {"autopath", NULL, NULL, "0", "1.5.1", SEVERITY_WARNING,
     "autopath may take a Pod that has ended for the one that asks, and search the wrong namespace (#2842)"},
    {"autopath", NULL, "acl", "0", "1.14.7", SEVERITY_INFO, "autopath gets round acl (#8289)"},
    {"cache", "prefetch", NULL, "0", "1.8.1", SEVERITY_WARNING,
     "prefetch has a race that can crash it (#4368)"},
    {"cache", NULL, NULL, "1.12.0", "1.12.3", SEVERITY_INFO, "cache has data races on refresh (#7397)"},
    {"forward", "max_concurrent", NULL, "1.6.8", "1.8.1", SEVERITY_WARNING,
     "queries over max_concurrent end in SERVFAIL, which cache keeps (#4326)"},
    {"forward", NULL, NULL, "0", "1.4.0", SEVERITY_WARNING,
     "answers of upstreams that come out of order end in FORMERR"},
    {"forward", NULL, NULL, "1.13.0", "1.13.2", SEVERITY_INFO,
     "forward takes all CPU when an upstream refuses at once (#7704)"},
    {"kubernetes", "noendpoints", NULL, "0", "1.11.0", SEVERITY_WARNING,
     "a query for a headless Service panics with noendpoints (#6137)"},
    {"kubernetes", NULL, "metadata", "0", "1.7.0", SEVERITY_WARNING,
     "metadata may panic where pods is not verified (#3869)"},
    {"kubernetes", NULL, NULL, "1.2.3", "1.2.4", SEVERITY_CRITICAL,
     "kubernetes does not work at all in 1.2.3"},
    {"loop", NULL, NULL, "0", "1.14.2", SEVERITY_INFO,
     "whoever guesses loop's query can end CoreDNS from afar (CVE-2026-26018)"},
    {"rewrite", NULL, "acl", "0", "1.14.2", SEVERITY_INFO, "rewrite gets round acl (CVE-2026-26017)"},
};

static const char update[] = "It is a defect of this version.";

void judge_versions(struct judgement *j, const struct judged_block *block)
{
    const char *version = j->environment->version;
    const struct corefile_directive *forward = judged_find(block, "forward");

    for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
        const struct corefile_directive *d = judged_find(block, defects[i].plugin);
        const struct corefile_option *option =
            defects[i].option ? directive_find(d, defects[i].option) : NULL;

        if (!d || (defects[i].option && !option) ||
            (defects[i].with && !judged_find(block, defects[i].with)) ||
            version_compare(version, defects[i].from) < 0 || version_compare(version, defects[i].before) >= 0)
            continue;
        judgement_remark(j, strcmp(d->name, "autopath") == 0 ? MATTER_AUTOPATH : MATTER_VERSION,
                         defects[i].severity, block, option ? option->line : d->line, update, "%s: %s",
                         version, defects[i].text)
            ->write = arena_printf(j->arena, "(update CoreDNS to %s or later)", defects[i].before);
    }
    for (size_t i = 1; forward && i < forward->args_count && version_compare(version, "1.11.0") == 0; i++)
        if (strncmp(forward->args[i], "tls://", 6) == 0) {
            judgement_remark(j, MATTER_VERSION, SEVERITY_WARNING, block, forward->line, update,
                             "%s: forward over TLS is much slower than in others (#6270)", version)
                ->write = "(update CoreDNS to 1.11.1 or later)";
            return;
        }
}
