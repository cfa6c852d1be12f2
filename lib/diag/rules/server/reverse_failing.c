/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of the own address: NXDOMAIN is ordinary, but what fails or is late holds up whoever asks for it.
 */
#include "../../evidence/latency.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/statistics/median.h>
#include <string.h>

/* One word of a kubernetes line is a zone that this name is in; a range (10.0.0.0/8) may be. */
static bool may_have(const char *arguments, const char *candidate)
{
    size_t len = strlen(candidate);

    while (*arguments) {
        size_t word = strcspn(arguments, " \t");

        if (memchr(arguments, '/', word) || (word && word < len && candidate[len - word - 1] == '.' &&
                                             strncasecmp(candidate + len - word, arguments, word) == 0))
            return true;
        arguments += word;
        arguments += strspn(arguments, " \t");
    }
    return false;
}

static bool is_in_file(const struct corefile_facts *corefile, const char *candidate)
{
    for (size_t i = 0; i < corefile->blocks_count; i++)
        for (size_t k = 0; k < corefile->blocks[i].plugins_count; k++) {
            const struct corefile_plugin_facts *plugin = &corefile->blocks[i].plugins[k];

            if (strcmp(plugin->name, "kubernetes") == 0 && plugin->arguments &&
                may_have(plugin->arguments, candidate))
                return true;
        }
    return false;
}

/* Where the kubernetes plugin does not have the zone, every such name goes to the upstream. */
static void tell_corefile(struct diagnosis *d, struct finding *finding, const struct probe_facts *p)
{
    if (d->facts->corefile && d->facts->corefile->blocks_count &&
        !is_in_file(d->facts->corefile, p->candidate))
        finding_evidence(d, finding,
                         "no kubernetes line of the Corefile lists %s: such names go to the upstream",
                         strchr(p->name, ':') ? "ip6.arpa" : "in-addr.arpa");
}

static struct finding *add(const struct rule *rule, struct diagnosis *d, struct finding *finding,
                           const struct probe_facts *p)
{
    if (!finding) {
        finding = finding_new(d, rule, p->name);
        finding->confidence = CONFIDENCE_LIKELY;
    }
    finding_about(d, finding, p->target);
    return finding;
}

/* Who gives the own address a name late, beside how fast the same servers answer for the cluster's names. */
static void by_latency(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *records = d->facts->records;
    double *values = NULL;
    size_t count = 0;
    struct finding *finding;
    const struct probe_facts *example = NULL;
    char text[DURATION_TEXT], cluster_text[DURATION_TEXT];
    uint64_t half, cluster = matrix_latency_us(d, NULL, NULL, CONCERNS_CLUSTER);

    for (size_t i = 0; i < records->probes_count; i++) {
        const struct probe_facts *p = &records->probes[i];

        if (strcmp(p->type, "PTR") != 0 || p->rtt_us == SHAPE_UNSET || !probe_status_is_good(p->status))
            continue;
        *ARENA_PUSH(d->arena, values, count) = (double)p->rtt_us;
        example = example ? example : p;
    }
    half = count ? (uint64_t)median(values, count) : SHAPE_UNSET;
    if (!example || latency_severity(d, half) < 0 || cluster == SHAPE_UNSET ||
        !latency_stands_out(d, half, cluster))
        return;
    finding = add(rule, d, NULL, example);
    for (size_t i = 0; i < records->probes_count; i++)
        if (strcmp(records->probes[i].type, "PTR") == 0 && records->probes[i].rtt_us != SHAPE_UNSET)
            finding = add(rule, d, finding, &records->probes[i]);
    finding->title = "names of addresses are answered late";
    finding->severity = latency_severity(d, half);
    finding_concerns(finding, CONCERNS_EXTERNAL);
    finding_evidence(d, finding, "PTR of %s, this machine's own address: %s; cluster names: %s",
                     example->name, duration_format_us(text, sizeof(text), half),
                     duration_format_us(cluster_text, sizeof(cluster_text), cluster));
    tell_corefile(d, finding, example);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *records = d->facts->records;
    struct finding *finding = NULL;
    const struct probe_facts *example = NULL;
    size_t asked = 0;

    for (size_t i = 0; records && i < records->probes_count; i++) {
        const struct probe_facts *p = &records->probes[i];
        const struct server *server = server_find(d, p->target);

        if (strcmp(p->type, "PTR") != 0 || p->transport != TRANSPORT_UDP || !server || server->silent)
            continue;
        asked++;
        if (!probe_is_error(p) && p->status != PROBE_TIMEOUT)
            continue;
        rule_doubts(d);
        if (server_fails_by_chance(d, server, p->status))
            continue;
        finding = add(rule, d, finding, p);
        /* What is silent at first may be SERVFAIL when it is asked again. */
        finding_concerns(finding, CONCERNS_EXTERNAL | (concern_of_failure(p) & CONCERNS_REFUSAL));
        finding_evidence(d, finding, "PTR of %s, this machine's own address, at %s: %s", p->name, p->target,
                         p->status == PROBE_TIMEOUT ? "no answer, twice" : probe_status_names[p->status]);
        example = example ? example : p;
    }
    if (finding)
        tell_corefile(d, finding, example);
    else if (asked)
        by_latency(rule, d);
    else
        rule_unknown(d,
                     "no name of an address was asked for (--no-external, or no address of this machine is "
                     "known); k8sdns probe --reverse ADDRESS");
}

static const struct step steps[] = {
    {.text = "see whether the kubernetes line of the Corefile lists in-addr.arpa and ip6.arpa, and which "
             "upstream the rest goes to",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
    {.text = "let {dns} answer for the addresses of the cluster: in-addr.arpa ip6.arpa behind the domain on "
             "the kubernetes line",
     .command = "{edit}",
     .undo = "the line as before"},
    {.text =
         "where the upstream fails for private addresses, leave out fallthrough in-addr.arpa ip6.arpa, so "
         "that {dns} says NXDOMAIN itself",
     .command = "{edit}",
     .undo = "the line as before"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe --reverse ADDRESS",
    "kubectl -n {ns} get configmap {cm} -o yaml",
    NULL,
};

const struct rule rule_reverse_failing = {
    .id = "reverse-failing",
    .title = "the name of this machine's own address gets no answer",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "the name of the own address is answered, or that there is none",
    .cause = "Most Pods have no name for their address, and NXDOMAIN says so at once. What gets no answer "
             "holds up programs that ask for the name of an address (Java, mail servers, databases, sshd, "
             "Kerberos, getnameinfo): glibc waits 10 s for each nameserver. {dns} forwards such names to "
             "its upstream where it does not serve in-addr.arpa and ip6.arpa itself.",
    .steps = steps,
    .checks = checks,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
