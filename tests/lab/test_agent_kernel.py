#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""agent: what programs in the kernel see of a node, as Prometheus has it: lookups by result, drops by hook."""
import shutil
import subprocess
import sys
import unittest

import private

private.enter()

from agent_fleet import Fleet  # noqa: E402, it takes the namespaces
from lab_case import LabCase  # noqa: E402

for tool in ("prometheus", "curl"):
    if not shutil.which(tool):
        print(f"SKIP: {tool} is not installed")
        sys.exit(77)

NAMES = {"ok": "database.default.svc.cluster.local.", "not-found": "nobody.default.svc.cluster.local."}
DROPS = 'k8sdns_dropped_packets_total{node="node",reason="NETFILTER_DROP",hook="forward"}'


class Seen(LabCase):
    """All programs of the machine are seen, those of other tests as well: counts are at least what was done here."""

    def setUp(self):
        self.fleet = self.enterContext(Fleet(self.lab))
        for part in ("lookups", "drops"):
            up = f'k8sdns_agent_part_up{{part="{part}"}} == 1'
            self.fleet.wait_for(lambda up=up: self.fleet.by_node(up), part)

    def value(self, text):
        return sum(value for _, value in self.fleet.query(text))

    def test_lookups(self):
        lookups = 'k8sdns_lookups_total{node="node",client_namespace="(node)",result="%s"}'
        self.fleet.wait_for(lambda: self.fleet.query(lookups % "ok"), "the first page")
        before = {result: self.value(lookups % result) for result in NAMES}
        for result, name in NAMES.items():
            for _ in range(12):
                done = subprocess.run(self.lab.pod_command(["getent", "ahosts", name]), env=self.lab.pod_environment(),
                                      stdout=subprocess.DEVNULL, check=False)
                self.assertEqual(done.returncode, 0 if result == "ok" else 2)
        for result, count in before.items():
            self.fleet.wait_for(lambda r=result, c=count: self.value(lookups % r) >= c + 12, f"lookups: {result}")
        # All that was told apart is all that was counted.
        counted = self.value('sum(k8sdns_lookups_total{node="node"} @ end())')
        total = self.value('k8sdns_node_lookups_total{node="node"}')
        self.assertAlmostEqual(counted, total, delta=max(5, counted / 20))
        self.assertEqual(self.value('k8sdns_events_lost_total{node="node",part="lookups"}'), 0)

    def test_drops(self):
        """A rule of the node drops all DNS: each packet counts at its hook, and the first page has 0."""
        with self.lab.fault("everything-down"):
            self.fleet.wait_for(lambda: self.value(DROPS) > 10, "drops of the node's rule")
            increase = self.fleet.wait_for(lambda: self.value(DROPS.join(("increase(", "[10s])"))), "an increase")
        self.assertGreater(increase, 5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
