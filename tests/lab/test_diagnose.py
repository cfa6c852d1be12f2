#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""diagnose in the Pod: with a fault on its finding leads, with it off there is silence.

Busy is for `tests/run all`.
"""
import contextlib
import os
import subprocess
import sys
import unittest

import private
from diagnose_case import DiagnoseCase, said

# fault: the finding that leads
LEADING = {
    "dead-replica": "replica-unreachable",
    "closed-port": "replica-refused",
    "slow-replica": "replica-slow",
    "refused": "replica-refused",
    "all-refused": "replica-refused",
    "servfail": "coredns-errors",
    "garbage": "replica-malformed",
    "half": "replica-malformed",
    "wrong-id": "answer-mismatch",
    "wrong-question": "answer-mismatch",
    "wrong-source": "answer-mismatch",
    "near-replica": "answer-mismatch",
    "no-aaaa": "family-failing",
    "no-ptr": "reverse-failing",
    "srv-refused": "srv-failing",
    "clusterip-broken": "clusterip-unreachable",
    "clusterip-unrouted": "clusterip-unreachable",
    "clusterip-lossy": "clusterip-lossy",
    "everything-down": "all-unreachable",
    "reject": "path-filtered",
    "prohibit": "path-filtered",
    "output-blocked": "path-filtered",
    "tcp-blocked": "tcp-blocked",
    "lossy": "path-lossy",
    "wildcard": "search-hijack",
    "upstream-down": "upstream-failing",
}


# What one look loses to these is chance, and at times too little to tell.
CHANCE = {"clusterip-lossy", "lossy"}


class Faults(DiagnoseCase):
    def test_faults(self):
        # The errors that one fault has brought must not be missing from the next.
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        for fault, finding in LEADING.items():
            with self.subTest(fault):
                with self.lab.fault(fault):
                    for _ in range(2 if fault in CHANCE else 0):
                        if self.diagnose()[1] == [finding]:
                            break
                    else:
                        self.leads([finding])
                self.recovers()


class Healthy(DiagnoseCase):
    budget = "3s"

    def test_healthy(self):
        """Twenty times nothing at warning or above."""
        for _ in range(20):
            # A moment in which the machine is busy makes one lookup slow, and is no fault.
            document = self.leads([], "--set", "lookup.slow_ms=1000")
            self.assertRegex(document["data"]["verdict"], "^OK: ")
            self.assertEqual(document["data"]["status"], "ok")
            self.assertEqual([f["id"] for f in document["findings"]], ["resolv-amplification"], said(document))
            self.assertEqual([(lookup["found"], lookup["error"]) for lookup in document["data"]["lookups"]],
                             [(True, None)] * 2)


class Busy(DiagnoseCase):
    """The same while every core has something else to do, and nothing is set aside."""

    budget = "5s"
    settings = ()

    def test_busy(self):
        """Fifty times nothing at warning or above, but that the machine is busy, which it is."""
        with contextlib.ExitStack() as stack:
            for _ in range(os.cpu_count()):
                spinner = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
                stack.callback(spinner.kill)
            for number in range(50):
                document, found = self.diagnose()
                with self.subTest(number):
                    self.assertLessEqual(set(found), {"node-overloaded"}, said(document))
                    self.assertEqual(document["data"]["failed"], 0, document["data"])


if __name__ == "__main__":
    private.enter()
    unittest.main(defaultTest=["Faults", "Healthy"], verbosity=2)
