#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's list of faults from inside a container: the same finding leads as from the Pod itself."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["SOURCE"], "tests/pod"))

import pod_case  # noqa: E402
from containers import Spec  # noqa: E402
from pod_case import REPLICAS, SINGLE, PodCase, private  # noqa: E402
from diagnose_case import leading  # noqa: E402
from test_diagnose import CHANCE, LEADING  # noqa: E402

NOBODY = 65534


class Faults(PodCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start("ordinary", Spec(image="glibc"))
        cls.start("hardened", Spec(image="musl", uid=NOBODY, capabilities=(), read_only=True, tmp="none"))

    def diagnose(self, name):
        done = self.containers.run(name, SINGLE, "diagnose", "--json", "--budget", "2s", "--set",
                                   "node.pressure_percent=100,replica.slow_more_ms=40", "--replica", REPLICAS)
        document = json.loads(done.stdout)
        return document, leading(document)

    def check(self, name):
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        for fault, finding in LEADING.items():
            with self.subTest(fault):
                with self.lab.fault(fault):
                    for _ in range(6 if fault in CHANCE else 4):
                        document, found = self.diagnose(name)
                        if found == [finding]:
                            break
                    self.assertEqual(found, [finding], document["findings"])
                for _ in range(5):
                    document, found = self.diagnose(name)
                    if not found:
                        break
                self.assertEqual(found, [], document["findings"])

    def test_ordinary(self):
        """Root with the usual capabilities, as most images run."""
        self.check("ordinary")

    def test_hardened(self):
        """A user without capabilities, a root that cannot be written, and musl."""
        self.check("hardened")


if __name__ == "__main__":
    pod_case.skip_without_tools()
    private.enter()
    unittest.main(verbosity=2)
