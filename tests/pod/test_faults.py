#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's list of faults from inside a container: the same finding leads as from the Pod itself.

Pairs and Healthy are for `tests/run all`.
"""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["SOURCE"], "tests/pod"))

import pod_case  # noqa: E402
from containers import Spec  # noqa: E402
from pod_case import REPLICAS, SINGLE, PodCase, private  # noqa: E402
from diagnose_case import DiagnoseCase, leading  # noqa: E402
from test_diagnose import CHANCE, LEADING  # noqa: E402
from test_diagnose_pairs import PAIRS  # noqa: E402

NOBODY = 65534


class InContainers(PodCase):
    """Each test of a class below, in two kinds of container."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start("ordinary", Spec(image="glibc"))
        cls.start("hardened", Spec(image="musl", uid=NOBODY, capabilities=(), read_only=True, tmp="none"))

    def diagnose(self, name):
        done = self.containers.run(name, SINGLE, "diagnose", "--json", "--budget", DiagnoseCase.budget,
                                   *DiagnoseCase.settings, "--replica", REPLICAS)
        document = json.loads(done.stdout)
        return document, sorted(leading(document))

    def leads(self, name, wanted, looks):
        """These lead, in one of a few looks: what the fault before has left in caches may need a second one."""
        for _ in range(looks):
            document, found = self.diagnose(name)
            if found == sorted(wanted):
                break
        self.assertEqual(found, sorted(wanted), document["findings"])

    def check(self, name):
        raise NotImplementedError

    def test_ordinary(self):
        """Root with the usual capabilities, as most images run."""
        self.check("ordinary")

    def test_hardened(self):
        """A user without capabilities, a root that cannot be written, and musl."""
        self.check("hardened")


class Faults(InContainers):
    def check(self, name):
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        for fault, finding in LEADING.items():
            with self.subTest(fault):
                with self.lab.fault(fault):
                    self.leads(name, [finding], 6 if fault in CHANCE else 4)
                self.leads(name, [], 5)


class Pairs(InContainers):
    def check(self, name):
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        for (first, second), wanted in PAIRS:
            with self.subTest(first, second=second), self.lab.fault(first), self.lab.fault(second):
                self.leads(name, wanted, 3)
        self.leads(name, [], 5)


class Healthy(InContainers):
    def check(self, name):
        for number in range(20):
            with self.subTest(number):
                self.leads(name, [], 1)


if __name__ == "__main__":
    pod_case.skip_without_tools()
    private.enter()
    unittest.main(defaultTest="Faults", verbosity=2)
