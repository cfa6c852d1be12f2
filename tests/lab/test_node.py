#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""node: what it says is what the kernel's own tools say, and an overflow at a server shows where it happens."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

import private
from cluster import replica_address
from lab_case import LabCase

# More than a receive buffer of the usual size holds.
FLOOD = r"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(4000):
    s.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1" + bytes(400), (sys.argv[1], 53))
"""


class Node(LabCase):
    def look(self, place, *arguments):
        """The limits by id, of every object printed, and the status."""
        done = subprocess.run(self.lab.inside(place, [os.environ["K8SDNS"], "node", "--json", *arguments]),
                              stdout=subprocess.PIPE, text=True, timeout=60, check=False)
        looks = [json.loads(line)["data"]["limits"] for line in done.stdout.splitlines()]
        return [{limit["id"]: limit for limit in look} for look in looks], done.returncode

    def tool(self, place, *command):
        return subprocess.run(self.lab.inside(place, list(command)), stdout=subprocess.PIPE, text=True,
                              check=True).stdout

    def test_parity(self):
        entries = lambda: int(re.search(r"entries (\d+)", self.tool("node", *neighbours))[1])
        neighbours = ("ip", "-s", "ntable", "show", "name", "arp_cache")
        # The table is the whole kernel's, and entries come and go, those of other labs too: until it holds still.
        for _ in range(100):
            before = entries()
            (limits,), status = self.look("node")
            self.assertEqual(status, 0)
            if before == entries():
                break
        self.assertEqual(limits["neighbour-ipv4"]["use"], before)
        self.assertIn("udp-memory", limits)
        table = self.tool("node", *neighbours)
        self.assertEqual(limits["neighbour-ipv4"]["limit"], int(re.search(r"thresh3 (\d+)", table)[1]))
        self.assertEqual(limits["mtu-cni0"]["use"], 1500)
        low, high = map(int, self.tool("node", "cat", "/proc/sys/net/ipv4/ip_local_port_range").split())
        self.assertEqual(limits["ephemeral-ports"]["limit"], high - low + 1)
        self.assertEqual(limits["udp-receive-buffer"]["events"], 0)
        self.assertEqual(limits["neighbour-ipv4"]["events"], int(re.search(r"table_fulls (\d+)", table)[1]))
        for limit in limits.values():
            self.assertTrue(limit["affects"])
            # How busy the machine is that the lab runs on is no part of the lab.
            if not limit["id"].endswith("-pressure"):
                self.assertFalse(limit["ratio"] is not None and limit["ratio"] > 0.75, limit)

    def test_sockets_like_ss(self):
        """The DNS server's buffers are those of ss(8)."""
        (limits,), _ = self.look("dns1")
        memory = re.search(r"skmem:\(r(\d+),rb(\d+),t\d+,tb(\d+).*?,d(\d+)\)",
                           self.tool("dns1", "ss", "-uanmH", "sport = :53"))
        self.assertEqual([limits["dns-socket-queue"][name] for name in ("use", "limit", "events")],
                         [int(memory[i]) for i in (1, 2, 4)])
        self.assertEqual(limits["dns-socket-sending"]["limit"], int(memory[3]))

    def test_path(self):
        """The MTU of the way to a server is the smallest that the Pod's kernel knows of."""
        (limits,), _ = self.look("pod", "--no-discovery", "--cluster-ip", "10.96.0.10", "--replica", replica_address(1))
        self.assertEqual([limits[f"mtu-to-{a}"]["use"] for a in ("10.96.0.10", replica_address(1))], [1500, 1500])
        self.lab.ip("pod", f"route add {replica_address(1)} via 10.244.0.1 mtu 1280")
        try:
            (limits,), _ = self.look("pod", "--no-discovery", "--replica", replica_address(1))
        finally:
            self.lab.ip("pod", f"route del {replica_address(1)}")
        self.assertEqual(limits[f"mtu-to-{replica_address(1)}"]["use"], 1280)
        self.assertEqual(limits[f"mtu-to-{replica_address(1)}"]["label"], f"MTU towards {replica_address(1)} by eth0")

    def test_ports_held(self):
        hold = subprocess.Popen(self.lab.inside("pod", [sys.executable, "-c", """
import socket, sys
held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(300)]
for s in held: s.bind(("", 0))
print("held", flush=True)
sys.stdin.read()
"""]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        hold.stdout.readline()
        (limits,), _ = self.look("pod")
        hold.communicate()
        self.assertEqual(limits["ephemeral-ports"]["use"], 300)

    def test_receive_buffer(self):
        """A server that stands still loses what its queue cannot hold: counted in its namespace, by its socket."""
        server = self.lab.servers[1]
        (before,), _ = self.look("dns1")
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            self.lab.pod(sys.executable, "-c", FLOOD, replica_address(1))
            (after,), _ = self.look("dns1")
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        lost = after["udp-receive-buffer"]["events"] - before["udp-receive-buffer"]["events"]
        self.assertGreater(lost, 0)
        self.assertEqual(after["dns-socket-queue"]["events"] - before["dns-socket-queue"]["events"], lost)
        self.assertGreater(after["dns-socket-queue"]["use"], 0)
        self.assertEqual(self.look("dns2")[0][0]["udp-receive-buffer"]["events"], 0)

    def test_interval(self):
        looks, status = self.look("node", "--interval", "100ms", "--count", "2")
        self.assertEqual((len(looks), status), (2, 0))
        self.assertEqual([look["udp-receive-buffer"]["events_per_second"] for look in looks], [0.0, 0.0])

    def test_text(self):
        text = self.tool("node", os.environ["K8SDNS"], "node")
        self.assertIn("ARP table", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_without_proc(self):
        """What cannot be seen is named, and never passes for health."""
        done = subprocess.run(self.lab.inside("node", ["unshare", "--mount", "sh", "-c",
                                                       'mount -t tmpfs none /proc && exec "$K8SDNS" node --json']),
                              stdout=subprocess.PIPE, text=True, check=True)
        data = json.loads(done.stdout)["data"]
        self.assertIn("neighbour-ipv4", [limit["id"] for limit in data["limits"]])
        self.assertNotIn("udp-memory", [limit["id"] for limit in data["limits"]])
        self.assertLessEqual({"UDP memory", "UDP receive buffer errors", "softnet drops", "CPU pressure"},
                             set(data["unseen"]))

    def test_process(self):
        (limits,), _ = self.look("node", "--pid", str(os.getpid()))
        allowed = pathlib.Path(f"/proc/{os.getpid()}/limits").read_text(encoding="ascii")
        self.assertEqual(limits["process-files"]["limit"], int(re.search(r"Max open files +(\d+)", allowed)[1]))
        self.assertGreater(limits["process-files"]["use"], 2)


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
