#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose in the node and beside a server: what the kernel does to DNS, with traffic of its own under way."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import faults
import private
import servers
from cluster import CLUSTER_IP, replica_address
from diagnose_case import REPLICAS, DiagnoseCase, said

HERE = pathlib.Path(__file__).parent
VICTIM = faults.VICTIM_ADDRESS
FLOOD = r"""
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + 4
while time.monotonic() < end:
    for _ in range(200):
        s.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1" + bytes(400), (sys.argv[1], 53))
    time.sleep(0.01)
"""
# A new flow each few milliseconds, from one port after the other.
FLOWS = r"""
import socket, sys, time
held = []
for port in range(41000, 41600):
    held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    held[-1].bind(("", port))
    held[-1].sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", (sys.argv[1], 53))
    time.sleep(0.005)
"""
# Queries from fresh ports, all the time, until it is told to end.
ASKING = r"""
import socket, sys, time
while True:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", (sys.argv[1], 53))
    print(flush=True)
    time.sleep(0.05)
"""


class Node(DiagnoseCase):
    def tearDown(self):
        self.lab.output("node", ["conntrack", "-F"])

    def on_node(self, wanted, *arguments):
        return self.leads(wanted, *(arguments or ["--replica", REPLICAS]), place="node")

    def limit(self):
        done = subprocess.run(self.lab.inside("node", [os.environ["K8SDNS"], "conntrack", "--json", "--no-discovery"]),
                              stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)["data"]["table"]["max"]

    def fill(self, count):
        self.lab.output("node", [sys.executable, str(HERE / "conntrack_fill.py"), str(count)])

    @contextlib.contextmanager
    def masquerade(self, how):
        """What goes to the victim gets the node's address; `how` the port is chosen."""
        self.lab.nft("node", "table ip narrow {\n chain post {\n  type nat hook postrouting priority 90;\n"
                             f"  ip daddr {VICTIM} udp dport 53 masquerade {how};\n }}\n}}\n")
        try:
            yield
        finally:
            self.lab.nft("node", "delete table ip narrow\n")

    def while_pod_runs(self, *command):
        """Diagnose in the node while the Pod runs a program of Python; (document, what that printed)."""
        with subprocess.Popen(self.lab.pod_command([sys.executable, *command]), stdout=subprocess.PIPE,
                              text=True) as running:
            document, _ = self.diagnose("--replica", REPLICAS, "--budget", "16s", place="node")
            return document, running.communicate()[0]

    def test_table(self):
        """Nearly full is a warning, full leads over all that is lost by it."""
        limit = self.limit()
        self.fill(limit * 8 // 10)
        self.on_node(["conntrack-near-full"])
        self.lab.output("node", ["conntrack", "-F"])
        self.fill(limit)
        document = self.on_node(["conntrack-full"])
        self.assertEqual(document["findings"][0]["id"], "conntrack-full")
        self.lab.output("node", ["conntrack", "-F"])
        self.on_node([])

    def test_table_and_another_fault(self):
        self.fill(self.limit() * 8 // 10)
        with self.lab.fault("dead-replica"):
            self.on_node(["conntrack-near-full", "replica-unreachable"])

    def test_port_race(self):
        """Two clients with one port at one moment behind plain masquerading."""
        self.lab.ip("pod", "addr add 10.244.0.11/24 dev eth0")
        try:
            with self.masquerade(""):
                document, lost = self.while_pod_runs(str(HERE / "port_race.py"), "10.244.0.10", "10.244.0.11", VICTIM)
        finally:
            self.lab.ip("pod", "addr del 10.244.0.11/24 dev eth0")
        self.assertGreater(int(lost), 0)
        self.assertEqual([f["id"] for f in document["findings"] if f["severity"] != "info"], ["conntrack-race"],
                         said(document))
        self.lab.output("node", ["conntrack", "-F"])
        self.on_node([])

    def test_ports_used_up(self):
        """Masquerading to few ports: the ports are the cause, the failed insertions follow."""
        with self.masquerade("to :20000-20031"):
            document, _ = self.while_pod_runs("-c", FLOWS, VICTIM)
        first = document["findings"][0]
        self.assertEqual((first["id"], first["subject"]), ("port-collision", "10.244.1.1"), said(document))
        self.assertIn("every port from 20000 to 20031", first["evidence"][0])
        self.assertEqual({f["consequence_of"] for f in document["findings"] if f["id"] == "conntrack-race"},
                         {"port-collision"})
        self.lab.output("node", ["conntrack", "-F"])
        self.on_node([])

    def test_stale(self):
        """An entry that leads to what is no replica, and was never answered."""
        others = f"{replica_address(1)},{replica_address(3)}"
        with self.lab.fault("dead-replica"):
            self.diagnose()
        self.lab.set_rules([1, 3])
        # The node has no way to the ClusterIP but by its rules, which come after routing.
        self.lab.ip("node", f"route add {CLUSTER_IP} via {servers.UPSTREAM}")
        try:
            self.on_node(["conntrack-stale"], "--cluster-ip", CLUSTER_IP, "--replica", others)
            self.lab.output("node", ["conntrack", "-F"])
            self.on_node([], "--cluster-ip", CLUSTER_IP, "--replica", others)
        finally:
            self.lab.ip("node", f"route del {CLUSTER_IP} via {servers.UPSTREAM}")
            self.lab.set_rules()

    @contextlib.contextmanager
    def asking(self):
        """The Pod's own queries meanwhile."""
        command = self.lab.inside("pod", [sys.executable, "-c", ASKING, CLUSTER_IP])
        with tempfile.TemporaryFile() as out, subprocess.Popen(command, stdout=out) as process:
            try:
                while not os.fstat(out.fileno()).st_size:
                    time.sleep(0.05)
                yield
            finally:
                process.kill()

    def test_flows_of_a_pod(self):
        """What keeps one Pod's queries from every replica is seen from the node; without it its traffic is no fault."""
        with self.asking():
            self.on_node([])
            for number in (1, 2, 3):
                self.lab.nft(f"dns{number}", "table ip keep_out {\n chain in {\n  type filter hook input priority 0;\n"
                                             "  ip saddr 10.244.0.10 udp dport 53 drop;\n }\n}\n")
            try:
                document = self.on_node(["flows-unanswered"])
            finally:
                for number in (1, 2, 3):
                    self.lab.nft(f"dns{number}", "delete table ip keep_out\n")
        finding = next(f for f in document["findings"] if f["id"] == "flows-unanswered")
        self.assertEqual(finding["subject"], "10.244.0.10")

    def test_flows_to_a_dead_replica(self):
        """Others' flows to it are counted with our own queries."""
        with self.lab.fault("dead-replica"), self.asking():
            document = self.on_node(["replica-unreachable"])
        finding = next(f for f in document["findings"] if f["id"] == "replica-unreachable")
        self.assertIn(f"DNS flows of other clients to {VICTIM} got no reply", " ".join(finding["evidence"]))

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
        overflow = next(f for f in document["findings"] if f["id"] == "socket-limits")
        self.assertEqual((overflow["severity"], overflow["consequence_of"]), ("critical", None))
        time.sleep(0.2)  # what is in the buffer is read
        self.leads([], "--replica", "127.0.0.1", place="dns1")


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
