#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose where the kernel may be watched: what drops the questions leads, not what follows from it."""
import os
import pathlib
import signal
import subprocess
import sys
import unittest

import faults
import private
from diagnose_case import DiagnoseCase, said
from drop_case import chain, skip_unless_watched

# A rule that drops, and what it leads to: one of these. What is lost by way of the ClusterIP may be too few to tell,
# and the kernel sends few ICMP errors when others have used up its rate: then the rule alone is told of.
RULES = {
    "clusterip-broken": ("clusterip-unreachable",),
    "reject": (),
    "tcp-blocked": ("tcp-blocked",),
    "lossy": ("path-lossy",),
    "prohibit": (),
}
FLOOD = f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for _ in range(200):
        s.sendto(bytes(600), ("{faults.VICTIM_ADDRESS}", 53))
    time.sleep(0.01)
"""


class Watched(DiagnoseCase):
    rights = ()

    @classmethod
    def setUpClass(cls):
        skip_unless_watched()
        super().setUpClass()

    def dropped(self, document, name):
        """The finding, whose evidence is what the kernel dropped."""
        finding = next((f for f in document["findings"] if f["id"] == name), None)
        self.assertIsNotNone(finding, said(document))
        self.assertTrue(any("the kernel dropped" in text for text in finding["evidence"]), finding)
        return finding

    def test_rules(self):
        for fault, consequences in RULES.items():
            with self.subTest(fault), self.lab.fault(fault):
                document = self.leads(["path-filtered"])
                self.dropped(document, "path-filtered")
                caused = {f["id"] for f in document["findings"] if f["consequence_of"] == "path-filtered"}
                self.assertTrue(not consequences or caused & set(consequences), said(document))

    def test_a_rule_for_tcp_explains_no_dead_link(self):
        """What the kernel shows of TCP says nothing of a replica that is silent over UDP."""
        with self.lab.fault("tcp-blocked"), self.lab.fault("dead-replica"):
            document = self.leads(["path-filtered", "replica-unreachable"])
        caused = {f["id"] for f in document["findings"] if f["consequence_of"] == "path-filtered"}
        self.assertLessEqual(caused, {"tcp-blocked", "lookup-slow"}, said(document))

    def test_healthy(self):
        document = self.leads([])
        self.assertNotIn("what the kernel drops", [u["what"] for u in document["unobserved"]])

    def test_others_drops(self):
        """What the kernel drops of others, in the same network namespaces, is no evidence here."""
        with chain(self.lab, "node", "forward", 0, "udp sport 40000 udp dport 53 drop"):
            with subprocess.Popen(self.lab.inside("pod", [sys.executable, "-c", FLOOD.replace(
                    "while True", "s.bind(('', 40000))\nwhile True")])) as other:
                self.leads([])
                other.kill()

    def test_overflow(self):
        """A server that stands still while others flood it: its buffer is what drops our questions."""
        server = self.lab.servers[faults.VICTIM].process.pid
        with subprocess.Popen(self.lab.inside("pod", [sys.executable, "-c", FLOOD])) as other:
            os.kill(server, signal.SIGSTOP)
            try:
                document, _ = self.diagnose()
            finally:
                os.kill(server, signal.SIGCONT)
                other.kill()
        self.assertIn(f"[{server}]", " ".join(self.dropped(document, "socket-limits")["evidence"]))

    def test_table_full(self):
        limit = int(pathlib.Path("/proc/sys/net/netfilter/nf_conntrack_max").read_text(encoding="ascii"))
        self.lab.output("node", ["conntrack", "-F"])
        self.lab.output("node", [sys.executable, pathlib.Path(__file__).with_name("conntrack_fill.py"), str(limit)])
        try:
            document = self.leads(["conntrack-full"])
        finally:
            self.lab.output("node", ["conntrack", "-F"])
        self.dropped(document, "conntrack-full")


if __name__ == "__main__":
    private.enter(watches=True)
    unittest.main(verbosity=2)
