/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Kubernetes says of CoreDNS (tests/data/kube), and times as it writes them. */
#include "unit.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/cluster/kube_facts.h>
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/wire/cluster/kube_keep.h>
#include <k8sdns/wire/cluster/kube_shrink.h>
#include <math.h>
#include <string.h>

static uint64_t at(const char *time)
{
    uint64_t ns;

    assert_true(clock_parse(time, &ns));
    return ns;
}

static struct kube_facts *facts_of(struct arena *arena, const char *path)
{
    struct kube_objects objects = {0};
    char *bytes;
    size_t len;

    assert_int_equal(file_read(arena, path, 1 << 20, &bytes, &len, NULL), 0);
    assert_int_equal(kube_objects_read(arena, bytes, len, &objects, NULL), 0);
    return kube_facts_from(arena, &objects, at("2026-11-24T12:00:00Z"));
}

static void test_state(void **state)
{
    const struct kube_facts *facts = facts_of(*state, DATA "/kube/coredns.json");

    assert_non_null(facts);
    assert_int_equal(facts->pods_count, 2);
    assert_null(facts->pods[0].last_end);
    assert_null(facts->pods[0].cpu_limit);
    assert_int_equal(facts->pods[1].restarts, 3);
    assert_string_equal(facts->pods[1].last_end, "OOMKilled");
    assert_string_equal(facts->pods[1].cpu_limit, "100m");
    assert_string_equal(facts->pods[1].version, "1.11.1");
    assert_int_equal(facts->wanted, 3);
    assert_int_equal(facts->available, 3);
    assert_int_equal(facts->nodes, 3);
    assert_non_null(strstr(facts->corefile, "kubernetes cluster.local"));
    /* The latest first; what managedFields say counts, not when the ConfigMap was made. */
    assert_string_equal(facts->changes[0].what, "Pod coredns-5d78c9869d-9wq4b");
    assert_string_equal(facts->changes[0].name, "coredns-5d78c9869d-9wq4b");
    assert_int_equal(facts->changes[0].kind, KUBE_POD);
    assert_int_equal(facts->changes[0].how, CHANGE_ENDED);
    assert_true(fabs(facts->changes[0].age_s - 600) < 1);
    assert_string_equal(facts->changes[1].what, "ConfigMap coredns");
    assert_int_equal(facts->changes[1].kind, KUBE_CONFIG_MAP);
    assert_int_equal(facts->changes[1].how, CHANGE_WRITTEN);
    assert_true(fabs(facts->changes[1].age_s - 1200) < 1);
    assert_int_equal(facts->events_count, 1);
    assert_string_equal(facts->events[0].reason, "Unhealthy");
    assert_int_equal(facts->events[0].count, 7);
    assert_true(fabs(facts->events[0].age_s - 300) < 1);
}

/* The same facts as of the whole, as JSON. */
static void test_kept_says_the_same(void **state)
{
    struct kube_objects whole = {0}, kept = {0};
    struct text out = {0};
    struct kube_kept count;
    json_t *before, *after;
    char *bytes;
    size_t len;

    assert_int_equal(file_read(*state, DATA "/kube/coredns.json", 1 << 20, &bytes, &len, NULL), 0);
    assert_int_equal(kube_objects_read(*state, bytes, len, &whole, NULL), 0);
    assert_int_equal(kube_keep(*state, bytes, len, &out, &count, NULL), 0);
    assert_int_equal(kube_objects_read(*state, text_string(&out), out.len, &kept, NULL), 0);
    before = shape_to_json(&kube_facts_shape, kube_facts_from(*state, &whole, at("2026-11-24T12:00:00Z")));
    after = shape_to_json(&kube_facts_shape, kube_facts_from(*state, &kept, at("2026-11-24T12:00:00Z")));
    assert_true(json_equal(before, after));
    assert_int_equal(kept.services_count, whole.services_count);
    assert_int_equal(kept.endpoints_count, whole.endpoints_count);
    assert_int_equal(count.left_out, whole.others);
    json_decref(before);
    json_decref(after);
    text_fini(&out);
}

/* Without the members that nobody looks at, as JSON and as YAML, the facts are the same. */
static void test_shrunk_says_the_same(void **state)
{
    static const char broken[] = "{\"kind\": \"Pod\", \"unread\": [1, 2], \"spec\": {\"nodeName\" \"n\"}}";
    static const char list[] = "{\"unread\": {\"a\": [\"}\"]}, \"kind\": \"Pod\", \"\\u0061\": 1,"
                               " \"metadata\": {\"labels\": {\"any\": \"x\"}},"
                               " \"data\": {\"Corefile\": \"x\"}}, {\"items\": []}";
    struct kube_objects whole = {0}, shrunk = {0};
    json_t *before, *after;
    char *bytes, *text;
    size_t len, left;

    assert_int_equal(file_read(*state, DATA "/kube/coredns.json", 1 << 20, &bytes, &len, NULL), 0);
    assert_int_equal(kube_objects_read(*state, bytes, len, &whole, NULL), 0);
    before = shape_to_json(&kube_facts_shape, kube_facts_from(*state, &whole, at("2026-11-24T12:00:00Z")));
    left = kube_shrink(bytes, len);
    assert_true(left < len);
    assert_int_equal(kube_objects_read(*state, bytes, left, &shrunk, NULL), 0);
    after = shape_to_json(&kube_facts_shape, kube_facts_from(*state, &shrunk, at("2026-11-24T12:00:00Z")));
    assert_true(json_equal(before, after));
    assert_int_equal(shrunk.names_count, whole.names_count);
    assert_int_equal(shrunk.others, whole.others);
    json_decref(before);
    json_decref(after);
    text = arena_text(*state, list);
    text[kube_shrink(text, strlen(text))] = '\0';
    assert_string_equal(text, "{\"kind\":\"Pod\",\"\\u0061\":1,\"metadata\":{\"labels\":{\"any\": \"x\"}},"
                              "\"data\":{\"Corefile\": \"x\"}}{\"items\":[]}");
    /* What is none is left for its reader to name the place. */
    text = arena_text(*state, broken);
    assert_int_equal(kube_shrink(text, strlen(text)), strlen(broken));
    assert_string_equal(text, broken);
}

/* No cluster's: it is said, and nothing of it is taken. */
static void test_too_many(void **state)
{
    struct kube_objects objects = {0};
    struct text text = {0};
    struct err err = {0};

    text_add(&text, "{\"kind\": \"EndpointSlice\", \"metadata\": {\"labels\": {\"k8s-app\": \"kube-dns\"}},"
                    " \"endpoints\": [");
    for (unsigned i = 0; i <= KUBE_OBJECTS_MAX; i++)
        text_addf(&text, "%s{\"addresses\": [\"10.1.%u.%u\"]}", i ? "," : "", i / 256, i % 256);
    text_add(&text, "]}");
    assert_true(kube_objects_read(*state, text_string(&text), text.len, &objects, &err) < 0);
    assert_non_null(strstr(err.text, "more than 10000"));
    assert_int_equal(objects.endpoints_count, 0);
    text_fini(&text);
}

/* Whatever no rule reads stays where it was, also in the objects of DNS. */
static void test_kept_tells_no_more(void **state)
{
    static const char list[] =
        "{\"kind\": \"List\", \"items\": ["
        "{\"kind\": \"Service\", \"metadata\": {\"name\": \"kube-dns\", \"namespace\": \"kube-system\","
        " \"annotations\": {\"a\": \"SECRET\"}, \"labels\": {\"k8s-app\": \"kube-dns\", \"team\": \"SECRET\"}},"
        " \"spec\": {\"clusterIP\": \"10.96.0.10\", \"selector\": {\"dns\": \"yes\"}, \"externalName\": \"SECRET\"}},"
        "{\"kind\": \"Service\", \"metadata\": {\"name\": \"SECRET\", \"namespace\": \"kube-system\"}},"
        "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"c-1\", \"namespace\": \"kube-system\", \"labels\":"
        " {\"dns\": \"yes\", \"other\": \"SECRET\"}, \"managedFields\": [{\"manager\": \"SECRET\", \"time\": \"t\"}]},"
        " \"spec\": {\"nodeName\": \"n-1\", \"serviceAccountName\": \"SECRET\", \"containers\": ["
        "{\"name\": \"sidecar\", \"image\": \"SECRET\", \"env\": [{\"name\": \"A\", \"value\": \"SECRET\"}]},"
        "{\"name\": \"coredns\", \"image\": \"r/coredns:1.11.1\", \"args\": [\"SECRET\"], \"env\": ["
        "{\"name\": \"A\", \"value\": \"SECRET\"}], \"command\": [\"SECRET\"]}]},"
        " \"status\": {\"podIP\": \"10.244.0.2\", \"hostIP\": \"SECRET\"}},"
        "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"SECRET\", \"namespace\": \"kube-system\"}},"
        "{\"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"coredns\", \"namespace\": \"kube-system\"}, \"data\":"
        " {\"Corefile\": \". { import x.conf }\", \"x.conf\": \"kept\", \"key.pem\": \"SECRET\", \"a.server\": \"b\"}},"
        "{\"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"other\"}, \"data\": {\"a\": \"SECRET\"}},"
        "{\"kind\": \"Secret\", \"metadata\": {\"name\": \"coredns\"}, \"data\": {\"a\": \"SECRET\"}},"
        "{\"kind\": \"Event\", \"type\": \"Warning\", \"involvedObject\": {\"name\": \"web\"}, \"message\": \"SECRET\"},"
        "{\"kind\": \"Event\", \"type\": \"Warning\", \"involvedObject\": {\"name\": \"coredns-1\"}, \"reason\":"
        " \"BackOff\", \"source\": {\"host\": \"SECRET\"}},"
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"SECRET\"}, \"status\": {\"conditions\": [{\"type\": \"Ready\","
        " \"status\": \"True\"}], \"nodeInfo\": {\"machineID\": \"SECRET\"}}},"
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"n-2\", \"labels\": {\"a\": \"SECRET\"}}, \"status\":"
        " {\"conditions\": [{\"type\": \"Ready\", \"status\": \"False\", \"message\": \"SECRET\"}]}}]}";
    struct kube_objects objects = {0};
    struct text out = {0};
    struct kube_kept count;

    assert_int_equal(kube_keep(*state, list, strlen(list), &out, &count, NULL), 0);
    assert_null(strstr(text_string(&out), "SECRET"));
    assert_int_equal(count.kept, 6);
    assert_int_equal(kube_objects_read(*state, text_string(&out), out.len, &objects, NULL), 0);
    assert_int_equal(objects.pods_count, 1);
    assert_string_equal(objects.pods[0].version, "1.11.1");
    assert_true(objects.pods[0].selected);
    assert_int_equal(objects.configs_count, 1);
    assert_int_equal(objects.configs[0].keys_count, 2);
    assert_int_equal(objects.nodes, 2);
    assert_string_equal(objects.not_ready[0], "n-2");
    text_fini(&out);
}

/* A node that has not reported for long is Unknown; one without conditions says nothing. */
static void test_nodes(void **state)
{
    static const char list[] =
        "{\"kind\": \"List\", \"items\": ["
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"a\"}, \"status\": {\"conditions\": ["
        "{\"type\": \"MemoryPressure\", \"status\": \"False\"}, {\"type\": \"Ready\", \"status\": \"True\"}]}},"
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"b\"}, \"status\": {\"conditions\": ["
        "{\"type\": \"Ready\", \"status\": \"Unknown\"}]}},"
        "{\"kind\": \"Node\", \"metadata\": {\"name\": \"c\"}},"
        "{\"kind\": \"Service\", \"metadata\": {\"name\": \"web\", \"namespace\": \"default\"}},"
        "{\"kind\": \"Service\", \"metadata\": {\"name\": \"nowhere\"}}]}";
    struct kube_objects objects = {0};

    assert_int_equal(kube_objects_read(*state, list, strlen(list), &objects, NULL), 0);
    assert_int_equal(objects.nodes, 3);
    assert_int_equal(objects.not_ready_count, 1);
    assert_string_equal(objects.not_ready[0], "b");
    assert_int_equal(objects.names_count, 1);
    assert_string_equal(objects.names[0].name, "web");
    assert_string_equal(objects.names[0].space, "default");
}

static void test_nothing(void **state)
{
    const struct kube_objects nothing = {.others = 7, .nodes = 3};

    assert_null(kube_facts_from(*state, &nothing, 0));
}

static void test_times(void **state)
{
    static const char *const wrong[] = {
        "", "2026-11-24", "2026-11-24T12:00:00", "2026-11-24T12:00:00+01:00", "now", "1960-01-01T00:00:00Z"};
    uint64_t ns;

    (void)state;
    assert_int_equal(at("1970-01-01T00:00:01Z"), UINT64_C(1000000000));
    assert_int_equal(at("2026-11-24T12:00:00.123456Z"), at("2026-11-24T12:00:00Z"));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(clock_parse(wrong[i], &ns));
}

/* Pods are known by a targetRef or by a Service's selector, whatever stands first; YAML and JSON say the
 * same. */
static void test_signs(void **state)
{
    static const char *const forms[] = {
        "kind: List\nitems:\n"
        "- {kind: Pod, metadata: {name: a, namespace: x, labels: {app: dns}}, status: {containerStatuses: [{restartCount: 7,"
        " lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}}\n"
        "- {kind: Pod, metadata: {name: b, namespace: x}, status: {phase: Pending, conditions: [{type: PodScheduled,"
        " status: 'False', message: no node}]}}\n"
        "- {kind: Pod, metadata: {name: c, namespace: y, labels: {app: dns}}}\n"
        "- {kind: Service, metadata: {name: kube-dns, namespace: x}, spec: {clusterIP: 10.0.0.10, selector: {app: dns}}}\n"
        "- {kind: Endpoints, metadata: {name: kube-dns, namespace: x}, subsets: [{notReadyAddresses: [{ip: 10.0.0.1,"
        " targetRef: {kind: Pod, name: b}}]}]}\n",
        "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"a\", \"namespace\": \"x\", \"labels\": {\"app\": \"dns\"}}, \"status\": "
        "{\"containerStatuses\": [{\"restartCount\": 7, \"lastState\": {\"terminated\": {\"exitCode\": 137, \"reason\": "
        "\"OOMKilled\"}}}]}}\n"
        "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"b\", \"namespace\": \"x\"}, \"status\": {\"phase\": \"Pending\", "
        "\"conditions\": [{\"type\": \"PodScheduled\", \"status\": \"False\", \"message\": \"no node\"}]}}\n"
        "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"c\", \"namespace\": \"y\", \"labels\": {\"app\": \"dns\"}}}\n"
        "{\"kind\": \"Service\", \"metadata\": {\"name\": \"kube-dns\", \"namespace\": \"x\"}, \"spec\": {\"clusterIP\": "
        "\"10.0.0.10\", \"selector\": {\"app\": \"dns\"}}}\n"
        "{\"kind\": \"Endpoints\", \"metadata\": {\"name\": \"kube-dns\", \"namespace\": \"x\"}, \"subsets\": "
        "[{\"notReadyAddresses\": [{\"ip\": \"10.0.0.1\", \"targetRef\": {\"kind\": \"Pod\", \"name\": \"b\"}}]}]}\n"};

    for (size_t i = 0; i < COUNT(forms); i++) {
        struct kube_objects objects = {0};
        struct replicas_facts replicas = {0};
        const struct dns_service_facts *service;

        assert_int_equal(kube_objects_read(*state, forms[i], strlen(forms[i]), &objects, NULL), 0);
        assert_int_equal(objects.pods_count, 2);
        assert_int_equal(objects.pods[0].exit_code, 137);
        assert_int_equal(objects.pods[0].restarts, 7);
        assert_string_equal(objects.pods[1].unscheduled, "no node");
        dns_services_take(*state, &objects, &replicas);
        assert_int_equal(replicas.services_count, 1);
        service = &replicas.services[0];
        assert_true(service->endpoints_seen && !service->ready && service->not_ready == 1);
        assert_string_equal(service->not_ready_names[0], "10.0.0.1 (Pod b)");
        assert_string_equal(service->selector, "app=dns");
        assert_int_equal(service->pods, 2);
        assert_int_equal(service->pods_selected, 1);
    }
}

/* "d/name udp tcp" of each policy that lets no DNS through; d is "in" or "out". */
static const char *policies_of(struct arena *arena, const char *text, size_t len, const char *client)
{
    struct kube_objects objects = {0};
    struct replicas_facts facts = {0};
    const char *said = "";

    assert_int_equal(kube_objects_read(arena, text, len, &objects, NULL), 0);
    dns_policies_take(arena, &objects, client, &facts);
    for (size_t i = 0; i < facts.policies_count; i++)
        said = arena_printf(arena, "%s%s%s/%s%s%s", said, i ? ", " : "",
                            facts.policies[i].egress ? "out" : "in", facts.policies[i].name,
                            facts.policies[i].udp ? " udp" : "", facts.policies[i].tcp ? " tcp" : "");
    return said;
}

#define POLICY(space, name, spec) \
    "- {kind: NetworkPolicy, metadata: {name: " name ", namespace: " space "}, spec: {" spec "}}\n"
#define SYSTEM "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}"
#define BLOCK(name, block) \
    POLICY("shop", name, "podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {" block "}}]}]")
#define DNS_PORTS "ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]"

static void test_policies(void **state)
{
    static const char world[] =
        "kind: List\nitems:\n"
        "- {kind: Service, metadata: {name: kube-dns, namespace: kube-system}, spec: {clusterIP: 10.0.0.10, selector: "
        "{k8s-app: kube-dns}}}\n"
        "- {kind: Pod, metadata: {name: a, namespace: kube-system, labels: {k8s-app: kube-dns, tier: x}}, spec: "
        "{containers: [{name: coredns, ports: [{containerPort: 5353, protocol: UDP, name: dns}]}]}, status: {podIP: "
        "10.244.0.5}}\n";
    static const struct {
        const char *policies, *said;
    } cases[] = {
        {"", ""},
        {POLICY("kube-system", "deny", "podSelector: {}, policyTypes: [Ingress]"), "in/deny udp tcp"},
        /* Without types: what it has rules for, and ingress in any case. */
        {POLICY("kube-system", "deny", "podSelector: {}"), "in/deny udp tcp"},
        {POLICY("kube-system", "out", "podSelector: {}, policyTypes: [Egress]"), ""},
        {POLICY("kube-system", "others", "podSelector: {matchLabels: {app: web}}"), ""},
        {POLICY("kube-system", "own", "podSelector: {matchLabels: {tier: x}}"), "in/own udp tcp"},
        {POLICY("kube-system", "some", "podSelector: {matchExpressions: [{key: a, operator: Exists}]}"), ""},
        {POLICY("elsewhere", "deny", "podSelector: {}"), ""},
        /* Policies add up; one that may select the Pods may open the port. */
        {POLICY("kube-system", "deny", "podSelector: {}")
             POLICY("kube-system", "dns",
                    "podSelector: {matchLabels: {k8s-app: kube-dns}}, ingress: [{" DNS_PORTS "}]"),
         ""},
        {POLICY("kube-system", "deny", "podSelector: {}")
             POLICY("kube-system", "dns", "podSelector: {matchLabels: {app: web}}, ingress: [{}]"),
         "in/deny udp tcp"},
        {POLICY("kube-system", "deny", "podSelector: {}")
             POLICY("kube-system", "dns", "podSelector: {matchExpressions: [{key: a}]}, ingress: [{}]"),
         ""},
        /* A port without a protocol is TCP; a range, a name and the port of the Pod count. */
        {POLICY("kube-system", "tcp", "podSelector: {}, ingress: [{ports: [{port: 53}]}]"), "in/tcp udp"},
        {POLICY("kube-system", "udp", "podSelector: {}, ingress: [{ports: [{port: 53, protocol: UDP}]}]"),
         "in/udp tcp"},
        {POLICY("kube-system", "far", "podSelector: {}, ingress: [{ports: [{port: 54, endPort: 5000}]}]"),
         "in/far udp tcp"},
        {POLICY(
             "kube-system", "range",
             "podSelector: {}, ingress: [{ports: [{port: 1, endPort: 100, protocol: UDP}, {port: dns-tcp}]}]"),
         ""},
        {POLICY("kube-system", "pod",
                "podSelector: {}, ingress: [{ports: [{port: 5353, protocol: UDP}, {port: 5353}]}]"),
         ""},
        {POLICY("kube-system", "empty", "podSelector: {}, ingress: [{ports: []}]"), ""},
        /* From whom. */
        {POLICY("kube-system", "own", "podSelector: {}, ingress: [{from: [{podSelector: {}}]}]"),
         "in/own udp tcp"},
        {POLICY("kube-system", "one",
                "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: "
                "{kubernetes.io/metadata.name: blog}}}]}]"),
         "in/one udp tcp"},
        {POLICY("kube-system", "shop",
                "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: "
                "{kubernetes.io/metadata.name: shop}}}]}]"),
         ""},
        {POLICY("kube-system", "all", "podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]"), ""},
        {POLICY("kube-system", "team",
                "podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]"),
         ""},
        {POLICY("kube-system", "net",
                "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]"),
         ""},
        /* Egress of the namespace that is looked from. */
        {POLICY("shop", "deny", "podSelector: {}, policyTypes: [Egress]"), "out/deny udp tcp"},
        {POLICY("shop", "web", "podSelector: {}, egress: [{ports: [{port: 443}]}]"), "out/web udp tcp"},
        {POLICY("shop", "some", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]"), ""},
        {POLICY("shop", "deny", "podSelector: {}, policyTypes: [Egress]") POLICY(
             "shop", "dns",
             "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{" DNS_PORTS "}]"),
         ""},
        {POLICY("shop", "own", "podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]"),
         "out/own udp tcp"},
        {POLICY("shop", "dns",
                "podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: "
                "{kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}]"),
         "out/dns tcp"},
        {POLICY("shop", "label",
                "podSelector: {}, policyTypes: [Egress], egress: [{to: [{" SYSTEM
                ", podSelector: {matchLabels: {k8s-app: coredns}}}], " DNS_PORTS "}]"),
         "out/label udp tcp"},
        {POLICY("shop", "label",
                "podSelector: {}, policyTypes: [Egress], egress: [{to: [{" SYSTEM
                ", podSelector: {matchLabels: {k8s-app: kube-dns}}}], " DNS_PORTS "}]"),
         ""},
        /* The ClusterIP has become the address of a Pod when policies look. */
        {BLOCK("ip", "cidr: 10.0.0.10/32"), "out/ip udp tcp"},
        {BLOCK("pods", "cidr: 10.244.0.0/22"), ""},
        {BLOCK("next", "cidr: 10.244.4.0/22"), "out/next udp tcp"},
        {BLOCK("all", "cidr: 0.0.0.0/0"), ""},
        {BLOCK("world", "cidr: 0.0.0.0/0, except: [10.0.0.0/8, 192.168.0.0/16]"), "out/world udp tcp"},
        {BLOCK("world", "cidr: 0.0.0.0/0, except: [192.168.0.0/16]"), ""},
        {BLOCK("six", "cidr: '::/0'"), "out/six udp tcp"},
        {BLOCK("bad", "cidr: here"), ""},
        {BLOCK("node", "cidr: 169.254.20.10/32"), ""},
        {BLOCK(
             "cache",
             "cidr: 10.0.0.10/32") "- {kind: Pod, metadata: {name: n, namespace: kube-system, labels: {k8s-app: node-local-dns}}}\n",
         ""},
        /* Calico's own kind has other members. */
        {POLICY("kube-system", "calico", "selector: all(), types: [Ingress]"), ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = arena_printf(*state, "%s%s", world, cases[i].policies);
        struct text kept = {0};
        struct kube_kept count;

        assert_string_equal(policies_of(*state, text, strlen(text), "shop"), cases[i].said);
        /* What k8sdns objects leaves tells the same, but for policies of other namespaces. */
        assert_int_equal(kube_keep(*state, text, strlen(text), &kept, &count, NULL), 0);
        assert_string_equal(policies_of(*state, text_string(&kept), kept.len, "shop"),
                            strncmp(cases[i].said, "out", 3) == 0 ? "" : cases[i].said);
        text_fini(&kept);
    }
    /* From nowhere in particular no egress is judged, and peers in one namespace may be meant. */
    assert_string_equal(policies_of(*state, world, strlen(world), NULL), "");
}

/* What is no object says which command gives one. */
static void test_others(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "empty"},
        {"\n \n", "empty"},
        {"Name:         a\nNamespace:    b\n", "-o json"},
        {"NAME   READY\na      1/1\n", "-o json"},
        {"{\"a\": 1}", "no Kubernetes object"},
        {"{\"kind\": \"Pod\"} {", "no JSON"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kube_objects objects = {0};
        struct err err = {0};

        assert_true(kube_objects_read(*state, cases[i].text, strlen(cases[i].text), &objects, &err) < 0);
        assert_non_null(strstr(err.text, cases[i].words));
        assert_int_equal(objects.pods_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_state),
                                       ARENA_TEST(test_kept_says_the_same),
                                       ARENA_TEST(test_kept_tells_no_more),
                                       ARENA_TEST(test_shrunk_says_the_same),
                                       ARENA_TEST(test_too_many),
                                       ARENA_TEST(test_nodes),
                                       ARENA_TEST(test_signs),
                                       ARENA_TEST(test_policies),
                                       ARENA_TEST(test_others),
                                       ARENA_TEST(test_nothing),
                                       cmocka_unit_test(test_times)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
