#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose with two faults at once: both lead, and neither is taken for a consequence of the other."""
import unittest

import private
from diagnose_case import PLAIN, DiagnoseCase, said
from test_diagnose import LEADING
from test_diagnose_rights import RULED

# The faults go on in this order, and off in the other.
PAIRS = [
    (("tcp-blocked", "dead-replica"), {"tcp-blocked", "replica-unreachable"}),
    (("tcp-blocked", "slow-replica"), {"tcp-blocked", "replica-slow"}),
    (("tcp-blocked", "prohibit"), {"tcp-blocked", "path-filtered"}),
    (("tcp-blocked", "no-aaaa"), {"tcp-blocked", "family-failing"}),
    (("tcp-blocked", "no-ptr"), {"tcp-blocked", "reverse-failing"}),
    (("tcp-blocked", "srv-refused"), {"tcp-blocked", "srv-failing"}),
    (("no-ptr", "dead-replica"), {"reverse-failing", "replica-unreachable"}),
    (("tcp-blocked", "servfail"), {"tcp-blocked", "coredns-errors"}),
    (("tcp-blocked", "refused"), {"tcp-blocked", "replica-refused"}),
    (("tcp-blocked", "closed-port"), {"tcp-blocked", "replica-refused"}),
    (("tcp-blocked", "garbage"), {"tcp-blocked", "replica-malformed"}),
    (("tcp-blocked", "wrong-id"), {"tcp-blocked", "answer-mismatch"}),
    (("tcp-blocked", "upstream-down"), {"tcp-blocked", "upstream-failing"}),
    (("tcp-blocked", "clusterip-broken"), {"tcp-blocked", "clusterip-unreachable"}),
    (("upstream-down", "dead-replica"), {"upstream-failing", "replica-unreachable"}),
    (("upstream-down", "clusterip-broken"), {"upstream-failing", "clusterip-unreachable"}),
    (("upstream-down", "garbage"), {"upstream-failing", "replica-malformed"}),
    (("upstream-down", "slow-replica"), {"upstream-failing", "replica-slow"}),
    (("upstream-down", "servfail-of-3"), {"upstream-failing", "coredns-errors"}),
    (("upstream-down", "closed-port-of-3"), {"upstream-failing", "replica-refused"}),
    (("upstream-down", "prohibit"), {"upstream-failing", "path-filtered"}),
    (("upstream-down", "wrong-id"), {"upstream-failing", "answer-mismatch"}),
    (("wildcard", "closed-port-of-3"), {"search-hijack", "replica-refused"}),
    (("wildcard", "tcp-blocked"), {"search-hijack", "tcp-blocked"}),
    (("wildcard", "dead-replica"), {"search-hijack", "replica-unreachable"}),
    (("wildcard", "clusterip-broken"), {"search-hijack", "clusterip-unreachable"}),
    (("wildcard", "slow-replica"), {"search-hijack", "replica-slow"}),
    (("wildcard", "prohibit"), {"search-hijack", "path-filtered"}),
    (("clusterip-broken", "wrong-id"), {"clusterip-unreachable", "answer-mismatch"}),
    (("clusterip-broken", "servfail"), {"clusterip-unreachable", "coredns-errors"}),
    (("clusterip-broken", "dead-replica"), {"clusterip-unreachable", "replica-unreachable"}),
    (("clusterip-broken", "slow-replica"), {"clusterip-unreachable", "replica-slow"}),
    (("clusterip-broken", "refused"), {"clusterip-unreachable", "replica-refused"}),
    (("clusterip-broken", "garbage"), {"clusterip-unreachable", "replica-malformed"}),
    (("clusterip-broken", "no-aaaa"), {"clusterip-unreachable", "family-failing"}),
    (("clusterip-broken", "prohibit"), {"clusterip-unreachable", "path-filtered"}),
    (("dead-replica", "servfail-of-3"), {"replica-unreachable", "coredns-errors"}),
    (("dead-replica", "refused-of-3"), {"replica-unreachable", "replica-refused"}),
    (("dead-replica", "half-of-3"), {"replica-unreachable", "replica-malformed"}),
    (("dead-replica-of-3", "slow-replica"), {"replica-unreachable", "replica-slow"}),
    (("dead-replica-of-3", "wrong-id"), {"replica-unreachable", "answer-mismatch"}),
    (("closed-port", "half-of-3"), {"replica-refused", "replica-malformed"}),
    (("closed-port", "servfail-of-3"), {"replica-refused", "coredns-errors"}),
    (("slow-replica", "refused-of-3"), {"replica-slow", "replica-refused"}),
    (("slow-replica", "servfail-of-3"), {"replica-slow", "coredns-errors"}),
    (("slow-replica", "half-of-3"), {"replica-slow", "replica-malformed"}),
    (("prohibit", "dead-replica-of-3"), {"path-filtered", "replica-unreachable"}),
    (("prohibit", "servfail-of-3"), {"path-filtered", "coredns-errors"}),
    (("prohibit", "half-of-3"), {"path-filtered", "replica-malformed"}),
    (("wrong-id", "servfail-of-3"), {"answer-mismatch", "coredns-errors"}),
    (("wrong-id", "closed-port-of-3"), {"answer-mismatch", "replica-refused"}),
    (("garbage", "refused-of-3"), {"replica-malformed", "replica-refused"}),
]


class Pairs(DiagnoseCase):
    def both_lead(self, wanted):
        """What the pair before has left in caches may need a second look."""
        if sorted(self.diagnose()[1]) != sorted(wanted):
            self.leads(wanted)

    def test_pairs(self):
        # The errors that one pair has brought must not be missing from the next.
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        for (first, second), wanted in PAIRS:
            with self.subTest(first, second=second), self.lab.fault(first), self.lab.fault(second):
                self.both_lead(wanted)
        self.recovers()

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
        self.assertLessEqual(seen, {"clusterip-lossy", "lookup-slow"})
        self.assertTrue(seen)


class PlainPairs(Pairs):
    """The same as a plain user, who sees less and must not be told otherwise; `tests/run all` runs it."""

    rights = PLAIN


class RootPairs(Pairs):
    """With all privileges, the kernel's trace among them: where a rule drops or rejects, the rule may be named."""

    rights = ()

    def both_lead(self, wanted):
        ruled = wanted & {LEADING[fault] for fault in RULED}
        for _ in range(4):
            document, found = self.diagnose()
            missing, more = wanted - set(found), set(found) - wanted
            if not missing and not more or (missing <= ruled and "path-filtered" in found and
                                            more <= {"path-filtered"}):
                return
        self.fail(said(document))


if __name__ == "__main__":
    private.enter()
    unittest.main(defaultTest="Pairs", verbosity=2)
