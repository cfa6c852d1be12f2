#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each fault of the lab: the probe says what is wrong, blames who is at fault, and nobody else."""
import collections
import unittest

import faults
import private
from cluster import CLUSTER_IP, replica_address
from lab_case import LabCase

REPLICAS = [replica_address(number) for number in (1, 2, 3)]
VICTIM = faults.VICTIM_ADDRESS
DB = "database.default.svc.cluster.local."

Expected = collections.namedtuple("Expected", "statuses kinds status detail", defaults=(None,))

# What the victim's rows say, who is blamed for what, the exit status, and a word of the detail.
SINGLE = {
    "dead-replica": Expected({"timeout"}, [(VICTIM, "status")], 1),
    "closed-port": Expected({"unreachable"}, [(VICTIM, "status")], 1, f"ICMP port unreachable from {VICTIM}"),
    "slow-replica": Expected({"answer", "nodata"}, [(VICTIM, "latency")], 0),
    "other-answers": Expected({"answer", "nodata"}, [(VICTIM, "records")], 0),
    "refused": Expected({"refused"}, [(VICTIM, "status")], 1),
    "servfail": Expected({"servfail"}, [(VICTIM, "status")], 1),
    "reject": Expected({"unreachable"}, [(VICTIM, "status")], 1, "ICMP port unreachable from 10.244."),
    "prohibit": Expected({"unreachable"}, [(VICTIM, "status")], 1, "prohibited"),
    "truncating": Expected({"truncated", "answer", "nodata"}, [], 0),
    "wrong-id": Expected({"mismatch"}, [(VICTIM, "status")], 1),
    "wrong-question": Expected({"mismatch"}, [(VICTIM, "status")], 1),
    "garbage": Expected({"malformed"}, [(VICTIM, "status")], 1),
    "half": Expected({"malformed"}, [(VICTIM, "status")], 1),
    "duplicate": Expected({"answer", "nodata"}, [], 0),
    "output-blocked": Expected({"error"}, [(VICTIM, "status")], 1, "forbids to send"),
}


class Faults(LabCase):
    def probe(self, *arguments):
        """By direct targets and the ClusterIP; (rows by target, differences, status)."""
        document, status = self.lab.probe("--timeout", "600ms", *arguments)
        rows = collections.defaultdict(list)
        for row in document["data"]["probes"]:
            rows[row["target"]].append(row)
        return rows, [(d["target"], d["kind"]) for d in document["data"]["differences"]], status

    def test_single_replica(self):
        for name, expected in SINGLE.items():
            with self.subTest(name), self.lab.fault(name):
                rows, kinds, status = self.probe(DB)
                self.assertEqual({row["status"] for row in rows[VICTIM]}, expected.statuses, rows[VICTIM])
                # What the ClusterIP passes on from the victim is not the ClusterIP's fault.
                self.assertEqual(kinds, expected.kinds)
                self.assertEqual(status, expected.status)
                for address in (REPLICAS[0], REPLICAS[2]):
                    self.assertEqual({row["status"] for row in rows[address]}, {"answer", "nodata"})
                if expected.detail:
                    self.assertIn(expected.detail, " ".join(row["detail"] or "" for row in rows[VICTIM]))

    def test_healthy_again(self):
        """Every fault can be taken off."""
        rows, kinds, status = self.probe(DB, "www.aliyun.com")
        self.assertEqual((kinds, status), ([], 0), rows)

    def test_wrong_source(self):
        with self.lab.fault("wrong-source"):
            rows, kinds, _ = self.probe(DB)
        self.assertEqual(kinds, [(VICTIM, "status")])
        self.assertLessEqual({row["status"] for row in rows[VICTIM]}, {"mismatch", "timeout"})

    def test_counts(self):
        with self.lab.fault("duplicate"):
            rows, _, _ = self.probe(DB, "--no-search")
        self.assertGreater(sum(row["duplicates"] for row in rows[VICTIM]), 0)
        with self.lab.fault("wrong-id"):
            rows, _, _ = self.probe(DB)
        self.assertEqual([row["mismatches"] for row in rows[VICTIM]], [1, 1])

    def test_clusterip_only(self):
        for name, word in (("clusterip-broken", "timeout"), ("clusterip-unrouted", "unreachable")):
            with self.subTest(name), self.lab.fault(name):
                rows, kinds, status = self.probe(DB)
            self.assertEqual({row["status"] for row in rows[CLUSTER_IP]}, {word})
            self.assertEqual((kinds, status), ([(CLUSTER_IP, "status")], 1))

    def test_icmp_is_limited_in_rate(self):
        """The silence that follows a host's first ICMP errors is not a drop."""
        with self.lab.fault("closed-port"):
            rows, _, _ = self.probe(*[f"n{n}." for n in range(20)])
        self.assertEqual({row["status"] for row in rows[VICTIM]}, {"unreachable"})
        self.assertTrue(any(row["inferred"] for row in rows[VICTIM]))
        self.assertTrue(any(not row["inferred"] for row in rows[VICTIM]))

    def test_everyone(self):
        with self.lab.fault("all-refused"):
            rows, kinds, status = self.probe(DB)
        self.assertEqual({row["status"] for address in rows for row in rows[address]}, {"refused"})
        self.assertEqual((kinds, status), ([], 1))

    def test_no_aaaa(self):
        with self.lab.fault("no-aaaa"):
            rows, kinds, status = self.probe(DB)
        for address in rows:
            self.assertEqual([row["status"] for row in rows[address]], ["answer", "timeout"])
        self.assertEqual((kinds, status), ([], 1))

    def test_tcp_blocked(self):
        with self.lab.fault("tcp-blocked"):
            rows, kinds, status = self.probe("huge.default.svc.cluster.local.", "--type", "A", "--bufsize", "512")
        for address in rows:
            self.assertEqual([(row["status"], row["transport"]) for row in rows[address]],
                             [("truncated", "udp"), ("timeout", "tcp")])
        self.assertEqual((kinds, status), ([], 1))

    def test_truncated_and_over_tcp(self):
        with self.lab.fault("truncating"):
            rows, _, _ = self.probe(DB)
        self.assertEqual([(row["status"], row["transport"]) for row in rows[VICTIM]],
                         [("truncated", "udp"), ("answer", "tcp"), ("truncated", "udp"), ("nodata", "tcp")])

    def test_lossy(self):
        with self.lab.fault("lossy"):
            rows, _, status = self.probe("--qps", "0", *[f"n{n}." for n in range(30)])
        words = [row["status"] for address in rows for row in rows[address]]
        self.assertEqual(status, 1)
        self.assertLess(0, words.count("timeout"))
        self.assertGreater(words.count("nxdomain"), words.count("timeout"))
        with self.lab.fault("lossy"):
            rows, _, _ = self.probe("--tries", "6", "--qps", "0", "a.", "b.")
        self.assertNotIn("timeout", [row["status"] for address in rows for row in rows[address]])

    def test_late(self):
        with self.lab.fault("late"):
            rows, _, status = self.probe(DB, "--timeout", "300ms", "--tries", "4")
        self.assertEqual(status, 0, rows)
        # Whoever asked the victim first, directly or by the ClusterIP, had to ask again.
        self.assertTrue(any(row["tries"] > 1 for address in (VICTIM, CLUSTER_IP) for row in rows[address]))


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
