#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of faults as a plain user, who may read little, and as root, who sees what the kernel drops.

More rights find the cause more closely, and never another one; fewer find a more general one that is true.
"""
import unittest

import private
from diagnose_case import PLAIN, DiagnoseCase
from test_diagnose import CHANCE, LEADING

# Where a rule drops or rejects, who sees the kernel's drops names the rule.
RULED = {"clusterip-broken", "clusterip-lossy", "everything-down", "reject", "prohibit", "output-blocked",
         "tcp-blocked", "lossy"}


class EveryFault(DiagnoseCase):
    def allowed(self, fault):
        return [[LEADING[fault]]]

    def check_all(self):
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        for fault in LEADING:
            with self.subTest(fault):
                with self.lab.fault(fault):
                    for _ in range(4 if fault in CHANCE else 2):
                        document, found = self.diagnose()
                        if found in self.allowed(fault):
                            break
                    self.assertIn(found, self.allowed(fault), document["findings"])
                self.recovers()


class Plain(EveryFault):
    rights = PLAIN

    def test_faults(self):
        self.check_all()


class Watching(EveryFault):
    rights = ()

    def allowed(self, fault):
        return super().allowed(fault) + ([["path-filtered"]] if fault in RULED else [])

    def test_faults(self):
        self.check_all()


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
