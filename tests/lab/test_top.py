#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""top live: silence on the healthy cluster, a fault that comes and goes, a table with very many entries."""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

import private

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))

from cluster import CLUSTER_IP, replica_address
from drop_case import chain, skip_unless_watched
from lab_case import LabCase

REPLICAS = ",".join(replica_address(number) for number in (1, 2, 3))
FILL = pathlib.Path(__file__).with_name("conntrack_fill.py")
ENTRIES = 100000
DEADLINE = 90
# What another program on a busy machine does to this one is no fault of the cluster.
LOAD = {"node-overloaded", "resolv-amplification"}


class Live:
    """The JSON objects of a top that runs on."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def next(self):
        return json.loads(self.process.stdout.readline())["data"]

    def wait_for(self, fits):
        end = time.monotonic() + DEADLINE
        while True:
            data = self.next()
            if fits(data):
                return data
            if time.monotonic() > end:
                raise AssertionError(f"it never came: {data['verdict']}, {data['standing']}")


def standing(data):
    return {f["id"] for f in data["standing"] if f["over_s"] is None} - LOAD


class Top(LabCase):
    def command(self, *more):
        return [os.environ["K8SDNS"], "top", "--json", "--interval", "500ms", *more]

    def test_unanswered_flows(self):
        """What others ask and nobody answers is counted as it happens, by client and server; our own is not."""
        ask = ("import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
               "s.sendto(b'\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\1a\\0\\0\\1\\0\\1', (sys.argv[1], 53))")
        with Live(self.lab.inside("node", self.command("--no-discovery", "--replica", REPLICAS))) as live:
            data = live.next()
            self.assertEqual((data["flows"]["unanswered"], data["flows_unanswered_lately"]), (0, 0))
            with self.lab.fault("dead-replica"):
                self.lab.pod(sys.executable, "-c", ask, replica_address(2))
                self.lab.pod(sys.executable, "-c", ask, replica_address(1))
                data = live.wait_for(lambda data: data["flows"]["unanswered"] and data["flows"]["answered"])
        self.assertEqual((data["flows"]["unanswered"], data["flows_unanswered_lately"]), (1, 1))
        servers = {p["address"]: (p["flows"], p["unanswered"]) for p in data["flows"]["by_backend"]}
        self.assertEqual([servers[replica_address(n)] for n in (2, 1)], [(1, 1), (1, 0)])
        # The others are the replicas, which ask their upstream.
        clients = {p["address"]: (p["flows"], p["unanswered"]) for p in data["flows"]["by_client"]}
        self.assertEqual(clients["10.244.0.10"], (2, 1))

    def test_healthy_and_back(self):
        """Nothing stands; a replica dies and the finding comes, and goes when it is back."""
        with Live(self.lab.inside("pod", self.command("--replica", REPLICAS))) as live:
            for _ in range(10):
                data = live.next()
                self.assertEqual(standing(data), set(), data["standing"])
            with self.lab.fault("dead-replica"):
                data = live.wait_for(lambda data: "replica-unreachable" in standing(data))
                found = next(f for f in data["standing"] if f["id"] == "replica-unreachable")
                self.assertIn(replica_address(2), found["subject"])
                series = {(s["target"], s["type"]): s for s in data["history"]["series"]}
                self.assertGreater(series[replica_address(2), "A"]["lost"], 0)
                self.assertEqual(series[replica_address(1), "A"]["lost"], 0)
                more = live.wait_for(lambda data: any(
                    f["id"] == found["id"] and f["stood_s"] > found["stood_s"] for f in data["standing"]))
                self.assertIn("replica-unreachable", standing(more))
            data = live.wait_for(lambda data: "replica-unreachable" not in standing(data))
            self.assertIn("replica-unreachable", {f["id"] for f in data["standing"] if f["over_s"] is not None})

    def test_dropped(self):
        """Questions fail, so the kernel is watched, and what it drops names the cause; it goes when the rule does."""
        skip_unless_watched()

        def blamed(data):
            return [f for f in data["standing"] if f["id"] == "path-filtered" and f["over_s"] is None
                    and any("the kernel dropped" in text for text in f["evidence"])]

        with Live(self.lab.inside("pod", self.command("--replica", REPLICAS))) as live:
            self.assertEqual(blamed(live.next()), [])
            with chain(self.lab, "node", "forward", 0, f"ip daddr {replica_address(2)} udp dport 53 drop"):
                data = live.wait_for(blamed)
                self.assertIn(replica_address(2), str(blamed(data)))
            live.wait_for(lambda data: "path-filtered" not in standing(data))

    def test_very_many_entries(self):
        """On the node, with a table of a hundred thousand: the gauge is there, and screens come on time."""
        try:
            self.lab.output("node", [sys.executable, str(FILL), str(ENTRIES)])
            command = [os.environ["K8SDNS"], "top", "--batch", "--count", "6", "--interval", "500ms", "--no-discovery",
                       "--cluster-ip", CLUSTER_IP, "--replica", REPLICAS]
            done = subprocess.run(self.lab.inside("node", command), stdout=subprocess.PIPE, text=True, timeout=120,
                                  check=False)
        finally:
            self.lab.output("node", ["conntrack", "-F"])
        screens = done.stdout.split("\n\n")
        self.assertEqual(len(screens), 6)
        for screen in screens:
            gauge = next(line for line in screen.splitlines() if " entries" in line and " of " in line)
            self.assertGreaterEqual(int(gauge.split(" of ")[0].split()[-1]), ENTRIES)
        self.assertIn("DNS ", screens[-1])


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
