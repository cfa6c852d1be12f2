#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose in the cluster: with a fault on its finding leads, with it off there is silence."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

import private
from cluster import CLUSTER_IP, replica_address
from lab_case import LabCase

REPLICAS = ",".join(replica_address(number) for number in (1, 2, 3))
# fault: the finding that leads
LEADING = {
    "dead-replica": "replica-unreachable",
    "closed-port": "replica-refused",
    "slow-replica": "replica-slow",
    "refused": "replica-refused",
    "all-refused": "replica-refused",
    "servfail": "coredns-errors",
    "garbage": "replica-inconsistent",
    "no-aaaa": "family-failing",
    "clusterip-broken": "clusterip-unreachable",
    "clusterip-unrouted": "clusterip-unreachable",
    "reject": "replica-refused",
    "prohibit": "path-filtered",
    "output-blocked": "path-filtered",
    "tcp-blocked": "tcp-blocked",
    "lossy": "path-lossy",
    "wildcard": "search-hijack",
}
FILL = pathlib.Path(__file__).with_name("conntrack_fill.py")
FLOOD = r"""
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + 4
while time.monotonic() < end:
    for _ in range(200):
        s.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1" + bytes(400), (sys.argv[1], 53))
    time.sleep(0.01)
"""


class Diagnose(LabCase):
    def diagnose(self, *arguments, place="pod"):
        command = [os.environ["K8SDNS"], "diagnose", "--json", *arguments]
        if place == "pod":
            done = self.lab.pod(*command, "--replica", REPLICAS, timeout=60)
        else:
            done = subprocess.run(self.lab.inside(place, [*command, "--no-discovery"]), stdout=subprocess.PIPE,
                                  text=True, timeout=60, check=False)
        document = json.loads(done.stdout)
        return document, [f["id"] for f in document["findings"] if not f["consequence_of"] and f["severity"] != "info"]

    def test_healthy(self):
        """Twenty times nothing at warning or above, and each within two seconds."""
        for _ in range(20):
            document, leading = self.diagnose()
            self.assertEqual(leading, [], document["findings"])
            self.assertIn("DNS works here", document["data"]["verdict"])
            self.assertEqual([f["id"] for f in document["findings"]], ["resolv-amplification"])

    def test_faults(self):
        for fault, finding in LEADING.items():
            with self.subTest(fault), self.lab.fault(fault):
                document, leading = self.diagnose()
                self.assertEqual(leading, [finding], [(f["id"], f["evidence"]) for f in document["findings"]])
        self.assertEqual(self.diagnose()[1], [])

    def test_two_faults(self):
        with self.lab.fault("tcp-blocked"), self.lab.fault("dead-replica"):
            self.assertEqual(set(self.diagnose()[1]), {"replica-unreachable", "tcp-blocked"})

    def test_upstream(self):
        """The world is gone, the cluster's own names are there."""
        os.kill(self.lab.servers["upstream"].process.pid, signal.SIGSTOP)
        try:
            document, leading = self.diagnose("--external", "never-asked-before.example.org")
        finally:
            os.kill(self.lab.servers["upstream"].process.pid, signal.SIGCONT)
        self.assertEqual(leading, ["upstream-failing"], document["findings"])

    def test_names(self):
        self.assertEqual(self.diagnose("database.default")[1], [])
        document, leading = self.diagnose("databse.default")
        self.assertEqual((leading, document["findings"][0]["subject"]), (["name-not-found"], "databse.default"))
        document, _ = self.diagnose("kube-dns")
        self.assertIn("kube-dns.kube-system.svc.cluster.local does exist", document["findings"][0]["evidence"])
        with self.lab.fault("fragments-lost"):
            self.assertEqual(self.diagnose("wide")[1], ["large-answer-lost"])
        self.assertEqual(self.diagnose("wide")[1], [])
        with self.lab.fault("other-answers"):
            self.assertEqual(self.diagnose("database.default")[1], ["replica-inconsistent"])

    def test_node_local(self):
        kept = self.lab.resolv_conf.read_text()
        self.lab.resolv_conf.write_text(kept.replace(CLUSTER_IP, "169.254.20.10"))
        try:
            self.assertEqual(self.diagnose("--cluster-ip", CLUSTER_IP)[1], ["nodelocal-down"])
        finally:
            self.lab.resolv_conf.write_text(kept)

    def test_resolv_conf(self):
        kept = self.lab.resolv_conf.read_text()
        self.lab.resolv_conf.write_text(kept + "nameserver 10.96.0.10\n" * 3 + "options ndots:99\n")
        try:
            self.assertIn("resolv-invalid", [f["id"] for f in self.diagnose()[0]["findings"]])
        finally:
            self.lab.resolv_conf.write_text(kept)

    def limit(self):
        done = subprocess.run(self.lab.inside("node", [os.environ["K8SDNS"], "conntrack", "--json", "--no-discovery"]),
                              stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)["data"]["table"]["max"]

    def test_table(self):
        """On the node: nearly full is a warning, full leads over all that is lost by it."""
        limit = self.limit()
        try:
            self.lab.output("node", [sys.executable, str(FILL), str(limit * 8 // 10)])
            self.assertEqual(self.diagnose("--replica", REPLICAS, place="node")[1], ["conntrack-near-full"])
            self.lab.output("node", ["conntrack", "-F"])
            self.lab.output("node", [sys.executable, str(FILL), str(limit)])
            self.assertEqual(self.diagnose("--replica", REPLICAS, place="node")[1], ["conntrack-full"])
        finally:
            self.lab.output("node", ["conntrack", "-F"])
        self.assertEqual(self.diagnose("--replica", REPLICAS, place="node")[1], [])

    def test_stale(self):
        """An entry that leads to what is no replica, and was never answered."""
        self.lab.output("node", ["conntrack", "-F"])
        with self.lab.fault("dead-replica"):
            self.diagnose()
        try:
            _, leading = self.diagnose("--cluster-ip", CLUSTER_IP, "--replica",
                                       f"{replica_address(1)},{replica_address(3)}", place="node")
        finally:
            self.lab.output("node", ["conntrack", "-F"])
        self.assertIn("conntrack-stale", leading)

    def test_receive_buffer(self):
        """A server that stands still: its own namespace shows what overflows."""
        server = self.lab.servers[1]
        flood = subprocess.Popen(self.lab.inside("pod", [sys.executable, "-c", FLOOD, replica_address(1)]))
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            document, _ = self.diagnose("--replica", "127.0.0.1", place="dns1")
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
            flood.wait()
        self.assertIn("socket-limits", [f["id"] for f in document["findings"]])

    def test_capture(self):
        """A capture of a fault gives the same findings when nothing of it is there any more."""
        with self.lab.fault("dead-replica"):
            done = self.lab.pod(os.environ["K8SDNS"], "capture", "--replica", REPLICAS, timeout=60)
            redacted = self.lab.pod(os.environ["K8SDNS"], "capture", "--redact", "salt", "--replica", REPLICAS,
                                    timeout=60)
        for text in (done.stdout, redacted.stdout):
            again = subprocess.run([os.environ["K8SDNS"], "diagnose", "--json", "--from", "-"], input=text, text=True,
                                   stdout=subprocess.PIPE, check=False)
            findings = json.loads(again.stdout)["findings"]
            self.assertEqual([f["id"] for f in findings if not f["consequence_of"] and f["severity"] != "info"],
                             ["replica-unreachable"])
        self.assertIn(replica_address(2), done.stdout)
        for secret in ("10.244.", "10.96.", "coredns-5d78c9869d"):
            self.assertNotIn(secret, redacted.stdout)


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
