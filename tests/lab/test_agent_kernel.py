#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""agent: what programs in the kernel see of a node, as Prometheus has it: lookups by result and Pod, drops by hook."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import unittest

import private

private.enter(watches=True)

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


# Looks one name up, again and again, four at a time; says so once.
LOOKS_UP = """
import socket, sys, threading, time

def look_up():
    while True:
        try:
            socket.getaddrinfo(sys.argv[1], 80)
        except socket.gaierror:
            pass
        time.sleep(0.25)

for _ in range(4):
    threading.Thread(target=look_up, daemon=True).start()
print(flush=True)
time.sleep(600)
"""


class OnePod(LabCase):
    """Programs of two Pods of one node, each in a group, a mount and a network namespace as a Pod has."""
    UID = "pod12345678-1234-1234-1234-1234567890%02x"

    def setUp(self):
        # Programs of the whole machine are seen by whoever looks: one agent alone does.
        without = ["--without", "lookups"]
        self.fleet = self.enterContext(Fleet(self.lab, "--without", "drops", more={"pod": without, "pod2": without}))
        self.groups = private.RUN / "groups"
        self.groups.mkdir()
        subprocess.run(["mount", "-t", "cgroup2", "none", self.groups], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.groups], check=True)

    @contextlib.contextmanager
    def program(self, space, host):
        """A program of a Pod of that namespace, in a network namespace of that name."""
        self.lab.add_pod(space, 0, host)
        group = self.groups / f"k8sdns-lab-{os.getpid()}-{space}" / (self.UID % host)
        group.mkdir(parents=True)
        conf, hostname = private.RUN / f"{space}.conf", private.RUN / f"{space}.hostname"
        conf.write_text(f"nameserver {self.lab.cluster_ip}\noptions timeout:1 attempts:1\n"
                        f"search {space}.svc.cluster.local svc.cluster.local cluster.local\n")
        hostname.write_text(f"{space}-web-0\n")
        script = ('echo $$ >"$1/cgroup.procs"; mount --bind "$2" /etc/hostname; '
                  'mount --bind "$3" "$(realpath /etc/resolv.conf)"; shift 3; exec "$@"')
        command = self.lab.inside(space, ["unshare", "--mount", "sh", "-c", script, "sh", group, hostname, conf,
                                          "/usr/bin/python3", "-c", LOOKS_UP, NAMES["ok"]])
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()
                yield
            finally:
                process.kill()
                process.wait()
                group.rmdir()
                group.parent.rmdir()

    def failed(self, space):
        query = (f'increase(k8sdns_lookups_total{{node="node",client_namespace="{space}",'
                 'result=~"timeout|failed"}[5m])')
        return sum(value for _, value in self.fleet.query(query))

    def test_scope(self):
        """One Pod is not let to its name servers, another and all agents are: scope names the one."""
        with self.program("bank", 31), self.program("shop", 32):
            self.lab.nft("shop", "table ip one {\n chain out {\n  type filter hook output priority 0;\n"
                                 "  udp dport 53 drop;\n }\n}\n")
            self.fleet.wait_for(lambda: self.failed("shop") > 200, "lookups of one Pod that fail", 200)
            self.assertEqual(self.failed("bank"), 0)
            data = json.loads(self.fleet.scope("--json"))["data"]
            text = self.fleet.scope()
        self.assertEqual((data["scope"], data["status"], data["nodes"]), ("fixed-pods", "failing", 3),
                         data["scope_text"])
        self.assertIn("namespace shop on node", data["scope_text"])
        self.assertIn("namespace shop on node", " ".join(text.split()))
        self.assertEqual([place["name"] for place in data["fleet"]["places"]
                          if place["place"] == "namespace" and place["fails"]], ["shop"])
        # The agents' own queries do not fail.
        self.assertEqual([place for place in data["fleet"]["places"]
                          if place["place"] == "server" and place["fails"]], [])
        self.assertEqual({s["signal"]: s["scope"] for s in data["fleet"]["signals"]}["queries"], "none")


if __name__ == "__main__":
    unittest.main(verbosity=2)
