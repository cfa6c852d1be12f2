#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What cannot be set on the machine that runs the tests: a neighbour table that overflows, delay by netem."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import unittest

import machine
from cluster import replica_address
from lab_case import LabCase

FLOOD = r"""
import os, socket, sys
os.sched_setaffinity(0, {0})
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(bytes(64), (sys.argv[1], 9))
"""
DELAY_US = 500000
THRESHOLDS = "/proc/sys/net/ipv4/neigh/default/gc_thresh"


class Limits(LabCase):
    def limit(self, name, *prefix):
        done = self.lab.output("node", [*prefix, os.environ["K8SDNS"], "node", "--json", "--no-discovery"])
        return next(x for x in json.loads(done)["data"]["limits"] if x["id"] == name)

    def test_neighbour_overflow(self):
        """Too many neighbours: use and limit are those set, each entry refused is counted, and the sentence says it."""
        before = self.limit("neighbour-ipv4")
        self.assertEqual((before["limit"], before["events"]), (1024, 0))
        for number, value in ((1, 2), (2, 4), (3, 20)):
            with open(f"{THRESHOLDS}{number}", "w", encoding="ascii") as file:
                file.write(str(value))
        try:
            refused = self.fill()
            after = self.limit("neighbour-ipv4")
            text = self.lab.output("node", [os.environ["K8SDNS"], "node", "--no-discovery"])
            with self.kept_full():
                self.assertIn("neighbour-full", self.diagnosed())
        finally:
            for number, value in ((1, 128), (2, 512), (3, 1024)):
                with open(f"{THRESHOLDS}{number}", "w", encoding="ascii") as file:
                    file.write(str(value))
        self.assertGreater(refused, 0)
        self.assertEqual((after["limit"], after["events"]), (20, refused))
        # While it is looked at a slow machine forgets some again.
        self.assertGreaterEqual(after["ratio"], 0.8)
        self.assertNotIn("neighbour-full", self.diagnosed())
        self.assertIn("* ARP table: when it is full", " ".join(text.split()))

    def fill(self):
        """Add thirty neighbours; how many the kernel refused."""
        refused = 0
        for host in range(100, 130):
            command = f"ip -n node neigh add 10.244.1.{host} lladdr 02:00:00:00:00:01 dev cni1 nud reachable"
            done = subprocess.run(command.split(), stderr=subprocess.DEVNULL, check=False)
            refused += done.returncode != 0
        return refused

    @contextlib.contextmanager
    def kept_full(self):
        """The kernel forgets neighbours that nobody talks to in half a minute, and a slow machine looks for longer."""
        ended = threading.Event()

        def again():
            while not ended.wait(5):
                self.fill()
        filler = threading.Thread(target=again)
        filler.start()
        try:
            yield
        finally:
            ended.set()
            filler.join()

    def diagnosed(self):
        """What leads in the node; how busy this slow machine is does not count."""
        done = subprocess.run(self.lab.inside("node", [os.environ["K8SDNS"], "diagnose", "--json", "--no-discovery",
                                                       "--set", "node.pressure_percent=100", "--replica",
                                                       replica_address(1)]), stdout=subprocess.PIPE, check=False)
        return [f["id"] for f in json.loads(done.stdout)["findings"] if not f["consequence_of"]]

    def test_backlog(self):
        """A queue of incoming packets that is far too short: the drops are seen, and the node is named for them.

        A CPU empties its own queue before it sends more, so one CPU sends and the other receives (RPS).
        """
        backlog = pathlib.Path("/proc/sys/net/core/netdev_max_backlog")
        usual = backlog.read_text(encoding="ascii")
        self.receive_on("2")
        backlog.write_text("1", encoding="ascii")
        flood = subprocess.Popen(self.lab.inside("pod", [sys.executable, "-c", FLOOD, replica_address(1)]))
        try:
            # Python takes its time to start here, and the look must not be over before the flood begins.
            enough, until = self.limit("softnet-dropped")["events"] + 100, time.monotonic() + 30
            while self.limit("softnet-dropped")["events"] < enough:
                self.assertLess(time.monotonic(), until, "the flood is not too much for the queue")
            self.assertIn("node-overloaded", self.diagnosed())
        finally:
            flood.kill()
            flood.wait()
            backlog.write_text(usual, encoding="ascii")
            self.receive_on("0")
        self.assertNotIn("node-overloaded", self.diagnosed())

    def receive_on(self, cpus):
        """Which CPUs, as a mask, take what comes from the Pod; 0 is the one that sends it."""
        write = f"echo {cpus} >/sys/class/net/v-pod/queues/rx-0/rps_cpus"
        subprocess.run(["ip", "netns", "exec", "node", "sh", "-c", write], check=True)

    def test_neighbours_in_proc(self):
        """The same numbers stand in /proc."""
        by_netlink = self.limit("neighbour-ipv4")
        stat = pathlib.Path("/proc/net/stat/arp_cache").read_text(encoding="ascii").splitlines()
        names, rows = stat[0].split(), [row.split() for row in stat[1:]]
        self.assertEqual(by_netlink["use"], int(rows[0][names.index("entries")], 16))
        self.assertEqual(by_netlink["events"], sum(int(row[names.index("table_fulls")], 16) for row in rows))

    def test_delay(self):
        """netem's delay is what probe measures, at the one replica behind it; longer than a busy machine takes."""
        self.lab.output("node", ["tc", "qdisc", "add", "dev", "v-dns2", "root", "netem", "delay", f"{DELAY_US}us"])
        try:
            document, _ = self.lab.probe("--no-search", "kubernetes.default.svc.cluster.local.", "--timeout", "8s")
        finally:
            self.lab.output("node", ["tc", "qdisc", "del", "dev", "v-dns2", "root"])
        times = {t["address"]: [p["rtt_us"] for p in document["data"]["probes"] if p["target"] == t["id"]]
                 for t in document["data"]["targets"] if t["role"] == "replica"}
        self.assertTrue(all(rtt >= DELAY_US for rtt in times[replica_address(2)]), times)
        self.assertTrue(all(rtt < DELAY_US for rtt in times[replica_address(1)]), times)

    def test_conntrack_of_an_older_kernel(self):
        """The kernel's own filter is found, and counts are those of conntrack(8)."""
        self.lab.output("node", ["conntrack", "-F"])
        self.lab.probe("--no-search", "a.", "b.")
        document = json.loads(self.lab.output("node", [os.environ["K8SDNS"], "conntrack", "--json", "--no-discovery"]))
        listed = [line for line in self.lab.output("node", ["conntrack", "-L"]).splitlines()
                  if "dport=53 " in line.split("src=")[1]]
        self.assertTrue(document["data"]["dns"]["filtered"])
        self.assertEqual(document["data"]["dns"]["entries"], len(listed))


if __name__ == "__main__":
    machine.enter()
    unittest.main(verbosity=2)
