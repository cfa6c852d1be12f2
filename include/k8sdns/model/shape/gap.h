/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SHAPE_GAP_H
#define K8SDNS_MODEL_SHAPE_GAP_H

/*
 * What cannot be seen in some place, a table. Each has an id (enum gap), the word for it in JSON, and the
 * words for people: what it is, and how it can be had; NULL where whoever meets it knows better. Where `how`
 * is a command whose output diagnose takes, `pipe` has the options for it.
 *
 * Those that rules need are told by a bit (enum rule_need of k8sdns/diag/rule.h), and end with when they are
 * there: of `f`, the facts, and `d`, the diagnosis that evaluates them. A kernel without IPVS has told all
 * that there is of it.
 *
 *  id, bit, word, what, how, pipe, is present
 */
// clang-format off
#define GAPS_OF_RULES(GAP) \
    GAP(RESOLV_CONF, RESOLV, "resolv-conf", "resolv.conf", \
        "run it in the Pod, or name the file with --resolv-conf", NULL, f->resolv) \
    GAP(ANSWERS, MATRIX, "answers", "answers of the servers", "name one with --cluster-ip or --replica", NULL, \
        f->matrix && f->matrix->probes_count) \
    GAP(SAMPLING, SAMPLING, "sampling", "a sampling of the servers", "give it time with --budget 5s", NULL, \
        f->sampling) \
    GAP(REPLICAS, REPLICAS, "replicas", "the {dns} replicas", \
        "name them with --replica, or pipe kubectl's JSON to --endpoints -", NULL, d->replicas_count) \
    GAP(CONNTRACK, TABLE, "conntrack", "the node's conntrack table", \
        "run it as root on the node, or with --netns /proc/1/ns/net", NULL, tracking(f)) \
    GAP(CONNTRACK_ENTRIES, DNS_ENTRIES, "conntrack-entries", "conntrack entries", \
        "run it with CAP_NET_ADMIN on the node", NULL, tracking(f) && f->conntrack->dns) \
    GAP(NODE, NODE, "node-limits", "limits of the node", "run it where /proc is mounted", NULL, f->node) \
    GAP(IPVS, IPVS, "ipvs", "IPVS", "run it as root on the node", NULL, f->ipvs || f->ipvs_absent) \
    GAP(KUBE, KUBE, "kubernetes", "Kubernetes' view of {dns}", \
        "kubectl get deployments,pods,configmaps,events,nodes -A -o json", "--endpoints -", f->kube) \
    GAP(TCP, TCP, "tcp-answers", "answers over TCP", "give it time with --budget 5s", NULL, f->tcp) \
    GAP(LIVE_REPLICAS, KNOWN, "live-replicas", "a list of the running replicas", \
        "name them with --replica, or pipe kubectl's JSON to --endpoints -", NULL, \
        tracking(f) && f->conntrack->replicas_count) \
    GAP(ANY_ANSWER, HEARD, "any-answer", "an answer of any server", "see each query with k8sdns probe", NULL, \
        d->heard_count) \
    GAP(METRICS, METRICS, "metrics", "metrics of the replicas", \
        "name the address of one with --metrics, or --metrics http://127.0.0.1:9153/metrics beside: kubectl " \
        "-n {ns} port-forward POD 9153", NULL, metrics_first(f)) \
    GAP(LOGS, LOGS, "logs", "{dns}'s log", \
        "kubectl -n {ns} logs -l {sel}{c} --prefix --timestamps --tail=-1", "--logs -", f->logs) \
    GAP(DNSTAP, DNSTAP, "dnstap", "what CoreDNS tells by dnstap", \
        "give its file with --dnstap; to turn it on: k8sdns corefile --enable dnstap --collector ADDRESS", NULL, \
        dnstap_tells(f->dnstap)) \
    GAP(SPANS, SPANS, "spans", "traces of CoreDNS", \
        "collect them with k8sdns spans --read or --listen, and name the file with --spans", NULL, f->spans) \
    GAP(COREFILE, COREFILE, "corefile", "the Corefile", "kubectl -n {ns} get cm {cm} -o yaml", \
        "--corefile -", f->corefile) \
    GAP(DROPS, DROPS, "drops", "what the kernel drops", \
        "run it as root on the node: it takes CAP_BPF and CAP_PERFMON", NULL, f->drops) \
    GAP(FLOWS, FLOWS, "flows", "the node's DNS flows as they come", \
        "run it with CAP_NET_ADMIN on the node", NULL, tracking(f) && f->conntrack->flows)

/* Pieces of those, and what single commands miss: id, word, what, how. */
#define GAPS_OF_COMMANDS(GAP) \
    GAP(RESOLVER, "resolver", "which resolver the application uses", \
        "glibc's rules were followed; name it with --as glibc, musl or go") \
    GAP(NODE_LOCAL, "node-local", "the node-local caches", NULL) \
    GAP(ALL_ANSWERS, "all-answers", "answers to all queries", NULL) \
    GAP(METRICS_OF_ONE, "metrics-of-one", NULL, NULL) \
    GAP(IPVS_TIMEOUTS, "ipvs-timeouts", "packets and timeouts of IPVS", NULL) \
    GAP(IPVS_CONNECTIONS, "ipvs-connections", "the connections of IPVS", NULL) \
    GAP(LOG_PART, "log-part", NULL, "read it again when it is whole") \
    GAP(LOG_TIMES, "log-times", NULL, "add --timestamps to kubectl logs") \
    GAP(DNSTAP_NAMES, "dnstap-names", "names and response codes", \
        "write `full` behind the address in the Corefile's dnstap line") \
    GAP(UPSTREAM_RESOLV_CONF, "upstream-resolv-conf", "whether the resolv.conf that it forwards to leads back", \
        "on the node: --resolv-conf /etc/resolv.conf, or --pid of CoreDNS") \
    GAP(DROP_DETAILS, "drop-details", NULL, \
        "run it on a kernel that permits it; most drops are told apart without") \
    GAP(LOOKUP, "lookup", NULL, NULL) \
    GAP(LOOKUP_PROCESSES, "lookup-processes", NULL, NULL) \
    GAP(LOOKUP_LINES, "lookup-lines", NULL, "they are in the sums; --slow or --name show less") \
    GAP(TCP_NAMES, "tcp-names", "the names that are asked for over TCP", \
        "run it where Linux is 6.12 or later, or ask over UDP") \
    GAP(PATH_PLACES, "path-places", "netfilter's hooks, and the functions between devices", \
        "run it on a node whose kernel has kprobes, as distributions' kernels do") \
    GAP(INPUT_PART, "input-part", NULL, "give it more time with --budget") \
    GAP(FOREIGN_SERVERS, "foreign-servers", NULL, "leave it out of the list if it is none") \
    GAP(FLEET_PART, "fleet-part", NULL, "ask again, or for less with --since or --match") \
    GAP(FLEET_NODES, "fleet-nodes", NULL, "kubectl get pods -A -l app=k8sdns-agent -o wide") \
    GAP(FLEET_LOOKUPS, "fleet-lookups", "lookups of programs", \
        "run the agent with the privileges that lookups take: packaging/agent.yaml, full")
// clang-format on

enum gap {
#define GAP_ID(id, ...) GAP_##id,
    GAPS_OF_RULES(GAP_ID) GAP_NEEDS_END,
    GAP_NEEDS_LAST = GAP_NEEDS_END - 1,
    GAPS_OF_COMMANDS(GAP_ID) GAP_COUNT,
#undef GAP_ID
};

struct gap_row {
    const char *what, *how, *pipe;
};

extern const char *const gap_names[]; /* of JSON: "resolv-conf", "answers", ... */
extern const struct gap_row gap_rows[GAP_COUNT];

struct arena;
struct host_facts;

/*
 * How the gap is closed, in words or as a command; NULL where the row has none. In a Pod what kubectl tells
 * is piped to it from a workstation: `kubectl get ... | k8sdns objects | kubectl exec -i web-0 -n shop --
 * /tmp/k8sdns diagnose ...`. `host` may be NULL. Names of the cluster's DNS stand in braces: see gap_words.h.
 */
const char *gap_how(struct arena *arena, const struct host_facts *host, enum gap gap);

/* What takes kubectl's output for the place that the facts are from: "k8sdns", or in a Pod kubectl exec of
 * it. */
const char *gap_program(struct arena *arena, const struct host_facts *host);

#endif
