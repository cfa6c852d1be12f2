#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The healthy cluster: everything resolves, by both kinds of rules, and nobody is blamed, ever."""
import json
import os
import unittest

import private
import servers
from cluster import CLUSTER_IP, Lab, replica_address
from lab_case import LabCase

ROUNDS = 20
REPLICAS = [replica_address(number) for number in (1, 2, 3)]


def rows(document, **wanted):
    return [p for p in document["data"]["probes"] if all(p[key] == value for key, value in wanted.items())]


class Healthy(LabCase):
    def test_nobody_is_blamed(self):
        for _ in range(ROUNDS):
            document, status = self.lab.probe("www.aliyun.com", "database", "cache", "kubernetes.default", "nosuch")
            # 1: nosuch does not exist.
            self.assertEqual((status, document["data"]["differences"]), (1, []))

    def test_contract(self):
        document, _ = self.lab.probe("www.aliyun.com")
        self.assertEqual([(t["address"], t["role"], t["found_by"]) for t in document["data"]["targets"]],
                         [(CLUSTER_IP, "cluster-ip", "resolv.conf")] + [(a, "replica", "option") for a in REPLICAS])
        self.assertEqual([p["candidate"] for p in rows(document, target=CLUSTER_IP, type="A")],
                         ["www.aliyun.com" + s for s in (".default.svc.cluster.local", ".svc.cluster.local",
                                                         ".cluster.local", "")])
        self.assertEqual(document["data"]["cluster_domain"], "cluster.local")
        self.assertTrue(document["host"]["in_pod"])

    def test_records(self):
        for name, kind, wanted in (
                ("_https._tcp.kubernetes.default.svc.cluster.local.", "SRV",
                 {"0 100 443 kubernetes.default.svc.cluster.local."}),
                ("1.0.96.10.in-addr.arpa.", "PTR", {"kubernetes.default.svc.cluster.local."}),
                ("cache.default.svc.cluster.local.", "A", {"10.244.0.31", "10.244.0.32", "10.244.1.33"}),
                ("web.default.svc.cluster.local.", "AAAA", {"fd00:96::5"}),
                ("example.com.", "MX", {"10 mail.example.com."}),
                ("svc.example.com.", "HTTPS", {"1 . alpn=\"h2,h3\" ipv4hint=192.0.2.80"})):
            with self.subTest(name):
                document, status = self.lab.probe("--type", kind, name)
                self.assertEqual(status, 0)
                for row in document["data"]["probes"]:
                    self.assertEqual({a["rdata" + kind] for a in row["answers"]}, wanted)

    def test_unknown_type(self):
        """In JSON by its octets, in text as RFC 3597 writes it."""
        document, _ = self.lab.probe("--type", "TYPE65280", "odd.example.com.")
        for row in document["data"]["probes"]:
            self.assertEqual([(a["TYPEname"], a["RDATAHEX"]) for a in row["answers"]], [("TYPE65280", "0a0b0c0d")])
        done = self.lab.pod(os.environ["K8SDNS"], "probe", "--type", "TYPE65280", "odd.example.com.")
        self.assertIn("TYPE65280  \\# 4 0a0b0c0d", done.stdout)

    def test_resolver_of_the_pod(self):
        """In a container, the resolver is that of process 1."""
        data = json.loads(self.lab.pod(os.environ["K8SDNS"], "resolv", "--json").stdout)["data"]
        self.assertEqual((data["resolver"]["kind"], data["dns_policy"]), ("glibc", "ClusterFirst"))
        self.assertIn("/proc/1/", data["resolver"]["how"])
        self.assertEqual(data["views"][0]["nameservers"], [CLUSTER_IP])

    def test_identity(self):
        document, _ = self.lab.probe("--nsid", "database", "web", "cache")
        for number, address in enumerate(REPLICAS, 1):
            self.assertEqual({p["nsid"] for p in rows(document, target=address)}, {servers.identity(number)})
        self.assertLessEqual({p["nsid"] for p in rows(document, target=CLUSTER_IP)},
                             {servers.identity(number) for number in (1, 2, 3)})

    def test_truncation(self):
        document, status = self.lab.probe("big.default.svc.cluster.local.", "--bufsize", "512", "--type", "A")
        self.assertEqual([(p["status"], p["transport"]) for p in document["data"]["probes"]],
                         [("truncated", "udp"), ("answer", "tcp")] * 4)
        self.assertEqual((status, {len(p["answers"]) for p in rows(document, transport="tcp")}), (0, {60}))

    def test_clusterip_reaches_every_replica(self):
        document, _ = self.lab.probe("--nsid", *[f"n{n}." for n in range(20)])
        self.assertEqual(len({p["nsid"] for p in rows(document, target=CLUSTER_IP)}), 3)

    def test_iptables(self):
        self.lab.rule_set = "iptables"
        self.lab.set_rules()
        try:
            for _ in range(3):
                document, status = self.lab.probe("database", "--nsid")
                self.assertEqual((status, document["data"]["differences"]), (0, []))
            document, status = self.lab.probe("database", "--tcp")
            self.assertEqual(status, 0)
        finally:
            self.lab.rule_set = "nft"
            self.lab.set_rules()

    def test_without_privilege(self):
        done = self.lab.pod("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", os.environ["K8SDNS"],
                            "probe", "database")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("10.96.7.7", done.stdout)


class OwnLab(unittest.TestCase):
    def test_no_port_is_rewritten(self):
        """The promise about source ports, as the node's connection tracking sees it: the replies go to the ports
        that the questions came from. In a lab of its own: entries of earlier runs live on, and may collide."""
        with Lab() as lab:
            document, _ = lab.probe("a", "b", "c")
            table = lab.output("node", ["cat", "/proc/net/nf_conntrack"]).splitlines()
        ports = {p["source_port"] for p in document["data"]["probes"]}
        found = 0
        for line in table:
            fields = [f for f in line.split() if f.startswith(("sport=", "dport="))]
            if len(fields) == 4 and int(fields[0][6:]) in ports:
                self.assertEqual(fields[0][6:], fields[3][6:], line)
                found += 1
        self.assertGreaterEqual(found, len(ports))

    def test_one_replica(self):
        with Lab(replicas=1) as lab:
            document, status = lab.probe("database")
        self.assertEqual((status, len(document["data"]["targets"])), (0, 2))


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
