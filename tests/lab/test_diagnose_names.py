#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose of names and files: what is asked for, resolv.conf, what Kubernetes says, captures."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

import private
import servers
from cluster import CLUSTER_IP, replica_address
from diagnose_case import REPLICAS, DiagnoseCase, leading, said

sys.path.append(str(pathlib.Path(__file__).parents[1] / "cli"))
import kube_server  # noqa: E402, beside the tests of the binary

NODES = ("node-1", "node-2", "node-3")


class Names(DiagnoseCase):
    @contextlib.contextmanager
    def resolv_conf(self, change):
        kept = self.lab.resolv_conf.read_text()
        self.lab.resolv_conf.write_text(change(kept))
        try:
            yield
        finally:
            self.lab.resolv_conf.write_text(kept)

    def near(self, name, *arguments, **options):
        """What is suggested for a name that does not exist."""
        document = self.leads(["name-not-found"], name, *arguments, **options)
        self.assertEqual(document["findings"][0]["subject"], name)
        return [line.removesuffix(".svc.cluster.local does exist") for line in document["findings"][0]["evidence"]
                if line.endswith("does exist")]

    def test_name_not_found(self):
        self.leads([], "database.default")
        # Nobody here knows the Services; a vowel that a finger left out is tried all the same, another letter is not.
        self.assertEqual(self.near("databse.default"), ["database.default"])
        self.assertEqual(self.near("datazase.default"), [])
        self.assertEqual(self.near("kube-dns"), ["kube-dns.kube-system"])
        self.assertEqual(self.near("default.database"), ["database.default"])
        self.assertEqual(self.near("database.svc.svc.cluster.local"), ["database.default"])
        self.assertEqual(self.near("database.default.svc.cluster.locl"), ["database.default"])
        self.assertEqual(self.near("cache-9.cache.default"), ["cache.default"])

    def test_near_names_of_known_services(self):
        """Typos are mended by the Services that kubectl names; what of these does not resolve is not suggested."""
        services = [{"kind": "Service", "metadata": {"name": name, "namespace": space}, "spec": {}}
                    for name, space in (("database", "default"), ("databases", "gone"), ("web", "default"),
                                        ("kube-dns", "kube-system"))]
        piped = json.dumps({"kind": "List", "items": services})
        for typed, wanted in (("databse.default", "database.default"), ("webb", "web.default"),
                              ("kube-dsn.kube-system", "kube-dns.kube-system"), ("kubedns", "kube-dns.kube-system")):
            self.assertEqual(self.near(typed, "--endpoints", "-", stdin=piped), [wanted])

    def test_answers(self):
        with self.lab.fault("fragments-lost"):
            self.leads(["large-answer-lost"], "wide")
        self.leads([], "wide")
        with self.lab.fault("other-answers"):
            self.leads(["replica-inconsistent"], "database.default")
        self.leads([], "database.default")
        with self.lab.fault("other-answers"), self.lab.fault("tcp-blocked"):
            self.leads(["replica-inconsistent", "tcp-blocked"], "database.default")

    def test_resolver_differs(self):
        """A wildcard of another type in the search list stops musl, and not glibc."""
        with self.lab.fault("nodata-wildcard"):
            self.leads(["resolver-differs"], "--as", "musl", "www.example.com")
            document = self.leads([], "www.example.com")
            self.assertIn(("resolver-differs", "info"), [(f["id"], f["severity"]) for f in document["findings"]])
        self.leads([], "--as", "musl", "www.example.com")

    def test_node_local(self):
        with self.resolv_conf(lambda text: text.replace(CLUSTER_IP, "169.254.20.10")):
            self.leads(["nodelocal-down"], "--cluster-ip", CLUSTER_IP)
            with self.lab.fault("dead-replica"):
                self.leads(["nodelocal-down", "replica-unreachable"], "--cluster-ip", CLUSTER_IP)
        self.leads([])

    def test_resolv_conf(self):
        with self.resolv_conf(lambda text: text + "nameserver 10.96.0.10\n" * 3 + "options ndots:99\n"):
            self.leads(["resolv-invalid"])
        # The node's own file, as a Pod with dnsPolicy Default has it.
        with self.resolv_conf(lambda _: f"nameserver {servers.UPSTREAM}\nsearch example.com\n"):
            self.leads(["resolv-policy"])
            # A Service's name exists at the replicas, when these are known, and no program finds it.
            self.leads(["resolv-policy"], "--replica", REPLICAS)
        self.leads([])


class Kubernetes(DiagnoseCase):
    """What Kubernetes says goes together with what is seen: piped, and by an API server in the cluster."""

    def setUp(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 300))
        old = "2026-01-31T12:00:00Z"
        pods = [servers.identity(number) for number in (1, 2, 3)]
        self.now = now
        self.state = {
            "EndpointSliceList": [kube_server.endpoint_slice(*[
                kube_server.endpoint(replica_address(n), pods[n - 1], NODES[n - 1]) for n in (1, 2, 3)])],
            "ServiceList": [kube_server.service("kube-dns", CLUSTER_IP)],
            "PodList": [kube_server.pod(pods[n - 1], replica_address(n), NODES[n - 1]) for n in (1, 2, 3)],
            "DeploymentList": [{"metadata": {"name": "coredns", "creationTimestamp": old,
                                             "labels": {"k8s-app": "kube-dns"}},
                                "spec": {"replicas": 3}, "status": {"availableReplicas": 3}}],
            "ConfigMap": {"metadata": {"name": "coredns", "creationTimestamp": old},
                          "data": {"Corefile": ".:53 {\n    errors\n    health\n    ready\n"
                                               "    kubernetes cluster.local\n    forward . 10.244.2.53\n"
                                               "    loop\n    cache 30\n    reload\n    loadbalance\n}\n"}},
            "EventList": [],
            "NodeList": [self.node(name) for name in NODES],
        }
        self.victim = self.state["PodList"][1]

    @staticmethod
    def node(name, ready="True"):
        return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}

    def piped(self):
        items = []
        for kind, value in self.state.items():
            for item in value if isinstance(value, list) else [value]:
                items.append({"kind": kind.removesuffix("List"), **item})
        return json.dumps({"kind": "List", "items": items})

    def restarted(self):
        ended = {"terminated": {"reason": "OOMKilled", "finishedAt": self.now}}
        self.victim["status"]["containerStatuses"] = [{"name": "coredns", "restartCount": 4, "lastState": ended}]

    def unhealthy(self):
        self.state["EventList"] = [{"type": "Warning", "involvedObject": {"name": self.victim["metadata"]["name"]},
                                    "reason": "Unhealthy", "message": "Readiness probe failed: HTTP probe failed with "
                                    "statuscode: 503", "count": 9, "lastTimestamp": self.now}]

    def ids(self, wanted, *arguments):
        """Piped: these lead, and what is only a remark; {id: what explains it} of all."""
        document = self.leads(wanted, "--endpoints", "-", *arguments, stdin=self.piped())
        return {f["id"]: f["consequence_of"] for f in document["findings"]}

    def test_healthy(self):
        self.assertEqual(set(self.ids([])), {"resolv-amplification"})

    def test_restart(self):
        self.restarted()
        with self.lab.fault("closed-port"):
            found = self.ids(["coredns-panic"])
        self.assertEqual(found["replica-refused"], "coredns-panic")
        # Another replica's silence is not of it.
        with self.lab.fault("dead-replica-of-3"):
            self.ids(["coredns-panic", "replica-unreachable"])

    def test_node_that_is_not_ready(self):
        self.state["NodeList"][1] = self.node(NODES[1], "Unknown")
        with self.lab.fault("dead-replica"):
            found = self.ids(["node-not-ready"])
        self.assertEqual(found["replica-unreachable"], "node-not-ready")
        with self.lab.fault("dead-replica-of-3"):
            self.ids(["node-not-ready", "replica-unreachable"])

    def test_disconnected(self):
        self.unhealthy()
        with self.lab.fault("other-answers"):
            found = self.ids(["apiserver-disconnected"], "database.default")
        self.assertEqual(found["replica-inconsistent"], "apiserver-disconnected")

    def test_version(self):
        for pod in self.state["PodList"]:
            pod["spec"]["containers"][0]["image"] = "registry.k8s.io/coredns:1.6.7"
        self.ids(["coredns-version"])

    def test_too_few_replicas_and_a_change(self):
        """Remarks, which explain nothing: what fails leads all the same."""
        self.state["NodeList"] = [self.node(f"node-{n}") for n in range(90)]
        self.state["ConfigMap"]["metadata"]["creationTimestamp"] = self.now
        self.assertLessEqual({"coredns-cpu", "recent-change"}, set(self.ids([])))
        with self.lab.fault("slow-replica"):
            self.ids(["replica-slow"])

    def test_api_server(self):
        """The same by an API server: its word on a Pod explains what this Pod sees."""
        self.restarted()
        with self.api() as (environment, account), self.lab.fault("closed-port"):
            document = self.leads(["coredns-panic"], *account, env=environment)
        self.assertEqual(next(f["consequence_of"] for f in document["findings"] if f["id"] == "replica-refused"),
                         "coredns-panic", said(document))

    @contextlib.contextmanager
    def api(self):
        """An API server in the node's place; give (environment, arguments) for a Pod that may ask it."""
        command = self.lab.inside("node", [sys.executable, kube_server.__file__, "10.244.0.1"])
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
            running.stdin.write(json.dumps(self.state) + "\n")
            running.stdin.flush()
            yield json.loads(running.stdout.readline())
            running.stdin.close()


class Captures(DiagnoseCase):
    def test_elsewhere(self):
        """A capture gives the same findings when nothing of the fault is there any more, redacted or not."""
        for faults in (("dead-replica",), ("tcp-blocked", "half"), ("upstream-down",), ("near-replica",)):
            with self.subTest(faults), contextlib.ExitStack() as on:
                for fault in faults:
                    on.enter_context(self.lab.fault(fault))
                live, _ = self.diagnose("database.default")
                plain, redacted = self.capture(), self.capture("--redact", "salt")
                # With all rights, a capture knows more that is to be hidden.
                all_of_it = self.capture("--redact", "salt", rights=())
                on.close()
                there = self.again(plain)
                self.assertEqual(leading(there), leading(live), said(there))
                self.assertEqual(leading(self.again(redacted)), leading(live))
                for secret in ("10.244.", "10.96.", "coredns-5d78c9869d", "database"):
                    self.assertNotIn(secret, redacted + all_of_it)

    def capture(self, *arguments, rights=None):
        rights = self.rights if rights is None else rights
        command = [*rights, os.environ["K8SDNS"], "capture", "--budget", self.budget]
        return self.lab.pod(*command, *arguments, "--replica", REPLICAS, "database.default").stdout

    def again(self, capture):
        command = [os.environ["K8SDNS"], "diagnose", "--json", "--from", "-", "--set", "node.pressure_percent=100"]
        done = subprocess.run(command, input=capture, text=True, stdout=subprocess.PIPE, check=False)
        return json.loads(done.stdout)


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
