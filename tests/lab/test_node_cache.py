#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""NodeLocal DNSCache on the node: healthy, ended, refusing, with parts of it missing, and what it counts."""
import contextlib
import json
import os
import unittest

import private
from diagnose_case import DiagnoseCase, said
from node_cache import LINK_LOCAL, METRICS, SETUP, NodeCache

KNOWN = json.dumps({"kind": "DaemonSet", "metadata": {"name": "node-local-dns", "namespace": "kube-system",
                                                      "labels": {"k8s-app": "node-local-dns"}}})


class Cache(DiagnoseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        cls.cache = NodeCache(cls.lab)

    @classmethod
    def tearDownClass(cls):
        cls.cache.close()
        super().tearDownClass()

    def test_healthy(self):
        """Nobody is blamed, and no query of the Pod is tracked."""
        self.leads([])
        self.lab.output("node", ["conntrack", "-F"])
        document, status = self.lab.probe("--target", LINK_LOCAL, "database", "web")
        self.assertEqual((status, document["data"]["differences"]), (0, []))
        data = json.loads(self.lab.output("node", [os.environ["K8SDNS"], "conntrack", "--json"]))["data"]
        backends = {b["address"] for b in data["dns"]["by_backend"]}
        self.assertEqual(backends & {LINK_LOCAL, "10.96.0.10"}, set())
        self.assertEqual(data["collisions_total"], 0)

    def test_ended(self):
        """Its address is there and nobody listens: replicas are well, and restarting them helps nobody."""
        kept = self.lab.resolv_conf.read_text()
        self.cache.stop()
        try:
            # Without a word of the cache the ClusterIP leads, and both who may own it are named.
            document, found = self.diagnose()
            self.assertEqual(found, ["clusterip-unreachable"], said(document))
            self.assertIn("is an address of this node", " ".join(document["findings"][0]["evidence"]))
            # With one it does, by the objects of the cluster or by the Pod's own nameserver.
            document, found = self.diagnose("--endpoints", "-", stdin=KNOWN)
            self.assertEqual(found, ["nodelocal-down"], said(document))
            self.lab.resolv_conf.write_text(kept.replace("10.96.0.10", LINK_LOCAL))
            document, found = self.diagnose("--cluster-ip", "10.96.0.10")
            self.assertEqual(found, ["nodelocal-down"], said(document))
        finally:
            self.lab.resolv_conf.write_text(kept)
            self.cache.start()
        self.recovers()

    @contextlib.contextmanager
    def changed(self, *changes):
        """Without something of it, for as long as this lasts."""
        for change in changes:
            change()
        try:
            yield
        finally:
            self.cache.put_back()
        self.recovers()

    @contextlib.contextmanager
    def asked_directly(self):
        """The Pod's nameserver is the cache, as the kubelet's clusterDNS makes it in IPVS mode."""
        kept = self.lab.resolv_conf.read_text()
        self.lab.resolv_conf.write_text(kept.replace("10.96.0.10", LINK_LOCAL))
        try:
            yield
        finally:
            self.lab.resolv_conf.write_text(kept)

    def restarted(self, **options):
        return self.changed(self.cache.stop, lambda: self.cache.start(**options))

    def test_refuses(self):
        with self.restarted(refuse=True):
            document, found = self.diagnose()
            self.assertEqual(found, ["replica-refused"], said(document))
            with self.asked_directly():
                document, found = self.diagnose("--cluster-ip", "10.96.0.10")
        self.assertEqual(found, ["replica-refused"], said(document))
        self.assertIn(LINK_LOCAL, str(document["findings"][0]["evidence"]))

    def test_interface_gone(self):
        """The rules that stay keep the ClusterIP from translation, so that the way past the cache misses as well."""
        with self.changed(self.cache.stop, self.cache.remove_interface):
            document, found = self.diagnose("--endpoints", "-", stdin=KNOWN)
            self.assertEqual(found, ["clusterip-unreachable"], said(document))
            with self.asked_directly():
                document, found = self.diagnose("--cluster-ip", "10.96.0.10")
        self.assertEqual(found, ["nodelocal-down"], said(document))
        self.assertIn("the ClusterIP 10.96.0.10 is silent too", " ".join(document["findings"][0]["evidence"]))

    def test_all_gone(self):
        """Without the rules the ClusterIP leads to the replicas again; who asks the cache by its address is cut off."""
        with self.changed(self.cache.stop, self.cache.remove_interface, self.cache.remove_rules):
            self.leads([])
            with self.asked_directly():
                document, found = self.diagnose("--cluster-ip", "10.96.0.10")
        self.assertEqual(found, ["nodelocal-down"], said(document))
        self.assertNotIn("silent too", " ".join(document["findings"][0]["evidence"]))

    def test_upstream_missing(self):
        """What it does not have it cannot get: its SERVFAIL is no replica's, and the ClusterIP's is its own."""
        with self.changed(self.cache.stop, self.cache.start_cut_off), self.asked_directly():
            document, found = self.diagnose("--cluster-ip", "10.96.0.10", "web.default.svc.cluster.local.")
        self.assertEqual(found, ["coredns-errors"], said(document))
        told = " ".join(document["findings"][0]["evidence"])
        for address in (LINK_LOCAL, "10.96.0.10"):
            self.assertIn(f"{address} fails", told)
        for number in (1, 2, 3):
            self.assertNotIn(self.lab.address(number), told)

    def metrics(self, *arguments):
        done = self.lab.pod(os.environ["K8SDNS"], "metrics", "--json", "--interval", "1s", "--count", "1", "--check",
                            *arguments)
        return json.loads(done.stdout), done.returncode

    def test_metrics(self):
        """The cache's own port is found by the Pod's nameserver; its setup counts on another."""
        with self.asked_directly():
            document, status = self.metrics("--node-local")
            sources = {r["source"]: r["error"] for r in document["data"]["replicas"]}
            self.assertEqual((status, sources), (0, {f"{LINK_LOCAL}:{METRICS}": None}))
        setup = f"http://{LINK_LOCAL}:{SETUP}/metrics"
        document, _ = self.metrics(setup)
        self.assertEqual([f["id"] for f in document["findings"]], [], said(document))
        with self.restarted(setup_errors=(3, 4)):
            document, status = self.metrics(setup)
        (finding,) = document["findings"]
        self.assertEqual((status, finding["id"], finding["severity"]), (1, "nodelocal-down", "warning"))
        self.assertIn("could not put up its address or its rules once", " ".join(finding["evidence"]))

    def test_metrics_of_nobody(self):
        """With its process its metrics are gone, which is said and is no finding of its own."""
        with self.changed(self.cache.stop), self.asked_directly():
            document, status = self.metrics("--node-local")
        self.assertEqual((status, document["findings"]), (3, []), said(document))
        self.assertIn("Connection refused", document["data"]["replicas"][0]["error"])


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
