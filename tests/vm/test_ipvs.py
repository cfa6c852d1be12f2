#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ipvs on a kernel that has it: what it says is what ipvsadm(8) says, and what a removed backend does shows."""
import json
import os
import re
import subprocess
import sys
import time
import unittest

import machine
import private
from cluster import POD, POD6
from lab_case import LabCase
from rules import with_port

# Ask the ClusterIP from one source port, three times; print who answered each time, by NSID.
ASK = """
import re, socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[3] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
s.settimeout(1)
for _ in range(int(sys.argv[2])):
    s.sendto(b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\1\\3www\\7example\\3com\\0\\0\\1\\0\\1"
             b"\\0\\0\\x29\\4\\xd0\\0\\0\\0\\0\\0\\4\\0\\3\\0\\0", (sys.argv[3], 53))
    try:
        print(re.search(rb"coredns-[-a-z0-9]+", s.recv(2048))[0].decode())
    except OSError:
        print("silence")
"""


class Ipvs(LabCase):
    rule_set = "ipvs"
    client = POD

    def setUp(self):
        self.service = with_port(self.lab.cluster_ip)
        self.replicas = [self.lab.address(number) for number in (1, 2, 3)]
        self.lab.set_rules()
        self.sysctl("expire_nodest_conn=0")

    def sysctl(self, setting):
        self.lab.output("node", ["sysctl", "-qw", f"net.ipv4.vs.{setting}"])

    def ipvsadm(self, *arguments):
        return self.lab.output("node", ["ipvsadm", *arguments])

    def ask(self, port, times=1):
        return self.lab.pod(sys.executable, "-c", ASK, str(port), str(times), self.lab.cluster_ip).stdout.split()

    def look(self, *arguments, prefix=()):
        command = [*prefix, os.environ["K8SDNS"], "ipvs", "--json", "--no-discovery", *arguments]
        done = subprocess.run(self.lab.inside("node", command), stdout=subprocess.PIPE, text=True, check=False)
        document = json.loads(done.stdout)
        return document.get("data"), document, done.returncode

    def pinned(self, port):
        """Ask once from a port; the address of the replica that has it then."""
        self.assertRegex(self.ask(port)[0], "^coredns-")
        rows = self.ipvsadm("-Lnc").splitlines()
        return next(row.split()[5] for row in rows if f":{port} " in row).rpartition(":")[0].strip("[]")

    def stale(self, data, *ports):
        """Connections of other cases live on, so each has ports of its own."""
        return [c for c in data["stale_connections"] if int(c["client"].rpartition(":")[2]) in ports]

    def destination(self, data, address):
        return next(d for d in self.udp(data)["destinations"] if d["address"] == with_port(address))

    def udp(self, data):
        return next(s for s in data["services"] if (s["protocol"], s["address"]) == ("UDP", self.service))

    def remove(self, address):
        self.ipvsadm("-d", "-u", self.service, "-r", with_port(address))

    def test_parity(self):
        """Services, schedulers, backends, weights and connections are those of ipvsadm."""
        for port in range(41000, 41007):
            self.assertRegex(self.ask(port)[0], "^coredns-")
        time.sleep(4.5)  # The kernel sums up what its CPUs count every two seconds.
        data, document, status = self.look()
        self.assertEqual((status, data["how"], document["unobserved"]), (0, "netlink", []))
        listed = {}
        for line in self.ipvsadm("-Ln").splitlines():
            words = line.split()
            if words[0] in ("UDP", "TCP"):
                listed[tuple(words[:3])] = rows = []
            elif words[0] == "->" and words[1][0] in "[0123456789":
                rows.append((words[1], *map(int, words[3:])))
                rows.sort()
        seen = {(s["protocol"], s["address"], s["scheduler"]): [
            tuple(d[name] for name in ("address", "weight", "active", "inactive"))
            for d in s["destinations"] if d["state"] != "removed"] for s in data["services"]}
        self.assertEqual(seen, listed)
        connections = [line for line in self.ipvsadm("-Lnc").splitlines() if line.startswith(("UDP", "TCP"))]
        self.assertEqual(data["connections_total"], len(connections))
        udp = self.udp(data)
        self.assertEqual((udp["in_packets"], udp["out_packets"]), (7, 7))
        self.assertEqual(self.stale(data, *range(41000, 41007)), [])
        timeouts = list(map(int, re.findall(r"\d+", self.ipvsadm("-L", "--timeout"))))
        self.assertEqual([data["timeouts"][name] for name in ("tcp_s", "tcp_fin_s", "udp_s")], timeouts)
        for name in ("conn_reuse_mode", "expire_nodest_conn", "expire_quiescent_template"):
            value = self.lab.output("node", ["cat", f"/proc/sys/net/ipv4/vs/{name}"])
            self.assertEqual(data["sysctls"][name], int(value))

    def test_removed(self):
        """A port that was used before the backend went is lost, with nothing but this to show it."""
        began = time.monotonic()
        address = self.pinned(42001)
        self.remove(address)
        self.assertEqual(self.ask(42001, 2), ["silence"] * 2)
        self.assertRegex(self.ask(42002)[0], "^coredns-")
        data, _, _ = self.look()
        took = int(time.monotonic() - began) + 1
        self.assertEqual(self.destination(data, address)["state"], "removed")
        (stale,) = self.stale(data, 42001)
        self.assertEqual((stale["client"], stale["service"], stale["destination"], stale["why"]),
                         (f"{with_port(self.client).removesuffix('53')}42001", self.service, with_port(address),
                          "removed"))
        self.assertIn(stale["expires_s"], range(300 - took, 301))
        self.assertIn("expire_nodest_conn is 0", data["behaviour"][0])
        text = self.lab.output("node", [os.environ["K8SDNS"], "ipvs", "--no-discovery"])
        self.assertIn("lead to a backend that is gone", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_diagnose(self):
        """The cause is named, with the connection as evidence."""
        def findings():
            command = [os.environ["K8SDNS"], "diagnose", "--json", "--no-discovery", "--cluster-ip",
                       self.lab.cluster_ip, "--replica", ",".join(self.replicas)]
            done = subprocess.run(self.lab.inside("node", command), stdout=subprocess.PIPE, check=False)
            return [f for f in json.loads(done.stdout)["findings"] if f["id"] == "ipvs-port-reuse"]
        address = self.pinned(42301)
        self.remove(address)
        (finding,) = findings()
        self.assertEqual(finding["severity"], "warning")
        self.assertIn("expire_nodest_conn is 0", " ".join(finding["evidence"]))

    def test_removed_and_expired(self):
        """With expire_nodest_conn the connection goes with the backend, and so does the complaint."""
        self.sysctl("expire_nodest_conn=1")
        address = self.pinned(42101)
        self.remove(address)
        self.assertRegex(self.ask(42101, 2)[-1], "^coredns-")
        data, _, _ = self.look()
        self.assertEqual((self.stale(data, 42101), data["behaviour"]), ([], []))
        self.assertEqual(data["sysctls"]["expire_nodest_conn"], 1)

    def test_drained(self):
        address = self.pinned(42201)
        self.ipvsadm("-e", "-u", self.service, "-r", with_port(address), "-m", "-w", "0")
        data, _, _ = self.look()
        (stale,) = self.stale(data, 42201)
        self.assertEqual((self.destination(data, address)["state"], stale["why"]), ("weight-0", "weight-0"))

    def test_compared_with_the_replicas(self):
        data, _, _ = self.look("--replica", ",".join(self.replicas[:2]))
        self.assertEqual([self.destination(data, a)["state"] for a in self.replicas], ["alive", "alive", "no-replica"])

    def test_without_privilege(self):
        data, document, status = self.look(prefix=("setpriv", "--bounding-set=-net_admin"))
        self.assertEqual((status, data["how"], data["timeouts"]["udp_s"]), (0, "procfs", None))
        self.assertEqual({len(s["destinations"]) for s in data["services"]}, {3})
        self.assertIn("CAP_NET_ADMIN", document["unobserved"][0]["why"])

    def test_no_service(self):
        _, document, status = self.look("--dns-port", "5353")
        self.assertEqual(status, 3)
        self.assertIn("no virtual service on port 5353", document["error"]["message"])

    def test_from_outside(self):
        done = subprocess.run([os.environ["K8SDNS"], "ipvs", "--json", "--no-discovery", "--netns",
                               str(private.RUN.parent / "netns/node")], stdout=subprocess.PIPE, check=False)
        self.assertEqual(len(json.loads(done.stdout)["data"]["services"]), 2 if self.family == 4 else 4)

    def test_replicas(self):
        """`replicas` finds them by IPVS alone."""
        document = json.loads(self.lab.output("node", [os.environ["K8SDNS"], "replicas", "--json", "--cluster-ip",
                                                       self.lab.cluster_ip]))
        found = {r["address"]: r["found_by"] for r in document["data"]["replicas"]}
        self.assertEqual(set(found), set(self.replicas))
        self.assertTrue(all("ipvs" in ways for ways in found.values()), found)


class Six(Ipvs):
    """A Service of both families, asked by its IPv6 address."""
    family = 6
    client = POD6


if __name__ == "__main__":
    machine.enter()
    unittest.main(verbosity=2)
