#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose where the query does not go to whom it is addressed: redirected in the Pod, or to what is gone."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

import private
import servers
from cluster import CLUSTER_IP, replica_address
from diagnose_case import PLAIN, DiagnoseCase, said

HERE = pathlib.Path(__file__).parent
ANSWERS = ["kubernetes.default.svc.cluster.local/A=10.96.0.1", "www.example.com/A=192.0.2.1"]
MESH = """table ip mesh {
 chain out {
  type nat hook output priority -100;
  meta l4proto { udp, tcp } th dport 53 redirect to :15053;
 }
}
"""
# One socket for all its queries, as some programs keep it.
CLIENT = r"""
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
query = bytes.fromhex("000101000001000000000000036b6e730565786d706c0000010001")
if sys.argv[2] == "connect":
    s.connect((sys.argv[1], 53))
print(flush=True)
while True:
    try:
        s.send(query) if sys.argv[2] == "connect" else s.sendto(query, (sys.argv[1], 53))
    except OSError:
        pass
    time.sleep(0.1)
"""


class Redirected(DiagnoseCase):
    @contextlib.contextmanager
    def mesh(self, proxy):
        """A redirect of port 53 in the Pod, to a proxy or to nobody."""
        self.lab.nft("pod", MESH)
        words = [word for answer in ANSWERS for word in ("--answer", answer)]
        running = subprocess.Popen(self.lab.inside("pod", [sys.executable, str(HERE / "twister.py"), "--listen",
                                                           "127.0.0.1:15053", "--print-port", *words, "honest"]),
                                   stdout=subprocess.PIPE) if proxy else None
        try:
            if running:
                running.stdout.readline()
            yield
        finally:
            if running:
                running.kill()
                running.communicate()
            self.lab.nft("pod", "delete table ip mesh\n")

    def finding(self, document):
        return next((f for f in document["findings"] if f["id"] == "dns-intercepted"), None)

    def test_proxy_works(self):
        """It is told of, no replica is compared, and no entry of the redirect is a stale one."""
        for rights in (DiagnoseCase.rights, PLAIN):
            with self.subTest(rights), self.mesh(True):
                self.rights = rights
                document, _ = self.diagnose("--no-metrics")
                finding = self.finding(document)
                self.assertIsNotNone(finding, said(document))
                self.assertTrue(any("203.0.113.53" in line for line in finding["evidence"]), finding["evidence"])
                self.assertFalse({"conntrack-stale", "replica-inconsistent", "replica-unreachable"} &
                                 {f["id"] for f in document["findings"]}, said(document))

    def test_proxy_is_dead(self):
        with self.mesh(False):
            document, found = self.diagnose("--no-metrics")
            self.assertEqual(document["findings"][0]["id"], "dns-intercepted", said(document))
            self.assertEqual(found, ["dns-intercepted"], said(document))

    def test_no_mesh(self):
        document = self.leads([])
        self.assertIsNone(self.finding(document), said(document))
        self.assertTrue(document["data"]["checks"])


class Gone(DiagnoseCase):
    @contextlib.contextmanager
    def client(self, address, how):
        running = subprocess.Popen(self.lab.inside("pod", [sys.executable, "-c", CLIENT, address, how]),
                                   stdout=subprocess.PIPE)
        try:
            running.stdout.readline()
            yield
        finally:
            running.kill()
            running.communicate()

    def test_connected_socket(self):
        """A socket that is connected to a replica that is gone, seen from the Pod without privileges."""
        others = f"{replica_address(1)},{replica_address(3)}"
        with self.lab.fault("dead-replica"), self.client(replica_address(2), "connect"):
            self.lab.set_rules([1, 3])
            try:
                words = [os.environ["K8SDNS"], "diagnose", "--json", "--budget", "2s", "--no-metrics",
                         *self.settings, "--replica", others]
                done = subprocess.run(self.lab.pod_command([*self.rights, *words]), env=self.lab.pod_environment(),
                                      text=True, stdout=subprocess.PIPE, timeout=60, check=False)
            finally:
                self.lab.set_rules()
        document = json.loads(done.stdout)
        leads = [f for f in document["findings"] if f["severity"] != "info"]
        self.assertEqual([f["id"] for f in leads], ["socket-stale"], said(document))
        self.assertIn(replica_address(2), leads[0]["evidence"][0])

    def test_rolling_update(self):
        """An entry leads to a replica that is gone: it is no replica, and its client is the finding."""
        others = f"{replica_address(1)},{replica_address(3)}"
        self.lab.set_rules([2])
        with self.client(CLUSTER_IP, "send"):
            time.sleep(0.5)
            with self.lab.fault("dead-replica"):
                self.lab.set_rules([1, 3])
                try:
                    self.lab.ip("node", f"route add {CLUSTER_IP} via {servers.UPSTREAM}")
                    document, found = self.diagnose("--cluster-ip", CLUSTER_IP, "--replica", others, place="node")
                finally:
                    self.lab.ip("node", f"route del {CLUSTER_IP} via {servers.UPSTREAM}")
                    self.lab.set_rules()
        self.lab.output("node", ["conntrack", "-F"])
        self.assertNotIn("replica-unreachable", [f["id"] for f in document["findings"]], said(document))
        self.assertIn("conntrack-stale", found, said(document))
        stale = next(f for f in document["findings"] if f["id"] == "conntrack-stale")
        self.assertTrue(any("still" in line for line in stale["evidence"]), stale["evidence"])


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
