#!/usr/bin/python3
"""replicas by the API over real TLS, by kubectl's JSON, and by option; and what each says when it cannot."""
import json
import socket
import unittest

import binary
import kube_server
from kube_server import CLUSTER, endpoint, endpoint_slice, pod, service
from twisters import resolv_conf, twister

KUBECTL = "kubectl get services,endpointslices,pods -n kube-system -l k8s-app=kube-dns -o json | " \
          "k8sdns replicas --endpoints -"


def replicas(*arguments, conf="nameserver 127.0.0.9\n", **options):
    with resolv_conf(conf) as path:
        document, status = binary.run_json("replicas", "--no-identity", "--resolv-conf", path, *arguments, **options)
    return document, status


def kubectl(*items):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}).encode()


def as_kind(kind, item):
    return {"apiVersion": "v1", "kind": kind, **item}


def way(document, name):
    return next(w for w in document["data"]["ways"] if w["way"] == name)


class Api(binary.Case):
    def ask(self, **options):
        with kube_server.api(**options) as (environment, account, asked):
            document, status = replicas(*account, env=environment)
        return document, status, asked

    def test_everything(self):
        document, status, _ = self.ask()
        data = document["data"]
        self.assertEqual((status, data["cluster_ip"], data["conflicts"]), (0, "10.96.0.10", []))
        self.assertEqual([(r["address"], r["port"], r["node"], r["pod"], r["ready"], r["version"], r["found_by"])
                          for r in data["replicas"]],
                         [("10.244.1.21", 53, "node-1", "coredns-a", True, "1.11.1", ["api"]),
                          ("10.244.1.22", 53, "node-2", "coredns-b", True, "1.11.1", ["api"]),
                          ("10.244.2.23", 53, "node-3", "coredns-c", False, "1.11.1", ["api"])])
        self.assertEqual(document["unobserved"], [])

    def test_pages(self):
        document, _, asked = self.ask(page=1)
        self.assertEqual(len(document["data"]["replicas"]), 3)
        self.assertEqual([a for a in asked if a[0] == "endpointslices"],
                         [("endpointslices", None), ("endpointslices", "1")])

    def test_a_page_token_that_expired(self):
        document, _, asked = self.ask(page=1, faults={"endpointslices": [None, 410]})
        self.assertEqual(len(document["data"]["replicas"]), 3)
        self.assertEqual([a for a in asked if a[0] == "endpointslices"],
                         [("endpointslices", None), ("endpointslices", "1")] * 2)
        document, status, _ = self.ask(faults={"endpointslices": 410})
        self.assertEqual((status, way(document, "api")["outcome"]), (3, "failed"))

    def test_refusals(self):
        for number in (401, 403):
            document, status, _ = self.ask(faults={"all": number})
            self.assertEqual((status, document["data"]["replicas"]), (3, []))
            self.assertEqual(way(document, "api")["outcome"], "refused")
            self.assertIn(str(number), way(document, "api")["detail"])
            self.assertEqual(len(document["unobserved"]), 1)
            self.assertTrue(document["unobserved"][0]["how"].endswith(KUBECTL))

    def test_one_plain_line(self):
        """What, why and what next; the command behind it stands alone."""
        with kube_server.api(faults={"all": 403}) as (environment, account, _), resolv_conf() as path:
            done = binary.run("replicas", "--no-identity", "--resolv-conf", path, *account, env=environment)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertEqual(lines[1].strip(), KUBECTL)

    def test_part_of_it(self):
        document, status, _ = self.ask(faults={"pods": 403})
        self.assertEqual((status, len(document["data"]["replicas"])), (0, 3))
        self.assertIn("the Pods not read", way(document, "api")["detail"])
        self.assertEqual({r["version"] for r in document["data"]["replicas"]}, {None})

    def test_old_cluster(self):
        document, _, _ = self.ask(faults={"endpointslices": 404})
        self.assertEqual([(r["address"], r["ready"]) for r in document["data"]["replicas"]][:2],
                         [("10.244.1.21", True), ("10.244.1.22", False)])

    def test_faults(self):
        for fault, words in ((500, "500: etcdserver"), ("half", "in the middle of the answer"),
                             ("slow", "within 2.0 s"), ("no-http", "no HTTP"), ("no-json", "no Kubernetes object")):
            with self.subTest(fault):
                document, status, _ = self.ask(faults={"all": fault})
                self.assertEqual((status, way(document, "api")["outcome"]), (3, "failed"))
                self.assertIn(words, way(document, "api")["detail"])

    def test_whom_to_trust(self):
        document, status, asked = self.ask(trusted=False)
        self.assertEqual((status, way(document, "api")["outcome"], asked), (3, "failed", []))
        self.assertIn("not to be trusted", way(document, "api")["detail"])
        document, status, asked = self.ask(named="192.0.2.7")
        self.assertEqual((status, asked), (3, []))
        self.assertIn("IP address mismatch", way(document, "api")["detail"])

    def test_nobody_there(self):
        with kube_server.api() as (environment, account, _), socket.socket() as held:
            held.bind(("127.0.0.1", 0))  # taken, but it does not listen
            port = held.getsockname()[1]
            document, _ = replicas(*account, env={**environment, "KUBERNETES_SERVICE_PORT": str(port)})
            self.assertIn("Connection refused", way(document, "api")["detail"])
            document, _ = replicas(*account, env={**environment, "KUBERNETES_SERVICE_HOST": "api.example.com"})
            self.assertIn("which is no address", way(document, "api")["detail"])

    def test_no_token(self):
        document, status, asked = self.ask(token=None)
        self.assertEqual((status, way(document, "api")["outcome"], asked), (3, "unavailable", []))
        self.assertIn("no token in", way(document, "api")["detail"])
        document, _, asked = self.ask(token="two\r\nlines")
        self.assertEqual((way(document, "api")["outcome"], asked), ("failed", []))

    def test_names_and_ports(self):
        cluster = {**CLUSTER, "EndpointSliceList": [
            endpoint_slice(endpoint("10.128.0.5", "dns-default-x", "n1"), service="coredns", port=5353),
            endpoint_slice(endpoint("10.0.0.4", "node-local-dns-y", "n2"), service="node-local-dns"),
            {"metadata": {"name": "other", "labels": {"kubernetes.io/service-name": "web"}},
             "endpoints": [endpoint("10.9.9.9", "web", "n1")]}], "PodList": []}
        document, _, _ = self.ask(cluster=cluster)
        self.assertEqual([(r["address"], r["port"]) for r in document["data"]["replicas"]], [("10.128.0.5", 5353)])
        self.assertEqual([r["address"] for r in document["data"]["node_local"]], ["10.0.0.4"])


class ByAddress(binary.Case):
    """Where the DNS Service is, is told by the address that Pods ask."""

    ELSEWHERE = {
        "ServiceList": [{"metadata": {"name": "names", "namespace": "platform", "labels": {"team": "x"}},
                         "spec": {"clusterIP": "10.50.0.10", "clusterIPs": ["10.50.0.10"],
                                  "selector": {"role": "resolver"},
                                  "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}]}},
                        service("kube-dns", "10.96.0.10")],
        "EndpointSliceList": [{"metadata": {"name": "names-x", "namespace": "platform",
                                            "labels": {"kubernetes.io/service-name": "names"}},
                               "endpoints": [endpoint("10.50.1.2", "names-0", "n1")],
                               "ports": [{"name": "dns", "port": 1053, "protocol": "UDP"}]},
                              endpoint_slice(endpoint("10.244.1.21", "coredns-a", "node-1"))],
        "PodList": [], "ConfigMap": [
            {"metadata": {"name": "names", "namespace": "platform"}, "data": {"Corefile": ".:53 {\n}\n"}}]}

    def test_all_namespaces(self):
        with kube_server.api(cluster=self.ELSEWHERE) as (environment, account, _):
            document, _ = replicas(*account, env=environment,
                                   conf="nameserver 10.50.0.10\nsearch a.svc.cluster.local svc.cluster.local\n"
                                        "options ndots:5\n")
        self.assertEqual([(r["address"], r["port"]) for r in document["data"]["replicas"]], [("10.50.1.2", 1053)])
        self.assertEqual(document["data"]["dns"]["namespace"], "platform")

    def test_openshift(self):
        """Who may look into two namespaces only finds it in the second."""
        labels = {"dns.operator.openshift.io/owning-dns": "default"}
        cluster = {"ServiceList": [{"metadata": {"name": "dns-default", "namespace": "openshift-dns", "labels": labels},
                                    "spec": {"clusterIP": "172.30.0.10",
                                             "ports": [{"port": 53, "protocol": "UDP"}]}}],
                   "EndpointSliceList": [{"metadata": {"name": "dns-default-x", "namespace": "openshift-dns",
                                                       "labels": {**labels,
                                                                  "kubernetes.io/service-name": "dns-default"}},
                                          "endpoints": [endpoint("10.128.0.5", "dns-default-a", "n1")],
                                          "ports": [{"name": "dns", "port": 5353, "protocol": "UDP"}]}],
                   "PodList": []}
        with kube_server.api(cluster=cluster) as (environment, account, _):
            document, _ = replicas(*account, env=environment)
        self.assertEqual([(r["address"], r["port"]) for r in document["data"]["replicas"]], [("10.128.0.5", 5353)])
        self.assertEqual(document["data"]["dns"]["distribution"], "openshift")


class Piped(binary.Case):
    def test_kubectl(self):
        text = kubectl(as_kind("Service", service("kube-dns", "10.96.0.10", "fd00:96::a")),
                       as_kind("EndpointSlice", CLUSTER["EndpointSliceList"][0]),
                       as_kind("Pod", CLUSTER["PodList"][0]), as_kind("Deployment", {"metadata": {"name": "x"}}))
        document, status = replicas("--endpoints", "-", stdin=text)
        self.assertEqual((status, document["data"]["cluster_ips"]), (0, ["10.96.0.10", "fd00:96::a"]))
        self.assertEqual([(r["address"], r["version"], r["found_by"]) for r in document["data"]["replicas"]],
                         [("10.244.1.21", "1.11.1", ["endpoints"]), ("10.244.1.22", None, ["endpoints"])])

    def test_one_object(self):
        document, _ = replicas("--endpoints", "-",
                               stdin=json.dumps(as_kind("EndpointSlice", CLUSTER["EndpointSliceList"][0])).encode())
        self.assertEqual(len(document["data"]["replicas"]), 2)

    def test_what_jq_leaves(self):
        """A list without a kind, and an array of objects."""
        slices = [as_kind("EndpointSlice", CLUSTER["EndpointSliceList"][0])]
        for given in ({"items": slices}, slices):
            document, status = replicas("--endpoints", "-", stdin=json.dumps(given).encode())
            self.assertEqual((status, len(document["data"]["replicas"])), (0, 2))

    def test_pods_alone(self):
        text = kubectl(*(as_kind("Pod", p) for p in CLUSTER["PodList"]))
        document, _ = replicas("--endpoints", "-", stdin=text)
        self.assertEqual([(r["address"], r["ready"]) for r in document["data"]["replicas"]],
                         [("10.244.1.21", True), ("10.244.1.22", True), ("10.244.2.23", False)])
        self.assertEqual(document["data"]["conflicts"], [])

    def test_nothing_in_it(self):
        document, status = replicas("--endpoints", "-", stdin=kubectl())
        self.assertEqual((status, way(document, "endpoints")["outcome"]), (3, "nothing"))

    def test_bad_files(self):
        for text, words in ((b"", "empty"), (b"{}", "no Kubernetes object"), (b"[1]", "no Kubernetes object"),
                            (b"{\"kind\": \"List\",\n\"items\": [", "line 2"), (b"\xff\xfe", "empty")):
            done = binary.run("replicas", "--endpoints", "-", stdin=text)
            self.assertEqual(done.returncode, 65, text)
            self.assertIn(words, done.stderr)
        done = binary.run("replicas", "--endpoints", "/nonexistent")
        self.assertEqual(done.returncode, 66)

    def test_hostile_words(self):
        text = kubectl(as_kind("Pod", pod("evil\x1b[2J\nname", "10.244.1.21", "n")))
        with resolv_conf() as path:
            done = binary.run("replicas", "--no-identity", "--resolv-conf", path, "--endpoints", "-", stdin=text)
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("evil\\027[2J\\010name", done.stdout)


class Conflicts(binary.Case):
    def test_a_stranger(self):
        document, _ = replicas("--endpoints", "-", "--replica", "10.244.1.21,10.244.1.99",
                               stdin=kubectl(as_kind("EndpointSlice", CLUSTER["EndpointSliceList"][0])))
        self.assertEqual([(c["address"], c["text"]) for c in document["data"]["conflicts"]],
                         [("10.244.1.99", "10.244.1.99 was named, but is no endpoint of the Service")])

    def test_a_pod_that_is_no_endpoint(self):
        document, _ = replicas("--endpoints", "-", stdin=kubectl(
            as_kind("EndpointSlice", CLUSTER["EndpointSliceList"][0]),
            as_kind("Pod", pod("coredns-new", "10.244.1.29", "node-4"))))
        self.assertEqual([c["address"] for c in document["data"]["conflicts"]], ["10.244.1.29"])
        self.assertIn("is ready, but is no endpoint", document["data"]["conflicts"][0]["text"])

    def test_two_words_about_one(self):
        endpoints = as_kind("Endpoints", CLUSTER["EndpointsList"][0])
        with kube_server.api() as (environment, account, _):
            document, _ = replicas(*account, "--endpoints", "-", env=environment, stdin=kubectl(endpoints))
        self.assertEqual([c["address"] for c in document["data"]["conflicts"]], ["10.244.1.22"])
        self.assertIn("is ready, but not ready by endpoints", document["data"]["conflicts"][0]["text"])


class Discovery(binary.Case):
    """probe and watch find their targets in the same way."""

    def test_probe_asks_those_that_are_ready(self):
        with twister() as one, twister(address="127.0.0.2") as two:
            slices = [endpoint_slice(endpoint(server.split(":")[0], "p", "n"), port=int(server.split(":")[1]))
                      for server in (one, two)]
            slices.append(endpoint_slice(endpoint("127.0.0.3", "q", "n", ready=False)))
            cluster = {**CLUSTER, "EndpointSliceList": slices, "ServiceList": [], "PodList": []}
            with kube_server.api(cluster=cluster) as (environment, account, _), resolv_conf("") as path:
                document, status = binary.run_json("probe", "db.default.svc.cluster.local.", "--as", "glibc",
                                                   "--timeout", "300ms", "--resolv-conf", path, *account,
                                                   env=environment)
        targets = document["data"]["targets"]
        self.assertEqual([(t["id"], t["role"], t["found_by"]) for t in targets if t["role"] == "replica"],
                         [(one, "replica", "api"), (two, "replica", "api")])
        self.assertEqual(status, 1)  # nobody is at the address that an empty resolv.conf means
        self.assertEqual(document["unobserved"], [])

    def test_options_come_alone(self):
        with kube_server.api() as (environment, account, asked), twister() as server, resolv_conf("") as path:
            binary.run("probe", "x.", "--as", "glibc", "--target", server, "--timeout", "100ms", "--resolv-conf", path,
                       *account, env=environment)
        self.assertEqual(asked, [])

    def test_endpoints_with_watch(self):
        with twister() as server:
            text = kubectl(as_kind("EndpointSlice", endpoint_slice(endpoint("127.0.0.1", "p", "n"),
                                                                   port=int(server.split(":")[1]))))
            done = binary.run("watch", "db.default.svc.cluster.local.", "--as", "glibc", "--json", "--count", "1",
                              "--no-discovery", "--endpoints", "-", stdin=text)
        data = json.loads(done.stdout.splitlines()[-1])["data"]
        self.assertEqual([(t["id"], t["role"]) for t in data["targets"]], [(server, "replica")])


if __name__ == "__main__":
    binary.main()
