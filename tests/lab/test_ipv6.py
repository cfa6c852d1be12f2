#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same cluster with an IPv6 ClusterIP, IPv6 replicas and both families in the node: every fault that is not of IPv4
alone is told as in IPv4, and conntrack, replicas and ping-like errors have IPv6 in their words."""
import json
import os
import subprocess
import sys
import time
import unittest

import private
import test_diagnose
import test_faults
from cluster import CLUSTER_IP, POD6
from diagnose_case import DiagnoseCase
from lab_case import LabCase

# In the short run a few of each kind: silence, ICMP, wrong answers, NAT, the Pod's own rules; `tests/run all` has all.
FEW = ("dead-replica", "closed-port", "prohibit", "garbage", "near-replica", "no-aaaa", "clusterip-broken",
       "clusterip-unrouted", "output-blocked")
ALL = "K8SDNS_ALL" in os.environ


class Probes(test_faults.Faults):
    """What one probe says of each fault."""
    family = 6


class Diagnosis(DiagnoseCase):
    family = 6

    def test_faults(self):
        self.lab.output("node", ["sysctl", "-qw", "net.ipv6.icmp.ratelimit=0"])
        for number in (1, 2, 3):
            self.lab.output(f"dns{number}", ["sysctl", "-qw", "net.ipv6.icmp.ratelimit=0"])
        for fault, finding in test_diagnose.LEADING.items():
            if not ALL and fault not in FEW:
                continue
            with self.subTest(fault):
                with self.lab.fault(fault):
                    for _ in range(2 if fault in test_diagnose.CHANCE else 0):
                        if self.diagnose()[1] == [finding]:
                            break
                    else:
                        self.leads([finding])
                self.recovers()

    def test_answers(self):
        """What is wrong with answers alone: fragments of IPv6, other records, a name that hides another."""
        with self.lab.fault("fragments-lost"):
            self.leads(["large-answer-lost"], "wide")
        with self.lab.fault("other-answers"):
            self.leads(["replica-inconsistent"], "database.default")
        with self.lab.fault("nodata-wildcard"):
            self.leads(["resolver-differs"], "--as", "musl", "www.example.com")
        self.recovers()

    def test_healthy(self):
        document = self.leads([])
        self.assertEqual(document["data"]["status"], "ok")
        self.assertEqual({t["address"] for t in document["data"].get("targets", [])} - {self.lab.cluster_ip}, set())


class Node(LabCase):
    """The node's view, in IPv6."""
    family = 6

    def run_json(self, place, *words):
        done = self.lab.output(place, [os.environ["K8SDNS"], *words, "--json"])
        return json.loads(done)["data"]

    def test_conntrack(self):
        self.lab.probe("a.", "b.", "c.", "d.", "e.", "f.")
        data = self.run_json("node", "conntrack", "--cluster-ip", self.lab.cluster_ip)
        backends = {b["address"] for b in data["dns"]["by_backend"]}
        self.assertTrue(backends & {self.lab.address(n) for n in (1, 2, 3)}, backends)
        self.assertIn(POD6, {c["address"] for c in data["dns"]["by_client"]})
        self.assertEqual((data["collisions_total"], data["stale_total"]), (0, 0))

    def test_replicas(self):
        """By the entries of IPv6, and who they say that they are."""
        self.lab.probe(*[f"n{n}." for n in range(20)])
        data = self.run_json("node", "replicas", "--cluster-ip", self.lab.cluster_ip)
        self.assertEqual(sorted(r["address"] for r in data["replicas"]),
                         [self.lab.address(n) for n in (1, 2, 3)])

    def test_both_families(self):
        """Two ClusterIPs of one Service: both are asked, and agree."""
        document, status = self.lab.probe("--cluster-ip", f"{CLUSTER_IP},{self.lab.cluster_ip}", "database", "web")
        self.assertEqual((status, document["data"]["differences"]), (0, []))
        self.assertEqual([t["address"] for t in document["data"]["targets"] if t["role"] == "cluster-ip"],
                         [CLUSTER_IP, self.lab.cluster_ip])

    def test_dead_neighbour(self):
        """What is dropped since neighbour discovery has no answer is told as that, whatever the kernel's reason is."""
        words = [os.environ["K8SDNS"], "drops", "--json", "--netns", "/run/netns/node", "--duration", "6s"]
        with self.lab.fault("dead-replica"):
            watching = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(1)
            # What was reachable a moment ago would be believed for some seconds more.
            self.lab.ip("node", "-6 neigh flush dev cni1")
            for _ in range(2):
                self.lab.probe("--timeout", "1s", "a.")
            out, why = watching.communicate(timeout=60)
        if watching.returncode == 3:
            self.skipTest(why.strip())
        seen = [json.loads(line)["data"] for line in out.splitlines()]
        causes = {drop.get("cause") for drop in seen if drop.get("dst") == self.lab.address(2)}
        self.assertEqual(causes, {"neighbour"}, out[-2000:])

    def test_iptables(self):
        self.lab.rule_set = "iptables"
        self.lab.set_rules()
        try:
            for transport in ((), ("--tcp",)):
                document, status = self.lab.probe("database", *transport)
                self.assertEqual((status, document["data"]["differences"]), (0, []))
        finally:
            self.lab.rule_set = "nft"
            self.lab.set_rules()


if __name__ == "__main__":
    private.enter()
    if not os.path.exists("/proc/sys/net/ipv6"):
        print("SKIP: this kernel has no IPv6")
        sys.exit(77)
    unittest.main(verbosity=2)
