#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""agent: three of them in the lab, scraped by a real Prometheus, while servers and paths fail and recover."""
import json
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

REPLICA = "10.244.1.22"
FAILED = 'sum by (node) (increase(k8sdns_probe_queries_total{%s,result=~"failed|timeout|error"}[20s]))'


class Scraped(LabCase):
    def setUp(self):
        self.fleet = self.enterContext(Fleet(self.lab, "--without", "lookups,drops"))
        self.fleet.wait_for(lambda: len(self.fleet.by_node("k8sdns_node_queries_total > 20")) == 3, "queries of all")

    def wait_for_finding(self, event, seconds=60):
        for agent in self.fleet.agents.values():
            self.fleet.wait_for(lambda agent=agent: "replica-unreachable" in {f["id"] for f in agent.findings(event)},
                                f"{event} at {agent.place}", seconds)

    def failures(self, server=""):
        return self.fleet.by_node(FAILED % (f'server="{server}"' if server else 'server!=""'))

    def test_series(self):
        """All is taken in under its own labels, none of which the scrape had to rename, and within the bound."""
        self.assertEqual(self.fleet.by_node("up"), {"node": 1, "pod": 1, "pod2": 1})
        self.assertEqual(self.fleet.query('count({__name__=~"k8sdns.*",exported_node=~".+"})'), [])
        for node, count in self.fleet.by_node("scrape_samples_scraped").items():
            self.assertLessEqual(count, 280, node)
        servers = {labels["server"] for labels, _ in self.fleet.query("count by (server) (k8sdns_probe_queries_total)")}
        self.assertEqual(servers, {"10.96.0.10", "10.244.1.21", "10.244.1.22", "10.244.1.23"})
        self.assertEqual(len(self.fleet.query("k8sdns_conntrack_entries")), 1)  # of the node, and of no Pod
        self.assertEqual(self.fleet.by_node('k8sdns_agent_part_up{part="conntrack"}'), {"node": 1, "pod": 0, "pod2": 0})

    def test_strict(self):
        """A reader that forgives nothing reads the page as OpenMetrics, and the same numbers from the text."""
        pages = {accept: self.fleet.page("node", accept) for accept in ("text/plain", "application/openmetrics-text")}
        script = ("import json, sys; from prometheus_client.openmetrics import parser; "
                  "print(json.dumps([s.name for f in parser.text_string_to_metric_families(sys.stdin.read()) "
                  "for s in f.samples]))")
        done = subprocess.run(["/usr/bin/python3", "-c", script], input=pages["application/openmetrics-text"],
                              text=True, capture_output=True, check=False)
        if "No module named" in done.stderr:
            self.skipTest("python3-prometheus-client is not installed")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [line.split("{")[0].split(" ")[0] for line in pages["text/plain"].splitlines() if line[:1] not in "#"]
        self.assertEqual(json.loads(done.stdout), names)

    def test_dead_replica(self):
        """A replica is silent: all nodes count it at that server alone, and say so; when it is back that ends."""
        with self.lab.fault("dead-replica"):
            self.fleet.wait_for(lambda: min(self.failures(REPLICA).values(), default=0) > 3, "failures at the replica")
            self.wait_for_finding("finding-begins")
            self.assertEqual(max(self.failures("10.244.1.21").values()), 0)
            # The node's connection tracking has the flows of all that go to it; Pods' own have none.
            flows = 'increase(k8sdns_unanswered_flows_total{backend="%s"}[20s])'
            self.fleet.wait_for(lambda: self.fleet.by_node(flows % REPLICA).get("node", 0) > 5, "flows")
            self.assertEqual(self.fleet.by_node(flows % "10.244.1.21"), {"node": 0})
            metric = 'k8sdns_finding{id="replica-unreachable"}'
            standing = self.fleet.wait_for(lambda: self.fleet.by_node(metric), metric)
            self.assertTrue(set(standing.values()) == {1})
        self.wait_for_finding("finding-ends", 120)

    def test_one_of_three(self):
        """What one node alone cannot reach, one node alone counts."""
        with self.fleet.only_at("pod2", REPLICA):
            self.fleet.wait_for(lambda: self.failures().get("pod2", 0) > 5, "failures at one node")
            failures = self.fleet.by_node("increase(k8sdns_node_query_failures_total[20s])")
        self.assertGreater(failures["pod2"], 3)
        self.assertEqual((failures["node"], failures["pod"]), (0, 0))

    def test_scope(self):
        """scope over this Prometheus: one node of three, by its name; then all three. It has run for too short a time
        to say how often."""
        failed = 'sum by (node) (increase(k8sdns_node_query_failures_total[5m])) > %d'
        with self.fleet.only_at("pod2", REPLICA):
            self.fleet.wait_for(lambda: "pod2" in self.fleet.by_node(failed % 40), "failures at one node")
            data = json.loads(self.fleet.scope("--json"))["data"]
        self.assertEqual((data["scope"], data["status"], data["nodes"], data["frequency"]),
                         ("some-nodes", "failing", 3, None), data["scope_text"])
        self.assertEqual([place["name"] for place in data["fleet"]["places"]
                          if place["place"] == "node" and place["fails"]], ["pod2"])
        self.assertEqual([place["name"] for place in data["fleet"]["places"]
                          if place["place"] == "server" and place["fails"]], [REPLICA])
        with self.lab.fault("dead-replica"):
            self.fleet.wait_for(lambda: len(self.fleet.by_node(failed % 80)) == 3, "failures at all nodes", 120)
            data = json.loads(self.fleet.scope("--json"))["data"]
        self.assertEqual((data["scope"], data["status"], data["scope_ratio"]), ("whole-cluster", "failing", 1),
                         data["scope_text"])
        for cause in data["causes"]:
            self.assertLessEqual(cause["reports"], 3, cause)


if __name__ == "__main__":
    unittest.main(verbosity=2)
