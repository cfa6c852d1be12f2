#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""NodeLocal DNSCache on the node: healthy, ended, refusing."""
import json
import os
import unittest

import private
from diagnose_case import DiagnoseCase, said
from node_cache import LINK_LOCAL, NodeCache


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
        known = {"kind": "DaemonSet", "metadata": {"name": "node-local-dns", "namespace": "kube-system",
                                                   "labels": {"k8s-app": "node-local-dns"}}}
        kept = self.lab.resolv_conf.read_text()
        self.cache.stop()
        try:
            # Without a word of the cache the ClusterIP leads, and both who may own it are named.
            document, found = self.diagnose()
            self.assertEqual(found, ["clusterip-unreachable"], said(document))
            self.assertIn("is an address of this node", " ".join(document["findings"][0]["evidence"]))
            # With one it does, by the objects of the cluster or by the Pod's own nameserver.
            document, found = self.diagnose("--endpoints", "-", stdin=json.dumps(known))
            self.assertEqual(found, ["nodelocal-down"], said(document))
            self.lab.resolv_conf.write_text(kept.replace("10.96.0.10", LINK_LOCAL))
            document, found = self.diagnose("--cluster-ip", "10.96.0.10")
            self.assertEqual(found, ["nodelocal-down"], said(document))
        finally:
            self.lab.resolv_conf.write_text(kept)
            self.cache.start()
        self.recovers()

    def test_refuses(self):
        self.cache.stop()
        self.cache.start(refuse=True)
        try:
            document, found = self.diagnose()
            self.assertEqual(found, ["replica-refused"], said(document))
        finally:
            self.cache.stop()
            self.cache.start()
        self.recovers()


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
