#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose with two faults at once: both lead, and neither is taken for a consequence of the other."""
import unittest

import private
from diagnose_case import DiagnoseCase

# The faults go on in this order, and off in the other.
PAIRS = [
    (("tcp-blocked", "dead-replica"), {"tcp-blocked", "replica-unreachable"}),
    (("tcp-blocked", "slow-replica"), {"tcp-blocked", "replica-slow"}),
    (("tcp-blocked", "prohibit"), {"tcp-blocked", "path-filtered"}),
    (("tcp-blocked", "no-aaaa"), {"tcp-blocked", "family-failing"}),
    (("upstream-down", "dead-replica"), {"upstream-failing", "replica-unreachable"}),
    (("upstream-down", "clusterip-broken"), {"upstream-failing", "clusterip-unreachable"}),
    (("upstream-down", "garbage"), {"upstream-failing", "replica-malformed"}),
    (("wildcard", "closed-port-of-3"), {"search-hijack", "replica-refused"}),
    (("wildcard", "tcp-blocked"), {"search-hijack", "tcp-blocked"}),
    (("clusterip-broken", "wrong-id"), {"clusterip-unreachable", "answer-mismatch"}),
    (("clusterip-broken", "servfail"), {"clusterip-unreachable", "coredns-errors"}),
    (("dead-replica", "servfail-of-3"), {"replica-unreachable", "coredns-errors"}),
    (("closed-port", "half-of-3"), {"replica-refused", "replica-malformed"}),
    (("slow-replica", "refused-of-3"), {"replica-slow", "replica-refused"}),
    (("prohibit", "dead-replica-of-3"), {"path-filtered", "replica-unreachable"}),
]


class Pairs(DiagnoseCase):
    def test_pairs(self):
        # The errors that one pair has brought must not be missing from the next.
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        for (first, second), wanted in PAIRS:
            with self.subTest(first, second=second), self.lab.fault(first), self.lab.fault(second):
                self.leads(wanted)
        self.leads([])

    def test_one_and_its_consequences(self):
        """The same replica is dead for TCP too, and for its share of the ClusterIP: one fault leads."""
        seen = set()
        with self.lab.fault("dead-replica"):
            # The ClusterIP may choose the other two for all that one look asks it, which is luck: a few looks, then.
            for _ in range(5):
                document = self.leads(["replica-unreachable"])
                self.assertEqual(document["findings"][0]["id"], "replica-unreachable")
                seen.update(f["id"] for f in document["findings"] if f["consequence_of"])
                if seen:
                    break
        self.assertEqual(seen, {"clusterip-lossy"})


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
