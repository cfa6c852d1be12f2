#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""conntrack in the cluster's node: what it says is what conntrack(8) and the kernel say, and each fault shows."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import faults
import private
from cluster import CLUSTER_IP, replica_address
from lab_case import LabCase

REPLICAS = [replica_address(number) for number in (1, 2, 3)]
VICTIM = faults.VICTIM_ADDRESS
QUESTION = rb"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"
# Ask every address given from one source port; print what came of each.
ASK = f"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
s.settimeout(0.3)
for address in sys.argv[2:]:
    s.sendto({QUESTION!r}, (address, 53))
    try:
        s.recv(512)
        print("answer")
    except OSError:
        print("silence")
"""


class Conntrack(LabCase):
    def setUp(self):
        # A namespace's own table, which is emptied so that each case counts from nothing.
        self.lab.output("node", ["conntrack", "-F"])

    def node(self, *arguments, place="node", prefix=()):
        command = [*prefix, os.environ["K8SDNS"], "conntrack", "--json", "--no-discovery", "--cluster-ip", CLUSTER_IP]
        done = subprocess.run(self.lab.inside(place, [*command, *arguments]), stdout=subprocess.PIPE, text=True,
                              timeout=60, check=False)
        documents = [json.loads(line) for line in done.stdout.splitlines()]
        return documents[-1]["data"], documents, done.returncode

    def ask(self, port, *addresses):
        return self.lab.pod(sys.executable, "-c", ASK, str(port), *addresses).stdout.split()

    def test_nice(self):
        """The walk is at the niceness asked for, 10 without, and never before that which the command began with."""
        for prefix, arguments, nice in (([], [], 10), ([], ["--nice", "0"], 0), ([], ["--nice", "17"], 17),
                                        (["nice", "-n", "15"], [], 15), (["nice", "-n", "5"], ["--nice", "0"], 5)):
            command = ["nice", "-n", str(-os.getpriority(os.PRIO_PROCESS, 0)), *prefix, os.environ["K8SDNS"],
                       "conntrack", "--json", "--no-discovery", "--interval", "100ms", *arguments]
            with self.subTest(prefix=prefix, arguments=arguments), \
                    subprocess.Popen(self.lab.inside("node", command), stdout=subprocess.PIPE) as process:
                try:
                    process.stdout.readline()
                    self.assertEqual(os.getpriority(os.PRIO_PROCESS, process.pid), nice)
                finally:
                    process.kill()

    def test_zones(self):
        """A zone in both directions, or for what a Pod begins, keeps entries apart: no fault, and none is missed."""
        for rule in ("ip saddr 10.244.0.10 ct original zone set 7", "ct zone set 7"):
            self.lab.output("node", ["conntrack", "-F"])
            with self.subTest(rule), self.zone(rule):
                document, status = self.lab.probe("database")
                data, _, _ = self.node()
                self.assertEqual((status, document["data"]["differences"]), (0, []))
                self.assertEqual((data["collisions_total"], data["stale_total"], data["dns"]["unreplied"]), (0, 0, 0))
                self.assertGreaterEqual(data["dns"]["entries"], 2)

    def test_zone_of_one_direction(self):
        """Then a query and its answer are two entries without a reply, and conntrack(8) counts the same."""
        self.lab.output("node", ["conntrack", "-F"])
        with self.lab.fault("half-zone"):
            document, status = self.lab.probe("--timeout", "600ms", "--no-search",
                                              "database.default.svc.cluster.local.")
            data, _, _ = self.node()
            listed = [line for line in self.peer("conntrack", "-L").splitlines()
                      if "dport=53 " in line.split("src=")[1]]
        self.assertEqual((status, [d["target"] for d in document["data"]["differences"]]), (1, [CLUSTER_IP]))
        in_zone = [line for line in listed if "zone=7" in line and "[UNREPLIED]" in line]
        self.assertGreaterEqual(len(in_zone), 2)
        self.assertEqual(data["dns"]["unreplied"], sum("[UNREPLIED]" in line for line in listed))
        self.assertEqual((data["dns"]["entries"], data["collisions_total"]), (len(listed), 0))

    @contextlib.contextmanager
    def zone(self, rule):
        self.lab.nft("node", "table ip zones {\n chain pre {\n  type filter hook prerouting priority raw;\n"
                             f"  {rule};\n }}\n}}\n")
        try:
            yield
        finally:
            self.lab.nft("node", "delete table ip zones\n")

    def peer(self, *command):
        return subprocess.run(self.lab.inside("node", list(command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=False).stdout

    def test_parity(self):
        """Entries, count and counters are those of conntrack -L, -C and -S."""
        self.lab.probe("--no-search", *[f"n{n}." for n in range(10)])
        data, _, status = self.node()
        listed = [line for line in self.peer("conntrack", "-L").splitlines() if "dport=53 " in line.split("src=")[1]]
        self.assertEqual((status, data["table"]["entries"]), (0, int(self.peer("conntrack", "-C"))))
        self.assertEqual(data["dns"]["entries"], len(listed))
        backends = {}
        for line in listed:
            reply = re.findall(r"src=(\S+)", line)[1]
            backends[reply] = backends.get(reply, 0) + 1
        self.assertEqual({b["address"]: b["entries"] for b in data["dns"]["by_backend"]}, backends)
        self.assertEqual(data["dns"]["unreplied"], sum("UNREPLIED" in line for line in listed))
        summed = {}
        for name, value in re.findall(r"(\w+)=(\d+)", self.peer("conntrack", "-S")):
            summed[name] = summed.get(name, 0) + int(value)
        for name in ("found", "invalid", "insert", "insert_failed", "drop", "early_drop", "error", "search_restart"):
            self.assertEqual(data["counters"][name], summed[name], name)
        self.assertEqual(len(data["per_cpu"]), os.cpu_count())
        self.assertEqual(data["table"]["how"], "netlink")
        self.assertTrue(data["dns"]["filtered"])  # from Linux 5.8 on

    def test_healthy(self):
        self.lab.probe("--no-search", *[f"n{n}." for n in range(60)])
        data, _, _ = self.node("--replica", ",".join(REPLICAS))
        self.assertEqual((data["collisions_total"], data["stale_total"], data["dns"]["unrouted"]), (0, 0, 0))
        self.assertEqual({b["address"]: b["known"] for b in data["dns"]["by_backend"] if b["known"] is not None},
                         dict.fromkeys(REPLICAS, True))

    def test_stale(self):
        """A replica is gone, and one port is still bound to it."""
        self.assertEqual(self.ask(50501, *[CLUSTER_IP] * 3), ["answer"] * 3)
        backend = self.node()[0]["dns"]["by_backend"][0]["address"]
        others = [address for address in REPLICAS if address != backend]
        data, _, _ = self.node("--replica", ",".join(others))
        self.assertEqual([(e["orig_src"], e["orig_dst"], e["reply_src"]) for e in data["stale"]],
                         [("10.244.0.10:50501", f"{CLUSTER_IP}:53", f"{backend}:53")])
        self.assertTrue(0 < data["stale"][0]["timeout_s"] <= 120)
        self.assertFalse(next(b for b in data["dns"]["by_backend"] if b["address"] == backend)["known"])

    def test_made_while_the_rule_was_missing(self):
        """The entry leads to the ClusterIP itself, and keeps leading there when the rule is back."""
        self.lab.ip("node", f"route add {CLUSTER_IP} via 10.244.2.53")
        # Only the way to the rules goes: without any, the namespace would track nothing.
        self.lab.output("node", ["nft", "flush", "chain", "ip", "kube-proxy", "services"])
        try:
            self.assertEqual(self.ask(50502, CLUSTER_IP), ["silence"])
            self.lab.set_rules()
            self.assertEqual(self.ask(50502, CLUSTER_IP), ["silence"])
            data, _, _ = self.node()
        finally:
            self.lab.set_rules()
            self.lab.ip("node", f"route del {CLUSTER_IP} via 10.244.2.53")
        self.assertEqual((data["dns"]["unrouted"], data["dns"]["unreplied"]), (1, 1))

    def test_one_port_to_the_clusterip_and_to_a_replica(self):
        """The reply tuples collide, and the kernel replaces a port: exactly this is shown."""
        self.assertEqual(self.ask(50503, CLUSTER_IP, *REPLICAS), ["answer"] * 4)
        data, _, _ = self.node()
        kinds = {c["kind"]: c for c in data["collisions"]}
        self.assertEqual((set(kinds), data["collisions_total"]), ({"shared", "rewritten"}, 2))
        self.assertEqual({c["client"] for c in data["collisions"]}, {"10.244.0.10:50503"})
        self.assertEqual({e["orig_dst"].split(":")[0] for e in kinds["shared"]["entries"]}, {CLUSTER_IP, *REPLICAS})
        rewritten = kinds["rewritten"]["entries"][0]
        self.assertNotEqual(rewritten["reply_dst"], rewritten["orig_src"])

    def test_sockets_that_share_a_port(self):
        """Eight sockets, one port: one entry, and the kernel's own list says who shares."""
        hold = subprocess.Popen(self.lab.inside("pod", [sys.executable, "-c", f"""
import socket, sys
held = []
for _ in range(8):
    held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held[-1].bind(("", 50504))
    held[-1].sendto({QUESTION!r}, ("{CLUSTER_IP}", 53))
print("held", flush=True)
sys.stdin.read()
"""]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        hold.stdout.readline()
        inside, _, _ = self.node(place="pod")
        on_node, _, _ = self.node()
        hold.communicate()
        self.assertEqual([(p["local"], p["sockets"]) for p in inside["shared_ports"]], [("0.0.0.0:50504", 8)])
        self.assertEqual(on_node["shared_ports"], [])
        self.assertEqual(sum(b["entries"] for b in on_node["dns"]["by_client"] if b["address"] == "10.244.0.10"), 1)
        self.assertEqual(self.node(place="pod")[0]["shared_ports"], [])

    def test_a_range_used_up(self):
        """Masquerading to few ports: what does not fit is dropped, and the counters say so exactly."""
        before, _, _ = self.node()
        self.lab.nft("node", "table ip narrow {\n chain post {\n  type nat hook postrouting priority 90;\n"
                             f"  ip daddr {VICTIM} udp dport 53 masquerade to :20000-20031;\n }}\n}}\n")
        try:
            answers = [self.ask(port, VICTIM)[0] for port in range(41000, 41040)]
        finally:
            self.lab.nft("node", "delete table ip narrow\n")
        data, _, _ = self.node()
        lost = answers.count("silence")
        self.assertEqual((answers.count("answer"), lost), (32, 8))
        for name in ("drop", "insert_failed"):
            self.assertEqual(data["counters"][name] - before["counters"][name], lost)
        use = next(u for u in data["dns"]["port_use"] if u["destination"] == f"{VICTIM}:53")
        self.assertEqual((use["source"], use["ports"]), ("10.244.1.1", 32))

    def test_port_race_behind_masquerade(self):
        """Two clients with one port at one moment: the kernel cannot insert both, and each loss is counted."""
        self.lab.ip("pod", "addr add 10.244.0.11/24 dev eth0")
        self.lab.nft("node", "table ip narrow {\n chain post {\n  type nat hook postrouting priority 90;\n"
                             f"  ip daddr {VICTIM} udp dport 53 masquerade;\n }}\n}}\n")
        before, _, _ = self.node()
        try:
            done = self.lab.pod(sys.executable, str(pathlib.Path(__file__).with_name("port_race.py")), "10.244.0.10",
                                "10.244.0.11", VICTIM)
        finally:
            self.lab.nft("node", "delete table ip narrow\n")
            self.lab.ip("pod", "addr del 10.244.0.11/24 dev eth0")
        data, _, _ = self.node()
        lost = int(done.stdout)
        self.assertGreater(lost, 0)
        for name in ("drop", "insert_failed"):
            self.assertEqual(data["counters"][name] - before["counters"][name], lost)

    def fill(self, *arguments):
        program = pathlib.Path(__file__).with_name("conntrack_fill.py")
        self.lab.output("node", [sys.executable, str(program), *arguments])

    def test_full(self):
        """With entries that may not be thrown out every question is lost, and each loss is counted once."""
        limit = self.node()[0]["table"]["max"]
        self.fill(str(limit))
        before, _, _ = self.node()
        answers = [self.ask(port, CLUSTER_IP)[0] for port in range(42000, 42006)]
        data, _, _ = self.node()
        self.assertEqual(answers, ["silence"] * 6)
        self.assertGreater(before["table"]["fill_ratio"], 0.999)
        self.assertEqual(data["counters"]["drop"] - before["counters"]["drop"], 6)
        self.assertEqual(data["counters"]["insert_failed"], before["counters"]["insert_failed"])
        done = self.peer(os.environ["K8SDNS"], "conntrack", "--no-discovery")
        self.assertIn("100.0 % full", done)

    def test_near_full(self):
        """With entries that may go, they go: nothing is lost, and early_drop says it."""
        empty, _, _ = self.node()
        self.fill(str(empty["table"]["max"]), "--unassured")
        full, _, _ = self.node()
        self.assertEqual([self.ask(port, CLUSTER_IP)[0] for port in range(42100, 42106)], ["answer"] * 6)
        data, _, _ = self.node()
        # From 95 % on the kernel's own sweep throws such entries out as well, and may have made room before.
        self.assertGreaterEqual(data["counters"]["early_drop"] - empty["counters"]["early_drop"], 5)
        self.assertEqual(data["counters"]["drop"], full["counters"]["drop"])

    def test_many_entries(self):
        """A tenth of a large table is DNS: all of it is counted, and nothing else."""
        self.fill("50000", "--dns", "10")
        data, _, _ = self.node()
        self.assertEqual((data["dns"]["entries"], data["dns"]["assured"]), (5000, 5000))
        self.assertEqual(data["table"]["entries"], int(self.peer("conntrack", "-C")))
        self.assertEqual([(b["address"], b["entries"]) for b in data["dns"]["by_backend"]], [("10.96.0.20", 5000)])

    def test_interval(self):
        data, documents, status = self.node("--interval", "200ms", "--count", "3")
        self.assertEqual((len(documents), status), (3, 0))
        self.assertEqual([d["data"]["rates"]["drop"] for d in documents], [0.0, 0.0, 0.0])
        self.assertIsNone(self.node()[0]["rates"])

    def test_in_the_pod(self):
        """A Pod's own namespace tracks nothing, and is not taken for the node's."""
        data, _, status = self.node(place="pod")
        self.assertEqual((status, data["status"], data["table"]["entries"], data["table"]["hooks"]),
                         (3, "unknown", 0, False))
        done = self.lab.pod(os.environ["K8SDNS"], "conntrack", "--no-discovery")
        self.assertIn("the table that counts is the node's", " ".join(done.stdout.split()))

    def test_without_privilege(self):
        """What /proc shows is shown, the entries are said to be missing."""
        self.lab.probe("--no-search", "x.")
        data, documents, status = self.node(prefix=("setpriv", "--bounding-set=-net_admin"))
        self.assertEqual((status, data["table"]["how"], data["dns"]), (0, "procfs", None))
        self.assertGreater(data["table"]["entries"], 0)
        self.assertEqual(len(data["per_cpu"]), os.cpu_count())
        self.assertIn("CAP_NET_ADMIN", documents[-1]["unobserved"][0]["why"])

    def test_from_outside(self):
        """--netns looks into another namespace, from the one of this test."""
        self.lab.probe("--no-search", "x.")
        done = subprocess.run([os.environ["K8SDNS"], "conntrack", "--json", "--no-discovery", "--netns",
                               str(private.RUN.parent / "netns/node")], stdout=subprocess.PIPE, timeout=60, check=False)
        self.assertGreater(json.loads(done.stdout)["data"]["dns"]["entries"], 0)


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
