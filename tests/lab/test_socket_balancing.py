#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A data plane that balances at the socket, in place of kube-proxy's rules: what it is, and its own fault."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest
import uuid

import private
from diagnose_case import DiagnoseCase, said
from drop_case import chain, is_attached, skip_unless_watched
from rules import with_port

SOURCE = pathlib.Path(__file__).with_name("socket_balancer_bpf.c")
HOOKS = [f"{hook}{family}" for hook in ("connect", "sendmsg", "recvmsg", "getpeername") for family in (4, 6)]
QUESTION = b"\1\1\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"
# Keep one connected socket, as some programs do, and ask with it again and again; print one line when it is connected.
KEPT = """
import socket, sys, time
s = socket.socket(socket.%s, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 53))
print(flush=True)
while True:
    try:
        s.send(%r)
    except OSError:
        pass
    time.sleep(0.1)
"""
BPF, GROUPS = pathlib.Path("/run/bpf"), pathlib.Path("/run/cgroup2")


def end(address):
    number = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    return number.ljust(16, b"\0") + struct.pack("!H", 53) + b"\0\0"


class Balancer:
    """The programs, in a control group of their own."""

    def __init__(self):
        for folder, kind in ((BPF, "bpf"), (GROUPS, "cgroup2")):
            folder.mkdir(exist_ok=True)
            self.run("mount", "-t", kind, "none", folder)
        # One hierarchy for the whole machine, on which other labs have the same process ids.
        self.group = GROUPS / f"k8sdns-lab-{uuid.uuid4().hex[:12]}"
        self.group.mkdir()
        made = pathlib.Path("/run/balancer.o")
        self.run("clang", "-O2", "-g", "-target", "bpf", f"-I/usr/include/{os.uname().machine}-linux-gnu", "-c", SOURCE,
                 "-o", made)
        self.run("bpftool", "prog", "loadall", made, BPF / "programs", "pinmaps", BPF)
        for hook in HOOKS:
            self.run("bpftool", "cgroup", "attach", self.group, hook, "pinned", BPF / "programs" / hook, "multi")

    def run(self, *words):
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise unittest.SkipTest(f"{words[0]}: {done.stderr.strip()}")

    def lead(self, cluster_ip, *addresses):
        value = struct.pack("=I", len(addresses)) + b"".join(map(end, addresses)).ljust(160, b"\0")
        self.run("bpftool", "map", "update", "pinned", BPF / "services", "key", "hex",
                 *end(cluster_ip).hex(" ").split(), "value", "hex", *value.hex(" ").split())

    def command(self, words):
        """The command line that runs in the control group."""
        return ["sh", "-c", f'echo $$ >{self.group}/cgroup.procs; exec "$@"', "sh", *words]

    def close(self):
        for folder in (BPF, GROUPS):
            with contextlib.suppress(OSError):
                self.group.rmdir()
            subprocess.run(["umount", folder], check=False)


class SocketBalancing(DiagnoseCase):
    socket_family = "AF_INET"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.balancer = Balancer()
        except unittest.SkipTest:
            cls.lab.__exit__()
            raise
        cls.lab.output("node", ["nft", "flush", "ruleset"])
        # Every command of the Pod runs in the group, before its privileges are given up.
        cls.rights = (*cls.balancer.command(()), *DiagnoseCase.rights)

    @classmethod
    def tearDownClass(cls):
        cls.balancer.close()
        super().tearDownClass()

    def setUp(self):
        self.lead_to(1, 2, 3)

    def lead_to(self, *numbers):
        self.balancer.lead(self.lab.cluster_ip, *map(self.lab.address, numbers))

    def test_healthy(self):
        """No rule, no entry of the ClusterIP: it answers, and nothing leads."""
        document = self.leads([])
        self.assertEqual(document["data"]["status"], "ok")

    def test_no_backend(self):
        """EPERM at connect(2) is not a firewall's: the Service has nobody."""
        self.lead_to()
        document, found = self.diagnose()
        self.assertEqual(found, ["service-endpoints"], [f["evidence"] for f in document["findings"]])
        self.assertNotIn("path-filtered", [f["id"] for f in document["findings"]])

    def test_recognised(self):
        """A socket that is connected to the ClusterIP leads to a replica, whatever getpeername(2) tells."""
        words = self.lab.pod_command([*self.rights, os.environ["K8SDNS"], "capture", "--budget", "2s"])
        done = subprocess.run(words, env=self.lab.pod_environment(), capture_output=True, text=True, check=False,
                              timeout=60)
        sockets = json.loads(done.stdout)["data"]["sockets"]
        self.assertIn(sockets["cluster_ip_backend"], [self.lab.address(n) for n in (1, 2, 3)])
        self.assertFalse(sockets["cluster_ip_refused"])

    def test_programs(self):
        """Root is told which programs decide, by the names that they were loaded with; who may not list them, none."""
        group = {hook for hook in HOOKS if hook[:-1] in ("connect", "sendmsg")}
        capture = [os.environ["K8SDNS"], "capture", "--budget", "2s"]
        for rights, wanted in (((), {(hook, hook) for hook in group}),
                               (("setpriv", "--bounding-set", "-sys_admin"), {(hook, None) for hook in group}),
                               (("setpriv", "--bounding-set", "-all"), set())):
            with self.subTest(rights=rights):
                words = self.lab.pod_command(self.balancer.command([*rights, *capture]))
                done = subprocess.run(words, env=self.lab.pod_environment(), capture_output=True, text=True,
                                      check=False, timeout=60)
                programs = json.loads(done.stdout)["data"]["sockets"]["programs"]
                self.assertEqual({(p["hook"], p.get("name")) for p in programs}, wanted, done.stderr)
                self.assertTrue(all(p["id"] for p in programs))

    def test_path(self):
        """What asks the ClusterIP is followed to the replicas that sockets are led to; others' queries are not."""
        asked = (f"import socket; s = socket.socket(socket.{self.socket_family}, socket.SOCK_DGRAM); s.settimeout(5)\n"
                 f"s.sendto({QUESTION!r}, (%r, 53)); s.recv(512)\n")
        backends = [self.lab.address(n) for n in (1, 2)]
        self.lead_to(1, 2)
        words = self.lab.inside("node", [os.environ["K8SDNS"], "path", "--json", "--netns", "/run/netns/pod",
                                         "--server", self.lab.cluster_ip])
        with subprocess.Popen(self.balancer.command(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as path:
            line = path.stderr.readline()
            if "watching" not in line:
                path.kill()
                self.skipTest(line + path.stderr.read())
            self.lab.pod(sys.executable, "-c", asked % self.lab.address(3))
            self.lab.pod(*self.balancer.command([sys.executable, "-c", asked % self.lab.cluster_ip]))
            time.sleep(0.3)
            path.send_signal(signal.SIGINT)
            documents = [json.loads(line)["data"] for line in path.stdout]
        (packet,) = [packet for part in documents[:-1] for packet in part["packets"]]
        self.assertEqual((packet["outcome"], packet["name"]), ("answered", "www.example.com."))
        self.assertIn(packet["server"], [f"[{a}]:53" if ":" in a else f"{a}:53" for a in backends])
        self.assertEqual(sorted(documents[-1]["backends"]), backends)

    def test_conntrack(self):
        """Its table has nothing of such a translation, and it says so; without one it does not."""
        words = [os.environ["K8SDNS"], "conntrack", "--json", "--no-discovery", "--cluster-ip", self.lab.cluster_ip]
        for balanced, wanted in ((True, [self.lab.address(2)]), (False, [None])):
            with self.subTest(balanced):
                self.lead_to(2)
                command = self.lab.inside("node", words)
                done = subprocess.run(self.balancer.command(command) if balanced else command, stdout=subprocess.PIPE,
                                      text=True, check=False)
                self.assertIn(json.loads(done.stdout)["data"]["socket_backend"], wanted)

    def test_stale(self):
        """A socket that some process keeps stays with its replica when that has gone, and fresh ones are fine."""
        self.lead_to(2)
        words = [sys.executable, "-c", KEPT % (self.socket_family, QUESTION), self.lab.cluster_ip]
        others = ",".join(self.lab.address(n) for n in (1, 3))
        with subprocess.Popen(self.balancer.command(self.lab.inside("pod", words)), stdout=subprocess.PIPE) as kept:
            try:
                kept.stdout.readline()
                with self.lab.fault("dead-replica"):
                    self.lead_to(1, 3)
                    command = [*self.rights, os.environ["K8SDNS"], "diagnose", "--json", "--budget", "2s",
                               "--no-metrics", *self.settings, "--replica", others]
                    done = subprocess.run(self.lab.pod_command(command), env=self.lab.pod_environment(), text=True,
                                          stdout=subprocess.PIPE, timeout=60, check=False)
            finally:
                kept.kill()
        document = json.loads(done.stdout)
        leads = [f for f in document["findings"] if f["severity"] != "info"]
        self.assertEqual([f["id"] for f in leads], ["socket-stale"], said(document))
        told = " ".join(leads[0]["evidence"])
        self.assertIn(f"stays connected to {with_port(self.lab.address(2))}", told)
        self.assertIn("sockets are load balanced here", told)

    def test_drops(self):
        """What a rule drops of a query to the ClusterIP is shown with the replica that the socket was led to."""
        self.lead_to(2)
        words = self.lab.inside("node", [os.environ["K8SDNS"], "drops", "--json", "--netns", "/run/netns/node"])
        asked = (f"import socket; s = socket.socket(socket.{self.socket_family}, socket.SOCK_DGRAM)\n"
                 f"s.sendto({QUESTION!r}, ({self.lab.cluster_ip!r}, 53))\n")
        skip_unless_watched()
        with chain(self.lab, "node", "forward", 5, "udp dport 53 drop"), \
                subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as drops:
            while drops.poll() is None and not is_attached(drops.pid):
                time.sleep(0.05)
            self.lab.pod(*self.balancer.command([sys.executable, "-c", asked]))
            time.sleep(0.5)
            drops.send_signal(signal.SIGINT)
            documents = [json.loads(line)["data"] for line in drops.stdout]
        found = [d for d in documents if d.get("name") == "www.example.com."]
        self.assertEqual({(d["dst"], d["cause"], d["hook"]) for d in found},
                         {(self.lab.address(2), "rule", "forward")}, documents)

    def test_no_collisions(self):
        """One socket that sends to many backends is what such a data plane makes of musl's."""
        ip = "ip" if self.family == 4 else "ip6"
        script = (f"import socket; s = socket.socket(socket.{self.socket_family}, socket.SOCK_DGRAM); s.settimeout(1)\n"
                  f"for _ in range(30): s.sendto({QUESTION!r}, ('{self.lab.cluster_ip}', 53)); s.recv(512)\n")
        # Something that tracks, as a masquerading rule makes it.
        self.lab.nft("node", f"table {ip} watch {{\n" " chain passing {\n  type filter hook forward priority 0;\n"
                             "  ct state new counter;\n }\n}\n")
        done = subprocess.run(self.lab.pod_command(self.balancer.command([sys.executable, "-c", script])),
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = self.lab.output("node", [os.environ["K8SDNS"], "conntrack", "--json", "--no-discovery"])
        data = json.loads(said)["data"]
        self.lab.nft("node", f"delete table {ip} watch\n")
        self.assertGreaterEqual(data["dns"]["entries"], 2)
        self.assertEqual(data["collisions_total"], 0)


class SocketBalancingSix(SocketBalancing):
    """The same by the programs of IPv6."""
    family = 6
    socket_family = "AF_INET6"


if __name__ == "__main__":
    private.enter()
    if os.geteuid() or not all(map(shutil.which, ("clang", "bpftool"))):
        print("SKIP: it takes root, clang and bpftool")
        sys.exit(77)
    unittest.main(verbosity=2)
