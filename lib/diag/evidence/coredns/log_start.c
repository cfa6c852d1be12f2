/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a server did not start, by its last words. */
#include "log_start.h"
#include "log_evidence.h"
#include "log_program.h"
#include <ctype.h>
#include <inttypes.h>
#include <k8sdns/base/braces.h>
#include <stdlib.h>
#include <string.h>

/* ---- causes ---- */

/* Words that must all stand in the text, the second may be NULL, and the cause that they name. */
struct start_cause {
    const char *words[2];
    const struct log_start *start;
};

static const struct log_start network = {
    LOG_START_OF_API_SERVER,
    "does not start: it does not reach the API server",
    "At its start it asks the API server for the Services, and nobody answers at that address. It is the "
    "ClusterIP of the Service kubernetes, which kube-proxy or the CNI plugin leads to the API server. The "
    "way from this Pod is cut, or the API server is down; the server's own configuration is not the reason.",
    {{.text = "see whether the API server is well", .command = "kubectl get --raw '/readyz?verbose'"},
     {.text = "see which addresses stand behind its Service",
      .command = "kubectl -n default get endpointslices -l kubernetes.io/service-name=kubernetes"},
     {.text = "see whether kube-proxy, or what the CNI plugin has in its place, runs on the node",
      .command = "{proxy}"},
     {.text = "see whether a NetworkPolicy keeps the Pod from its egress to it",
      .command = "kubectl -n {ns} get networkpolicies"}}};
static const struct log_start certificate = {
    LOG_START_OF_API_SERVER,
    "does not start: it does not accept the API server's certificate",
    "The certificate has expired, the clock of the node is wrong, the certificate lacks the address of the "
    "Service kubernetes, or another authority has signed it than the one in the Pod's service account.",
    {{.text = "see its dates, issuer and addresses; ADDRESS:443 stands in that line",
      .command = "openssl s_client -connect ADDRESS:443 </dev/null | openssl x509 -noout -dates -issuer "
                 "-ext subjectAltName"},
     {.text = "see which authority Pods get",
      .command = "kubectl -n {ns} get configmap kube-root-ca.crt -o yaml"},
     {.text = "renew the certificate with what made it (kubeadm certs renew apiserver)"},
     {.text = "after a change of the authority, replace the Pods", .command = "{restart}"}}};
static const struct log_start rights = {
    LOG_START_OF_API_SERVER,
    "does not start: the API server refuses it",
    "The API server is reached and says no: the ClusterRole of its service account, or the binding to it, is "
    "not there, or its token is not accepted.",
    {{.text = "see whether its service account may list Services",
      .command = "kubectl auth can-i list services --all-namespaces "
                 "--as=system:serviceaccount:{ns}:{account}"},
     {.text = "see the role and who has it",
      .command = "kubectl get clusterrole,clusterrolebinding | grep -i dns"},
     {.text = "when the token is refused (Unauthorized), replace the Pod: it gets a new one",
      .command = "kubectl -n {ns} delete pod {pod}"}}};
static const struct log_start name = {
    LOG_START_OF_API_SERVER,
    "does not start: the name of the API server does not resolve",
    "The API server is given by a name (endpoint or kubeconfig of the kubernetes plugin, or a flag). The "
    "server resolves it with the nameservers of its Pod, which must not be itself.",
    {{.text = "see which nameservers the Pod has: dnsPolicy Default gives it those of the node",
      .command = "kubectl -n {ns} get pods -l {sel} -o jsonpath='{.items[*].spec.dnsPolicy}'"},
     {.text = "give the API server by its address, or leave the setting out: inside a cluster it is not "
              "needed"}}};
static const struct log_start token = {
    LOG_START_OF_API_SERVER,
    "does not start: it has no token for the API server",
    "The files of its service account are not mounted in the container: automountServiceAccountToken is "
    "false, or the service account has no token.",
    {{.text = "see what the Pod mounts, and its service account",
      .command = "kubectl -n {ns} describe pods -l {sel}"},
     {.text = "set automountServiceAccountToken to true in the Pod template",
      .command = "kubectl -n {ns} edit {deploy}",
      .undo = "{rollback}"}}};
static const struct log_start outside = {
    LOG_START_OF_API_SERVER,
    "does not start: it does not know where the API server is",
    "It does not run as a Pod of a cluster, where the kubelet names the API server in its environment.",
    {{.text = "run it as a Pod, or name a file with kubeconfig in the kubernetes plugin"}}};

/* Words that the kubernetes plugin, or kube-dns, passes on. Source: Go's net, net/http, crypto/tls and
 * crypto/x509; client-go's rest; apimachinery's api/errors. */
static const struct start_cause of_api_server[] = {
    {{"x509: ", NULL}, &certificate},
    {{"remote error: tls: ", NULL}, &certificate},
    {{"forbidden", NULL}, &rights},
    {{"nauthorized", NULL}, &rights},
    {{"asked for the client to provide credentials", NULL}, &rights},
    {{"/var/run/secrets/kubernetes.io/serviceaccount", NULL}, &token},
    {{"unable to load in-cluster configuration", NULL}, &outside},
    {{"dial tcp: lookup ", NULL}, &name},
    {{"no such host", NULL}, &name},
    {{"dial tcp ", NULL}, &network},
    {{"i/o timeout", NULL}, &network},
    {{"connection refused", NULL}, &network},
    {{"no route to host", NULL}, &network},
    {{"network is unreachable", NULL}, &network},
    {{"connection reset by peer", NULL}, &network},
    {{"TLS handshake timeout", NULL}, &network},
    {{"context deadline exceeded", NULL}, &network},
    {{"Client.Timeout exceeded", NULL}, &network},
    {{": EOF", NULL}, &network},
    {{"gave HTTP response to HTTPS client", NULL}, &network},
    {{"unable to handle the request", NULL}, &network},
    {{"Timeout waiting for initialization", NULL}, &network},
};

static const struct log_start denied = {
    LOG_START_OF_PROCESS,
    "does not start: it may not listen at its port",
    "Ports below 1024 need the capability NET_BIND_SERVICE, which the container does not have: it drops all, "
    "or runs as another user than root.",
    {{.text = "see the securityContext of its container",
      .command =
          "kubectl -n {ns} get pods -l {sel} -o jsonpath='{.items[*].spec.containers[*].securityContext}'"},
     {.text = "add NET_BIND_SERVICE to capabilities in the Pod template, or give the Pod the sysctl "
              "net.ipv4.ip_unprivileged_port_start=0",
      .command = "kubectl -n {ns} edit {deploy}",
      .undo = "{rollback}"}}};
static const struct log_start image = {
    LOG_START_OF_PROCESS,
    "does not start: its program cannot run on this node",
    "The image is for another architecture than the node's, or the command names a file that is not in it.",
    {{.text = "see the architecture of the nodes", .command = "kubectl get nodes -L kubernetes.io/arch"},
     {.text = "see image and command of the Pod", .command = "kubectl -n {ns} describe pods -l {sel}"},
     {.text = "go back to the image from before", .command = "{rollback}"}}};
static const struct log_start arguments = {
    LOG_START_OF_PROCESS,
    "does not start: its command line is wrong",
    "An argument of the container is not known to this version of the program, or its value cannot be read.",
    {{.text = "see the arguments of the container", .command = "kubectl -n {ns} describe pods -l {sel}"},
     {.text = "correct args in the Pod template",
      .command = "kubectl -n {ns} edit {deploy}",
      .undo = "{rollback}"}}};

/* The steps name the port; see advise_on_port(). */
static const struct log_start taken = {
    LOG_START_OF_PROCESS,
    "does not start: another process has its port",
    "With hostNetwork it shares its ports with all of the node: systemd-resolved, dnsmasq, or a second DNS "
    "Pod. Without it, it is another container of the Pod, or the same program that has not ended yet.",
    {{0}}};
static const struct log_start unassigned = {
    LOG_START_OF_PROCESS,
    "does not start: its address is not there",
    "The address that it is to listen at is none of its Pod or node: bind in the Corefile names another, or "
    "the interface that node-local-dns makes (nodelocaldns) is missing.",
    {{.text = "see which addresses there are, on the node", .command = "ip -brief address"},
     {.text = "see where it is to listen",
      .command = "kubectl -n {ns} get configmap {cm} -o yaml | grep -w bind"}}};
static const struct log_start no_port = {
    LOG_START_OF_PROCESS,
    "ends: it cannot listen at its port",
    "Another process has port 53, or the container may not use it.",
    {{.text = "see which process has the port, on the node or in the Pod (as root)",
      .command = "ss -lntup 'sport = :53'"},
     {.text = "read what it said before",
      .command = "kubectl -n {ns} logs -l k8s-app=kube-dns -c dnsmasq --tail=50 --previous"}}};
static const struct log_start killed = {LOG_START_OF_PROCESS,
                                        "was killed",
                                        "The kernel killed it for want of memory, or somebody did.",
                                        {{.text = "see its last state and limits",
                                          .command = "kubectl -n {ns} describe pods -l k8s-app=kube-dns"}}};

static const struct log_start no_log_file = {
    LOG_START_OF_PROCESS,
    "ends: it cannot write a log file",
    "CoreDNS 1.3 writes the warnings of its Kubernetes client to a file under /tmp, which its image does not have. "
    "It ends with the first of them, such as when the API server does not answer for a moment.",
    {{.text = "update CoreDNS to 1.4.0 or newer", .command = "kubectl -n {ns} get {deploy} -o wide"},
     {.text = "or mount an emptyDir at /tmp",
      .command = "kubectl -n {ns} edit {deploy}",
      .undo = "{rollback}"}}};

/* Source: Go's net and flag; runc and the kernel, of exec; dnsmasq's die() and EXIT CODES of dnsmasq(8). */
static const struct start_cause of_process[] = {
    {{"log: cannot create log: ", NULL}, &no_log_file},
    {{"ddress already in use", NULL}, &taken},
    {{"bind: permission denied", NULL}, &denied},
    {{"listening socket", "ermission denied"}, &denied},
    {{"setting capabilities failed", NULL}, &denied},
    {{"missing required capability", NULL}, &denied},
    {{"exec ", "operation not permitted"}, &denied},
    {{"cannot assign requested address", NULL}, &unassigned},
    {{"exec format error", NULL}, &image},
    {{"exec ", ": no such file or directory"}, &image},
    {{"exec ", ": permission denied"}, &image},
    {{"flag provided but not defined: ", NULL}, &arguments},
    {{"flag needs an argument: ", NULL}, &arguments},
    {{"invalid value \"", "for flag "}, &arguments},
    {{"extra command line arguments: ", NULL}, &arguments},
    {{"Error parsing flags", NULL}, &arguments},
    {{"bad command line options", NULL}, &arguments},
    {{"junk found in command line", NULL}, &arguments},
    {{"Cannot use both ConfigMap and ConfigDir", NULL}, &arguments},
    {{"dnsmasq exited: exit status 1", NULL}, &arguments},
    {{"dnsmasq exited: exit status 2", NULL}, &no_port},
    {{"dnsmasq exited: signal: killed", NULL}, &killed},
};

/* What kube-dns says else: it has no Corefile. */
static const struct log_start of_kube_dns = {
    LOG_START_OF_PROCESS,
    "ends by itself",
    "Its last words name the reason. kube-dns has no Corefile: what it reads are the flags of its containers "
    "and the ConfigMap kube-dns.",
    {{.text = "read what it said before",
      .command = "kubectl -n {ns} logs -l k8s-app=kube-dns --all-containers --tail=50 --previous"},
     {.text = "see its containers", .command = "kubectl -n {ns} describe pods -l k8s-app=kube-dns"}}};

static const struct log_start unmounted = {
    LOG_START_OF_COREFILE,
    "does not start: it cannot read its Corefile",
    "The file that -conf names is not there or cannot be read: the ConfigMap is not mounted at that path, or "
    "has no such key.",
    {{.text = "see which keys the ConfigMap has", .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
     {.text = "see args, mounts and volumes of the Pod",
      .command = "kubectl -n {ns} describe pods -l {sel}"}}};

static const struct log_start no_upstream = {
    LOG_START_OF_COREFILE,
    "does not start: the resolv.conf that it forwards to names no nameserver",
    "forward takes its upstreams from a file, by default the resolv.conf of its Pod, and no nameserver is in "
    "it. The kubelet makes that of a Pod with dnsPolicy Default from a file of the node.",
    {{.text = "see the file that the kubelet takes: resolvConf of its configuration, on the node",
      .command = "cat /run/systemd/resolve/resolv.conf /etc/resolv.conf"},
     {.text = "write the nameserver into it, and replace the Pod",
      .command = "kubectl -n {ns} delete pod {pod}"},
     {.text = "or name the upstreams in the Corefile itself: forward . ADDRESS",
      .command = "{edit}",
      .undo = "{putback}"}}};
static const struct log_start placeholder = {
    LOG_START_OF_COREFILE,
    "does not start: a placeholder of its manifest is left in the Corefile",
    "Words with __PILLAR__ stand for addresses and the cluster's domain. Whoever applies the manifest replaces "
    "them; node-cache itself replaces __PILLAR__CLUSTER__DNS__ and __PILLAR__UPSTREAM__SERVERS__ alone, and in "
    "the file Corefile.base alone.",
    {{.text = "see which are left, and under which key",
      .command = "kubectl -n {ns} get configmap {cm} -o yaml | grep -n -e __PILLAR__ -e 'Corefile.*:'"},
     {.text = "see where the ConfigMap is mounted: the key Corefile goes to the path Corefile.base",
      .command = "kubectl -n {ns} get {deploy} -o yaml | grep -n -A 3 -e 'key: Corefile' -e mountPath"},
     {.text = "replace them in the manifest and apply it again"}}};

/* Of each of the next the last words name the zone or the plugin; a Corefile may import a second one. */
#define SEE_BOTH                                                                    \
    {                                                                               \
        .text = "see its line in the Corefile, or in what that imports",            \
        .command = "kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -" \
    }
#define EDIT(what)                                               \
    {                                                            \
        .text = (what), .command = "{edit}", .undo = "{putback}" \
    }

static const struct log_start zone_twice = {
    LOG_START_OF_COREFILE,
    "does not start: two server blocks of its Corefile serve the same zone",
    "The zone and port in its last words stand in front of two server blocks, or twice in front of one. The second "
    "is often in a file that the Corefile imports (coredns-custom).",
    {SEE_BOTH, EDIT("make one server block of the two")}};
static const struct log_start plugin_twice = {
    LOG_START_OF_COREFILE,
    "does not start: a plugin stands twice in a server block",
    "The plugin in its last words may stand once in a server block. The second is often in a file that the block "
    "imports (coredns-custom), or a later line of the same file.",
    {SEE_BOTH, EDIT("take one of the two out")}};
static const struct log_start plugin_unknown = {
    LOG_START_OF_COREFILE,
    "does not start: its Corefile names a plugin that it does not have",
    "The word in its last words is a misspelt plugin, one that this version does not have (proxy ended with 1.5.0, "
    "federation with 1.7.0), an external one, which is not in the usual image, or an option outside of the braces of "
    "its plugin.",
    {SEE_BOTH, EDIT("correct the name, or take the line out")}};

static const struct start_cause of_corefile[] = {
    {{"__PILLAR__", NULL}, &placeholder},
    {{"no nameservers found", NULL}, &no_upstream},
    {{"cannot serve ", " - it is already defined"}, &zone_twice},
    {{"cannot serve ", " - zone overlap in listener capacity"}, &zone_twice},
    {{"this plugin can only be used once per Server Block", NULL}, &plugin_twice},
    {{"no action found for directive ", NULL}, &plugin_unknown},
    {{"nknown directive '", NULL}, &plugin_unknown},
    {{"loading Caddyfile via ", ": no such file or directory"}, &unmounted},
    {{"loading Caddyfile via ", ": permission denied"}, &unmounted},
    {{"loading Caddyfile via ", ": is a directory"}, &unmounted},
};

static const struct log_start unreadable = {
    LOG_START_OF_COREFILE,
    "does not start: it cannot read a file that its Corefile names",
    "The file is not in the container: the path in the Corefile is wrong, or the volume with it is not mounted. "
    "Where permission is denied, it is not readable for the user of the container.",
    {{.text = "see the mounts and volumes of the Pod", .command = "kubectl -n {ns} describe pods -l {sel}"},
     {.text = "correct the path, or mount the file", .command = "{edit}", .undo = "{putback}"}}};
static const struct start_cause of_file[] = {
    {{"plugin/", ": open /"}, &unreadable},
    {{"plugin/", ": stat /"}, &unreadable},
};

static const struct log_start of_line = {
    LOG_START_OF_COREFILE,
    "does not start: it does not accept its Corefile",
    "Its last words name the line of the Corefile, and what is wrong with it: a plugin that this program does not "
    "have, an option or a value that it does not know, or a brace.",
    {{0}}};
static const struct log_start of_content = {LOG_START_OF_COREFILE, "does not start", NULL, {{0}}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct log_start *find(const struct start_cause *rows, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, rows[i].words[0]) && (!rows[i].words[1] || strstr(text, rows[i].words[1])))
            return rows[i].start;
    return NULL;
}

const struct log_start *log_start_of_api_server(const char *text)
{
    return find(of_api_server, COUNT(of_api_server), text);
}

/* Lines about the API server, those that say most first. */
static const int api_events[] = {LOG_KUBERNETES_FORBIDDEN, LOG_KUBERNETES_UNAUTHORIZED,
                                 LOG_KUBERNETES_FAILED};

static const struct log_start *by_events(const struct diagnosis *d)
{
    const struct log_start *start = NULL;

    for (size_t i = 0; i < COUNT(api_events) && !start; i++) {
        const struct log_event_facts *event = log_event(d, api_events[i]);

        if (event && log_is_of_kube_dns(event->source, event->text))
            start = find(of_api_server, COUNT(of_api_server), event->text);
    }
    return start;
}

const struct log_start *log_start_of(const struct diagnosis *d, const struct log_state_facts *state)
{
    const char *text = state->text;
    const struct log_start *start = NULL;

    start = find(of_corefile, COUNT(of_corefile), text);
    /* A line of the Corefile is the reason, whatever it says behind that. */
    if (start || strstr(text, " - Error during parsing: ") || strstr(text, " - Syntax error: "))
        return start ? start : &of_line;
    if (strstr(text, "Timeout waiting for initialization"))
        start = by_events(d);
    if (!start &&
        (strstr(text, "plugin/kubernetes: ") || strstr(text, "Failed to create a kubernetes client") ||
         strstr(text, "Timeout waiting for initialization")))
        start = find(of_api_server, COUNT(of_api_server), text);
    if (!start)
        start = find(of_process, COUNT(of_process), text);
    if (!start)
        start = find(of_file, COUNT(of_file), text);
    return start ? start : log_is_of_kube_dns(state->source, text) ? &of_kube_dns : &of_content;
}

/* ---- the finding ---- */

/* "listen tcp :8080: bind: address already in use", "socket for port 53: Address already in use": the port.
 */
static unsigned long port_of(const char *text)
{
    const char *end = strstr(text, ": bind: "), *at;

    if (!end)
        end = strstr(text, ": Address already in use");
    for (at = end; at && at > text && isdigit((unsigned char)at[-1]);)
        at--;
    return at && at < end ? strtoul(at, NULL, 10) : 53;
}

static void advise_on_port(struct diagnosis *d, struct finding *finding, const char *text)
{
    unsigned long port = port_of(text);
    const struct step steps[] = {
        {.text = "see which process has the port, on the node where it is to start (as root)",
         .command = arena_printf(d->arena, "ss -lntup 'sport = :%lu'", port)},
        {.text = port == 53
                     ? "end that process or move it to another port, or place the Pod on another node"
                     : "end that process, or give one of the two another port; in the Corefile two server "
                       "blocks must not name the same one for health or ready"},
        {0},
    };

    finding_steps(d, finding, steps);
}

struct wording {
    const char *word, *value;
};

/* What stands for words of steps where the cluster's DNS is not known to be this program. */
static const struct wording of_kube_dns_words[] = {
    {"account", "kube-dns"},
    {"deploy", "deployment/kube-dns"},
    {"cm", "kube-dns"},
    {"restart", "kubectl -n {ns} rollout restart deployment/kube-dns"},
    {"rollback", "kubectl -n {ns} rollout undo deployment/kube-dns"},
    {NULL, NULL},
};
static const struct wording of_cache_words[] = {
    {"ns", "{cns}"},
    {"sel", "{csel}"},
    {"account", "node-local-dns"},
    {"deploy", "{cset}"},
    {"cm", "node-local-dns"},
    {"restart", "kubectl -n {cns} rollout restart {cset}"},
    {"rollback", "kubectl -n {cns} rollout undo {cset}"},
    {"keep", "kubectl -n {cns} get configmap node-local-dns -o yaml >dns-before.yaml"},
    {"edit", "kubectl -n {cns} edit configmap node-local-dns"},
    {"upstreams", "kubectl -n {cns} edit configmap node-local-dns"},
    {"dns", "node-local-dns"},
    {"putback", "kubectl -n {cns} replace -f dns-before.yaml"},
    {NULL, NULL},
};

static const char *value_of(void *user, const char *word, size_t len)
{
    const struct wording *const *words = user;

    for (const struct wording *w = *words; w->word; w++)
        if (strlen(w->word) == len && memcmp(w->word, word, len) == 0)
            return w->value;
    return NULL;
}

void log_steps_reword(struct diagnosis *d, const struct rule *rule, struct finding *finding, const char *who)
{
    const struct wording *words = strstr(who, log_kube_dns)     ? of_kube_dns_words
                                  : strcmp(who, log_cache) == 0 ? of_cache_words
                                                                : NULL;

    if (words && !finding->steps_count)
        finding_steps(d, finding, rule->steps);
    for (size_t i = 0; words && i < finding->steps_count; i++) {
        struct step *step = &finding->steps[i];

        step->text = braces_expand(d->arena, step->text, value_of, &words);
        step->command = braces_expand(d->arena, step->command, value_of, &words);
        step->undo = braces_expand(d->arena, step->undo, value_of, &words);
    }
}

struct finding *log_start_tell(struct diagnosis *d, const struct rule *rule,
                               const struct log_state_facts *state, const struct log_start *start)
{
    const char *who = log_state_program(state);
    struct finding *finding = finding_new(d, rule, log_subject(d, state->source, who));

    finding->title = arena_printf(d->arena, "%s %s", who, start->title);
    finding->severity = SEVERITY_CRITICAL;
    if (start->cause)
        finding->cause = start->cause;
    if (start == &taken)
        advise_on_port(d, finding, state->text);
    else if (start->steps[0].text)
        finding_steps(d, finding, start->steps);
    log_steps_reword(d, rule, finding, who);
    finding_evidence(d, finding, "its last words%s%s: %s", state->last_time ? ", " : "",
                     state->last_time ? state->last_time : "", state->text);
    if (state->count > 1)
        finding_evidence(d, finding, "%" PRIu64 " starts failed", state->count);
    return finding;
}
