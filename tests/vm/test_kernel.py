#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel has and lacks: programs load on every one that has BTF, and what is missing is called by its name."""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

import machine
from cluster import CLUSTER_IP
from trace_case import ID, NAME, PORT, TraceCase

K8SDNS = os.environ.get("K8SDNS", "k8sdns")
PROGRAMS = ("drops", "lookups", "path")
TYPES = pathlib.Path("/sys/kernel/btf")
UNPRIVILEGED = pathlib.Path("/proc/sys/kernel/unprivileged_bpf_disabled")
MODULE_TYPES = pathlib.Path("/sys/kernel/btf/nf_conntrack")
# Since Linux 6.6 bpf(2) makes probes in programs by itself.
HAS_MULTI = os.path.exists(TYPES / "vmlinux") and b"\0BPF_TRACE_UPROBE_MULTI\0" in (TYPES / "vmlinux").read_bytes()
# On arm64 no program is attached to a function's entry before Linux 6.4: probes serve.
HAS_FENTRY = os.uname().machine != "aarch64" or tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 4)
LOCKDOWN = pathlib.Path("/sys/kernel/security/lockdown")
GROUPS = pathlib.Path("/sys/fs/cgroup")
CALL = "import socket, time; time.sleep(1); socket.getaddrinfo('www.example.com', 80)"
# Run a program that may not make one system call, named by its number: seccomp(2) by prctl(2), a filter of four
# instructions.
BPF, PERF_EVENT_OPEN = {"x86_64": ("321", "298"), "aarch64": ("280", "241")}[os.uname().machine]
FILTERED = """
import ctypes, os, struct, sys
code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *row) for row in (
    (0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000))))
program = struct.pack("=HxxxxxxQ", 4, ctypes.addressof(code))
libc = ctypes.CDLL(None)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
    sys.exit("seccomp is not to be had")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def run(*command):
    """(status, all that it prints in one line)."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          text=True, check=False)
    return done.returncode, " ".join(done.stdout.split())


def watch(command, *prefix):
    return run(*prefix, K8SDNS, command, "--duration", "100ms")


class Kernel(TraceCase):
    def refused(self, words, *prefix):
        """Each says why, in one line, and that it could not see."""
        for command in PROGRAMS:
            with self.subTest(command):
                status, text = watch(command, *prefix)
                self.assertEqual(status, 3, text)
                self.assertIn(words, text)

    def test_programs(self):
        """They load, whatever this kernel's verifier takes."""
        for command in PROGRAMS:
            with self.subTest(command):
                status, text = watch(command)
                self.assertEqual(status, 0, text)

    def test_lookups(self):
        """A call of the C library, and a query without one."""
        process = self.begin("lookups")
        try:
            self.lab.pod(sys.executable, "-c", CALL)
            self.ask(CLUSTER_IP, wait=5)
        finally:
            parts, _ = self.end(process, 1)
        seen = {(call["way"], call["name"]): call for part in parts for call in part["lookups"]
                if call["process"]["netns"] == self.netns("pod")}
        self.assertIn(("call", "www.example.com"), seen)
        self.assertIn(("packets", NAME), seen)

    def test_path(self):
        """From the Pod's socket to the replica's and back, on any kernel."""
        process = self.begin("path", "--netns", "/run/netns/pod")
        try:
            self.ask(CLUSTER_IP, wait=5)
        finally:
            parts, _ = self.end(process, 1)
        (packet,) = [packet for part in parts for packet in part["packets"]]
        self.assertEqual((packet["outcome"], packet["id"], packet["name"], packet["client"], packet["server"]),
                         ("answered", ID, NAME, f"10.244.0.10:{PORT}", f"{CLUSTER_IP}:53"))
        self.assertTrue(packet["replica"].startswith("10.244.1."), packet)
        self.assertEqual({step["place"] for step in packet["steps"] if step["kind"] == "read"} - {"pod"},
                         {f"dns{int(packet['replica'].split(':')[0].split('.')[-1]) - 20}"})

    def seen_in_node(self, command):
        """What a command cannot see, and the members that it has; how the node fares does not count."""
        done = subprocess.run(self.lab.inside("node", [K8SDNS, command, "--json", "--no-discovery"]), text=True,
                              stdout=subprocess.PIPE, check=False)
        self.assertIn(done.returncode, (0, 1, 2), done.stdout)
        document = json.loads(done.stdout)
        return document["unobserved"], sorted(document["data"])

    def test_without_types(self):
        """As a kernel built without CONFIG_DEBUG_INFO_BTF: what needs no programs sees all that it saw with it."""
        # An entry for as long as this takes: a table without any is taken for a Pod's own.
        self.lab.output("node", ["sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=3600",
                                 "net.netfilter.nf_conntrack_udp_timeout_stream=3600"])
        self.ask(CLUSTER_IP, wait=5)
        before = [self.seen_in_node(command) for command in ("conntrack", "node")]
        subprocess.run(["mount", "-t", "tmpfs", "none", TYPES], check=True)
        try:
            self.refused("this kernel does not describe its types")
            self.assertEqual([self.seen_in_node(command) for command in ("conntrack", "node")], before)
        finally:
            subprocess.run(["umount", TYPES], check=True)

    def test_unprivileged(self):
        """Whatever the setting for those without capabilities, these are missing; with them it does not matter."""
        before = UNPRIVILEGED.read_text(encoding="ascii").strip()
        for value in ("0", "2", "1"):  # 1 is for good, until the next boot
            if before == "1" and value != "1":
                continue
            UNPRIVILEGED.write_text(value, encoding="ascii")
            self.refused("lacks CAP_", "setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all",
                         "--bounding-set=-all")
            self.test_programs()

    def test_locked_memory(self):
        """Before Linux 5.11 programs are locked memory, and a container's limit is for very little."""
        prefix = ("prlimit", "--memlock=65536:65536", "setpriv", "--bounding-set=-sys_resource")
        if os.uname().release.startswith("5.10."):
            self.refused("counts the programs that", *prefix)
            self.refused("which this process may have 64 kB", *prefix)
        else:
            self.assertEqual([watch(command, *prefix)[0] for command in PROGRAMS], [0, 0, 0])

    def test_seccomp(self):
        """The filter of a container's runtime, though all capabilities are there."""
        self.refused("seccomp filter refuses bpf(2)", sys.executable, "-c", FILTERED, BPF)

    def test_seccomp_of_probes(self):
        """Where the filter refuses the probes alone, packets are seen and what is not attached has this cause."""
        words = "a seccomp filter refuses perf_event_open(2)"
        for command in ("drops", "path"):
            done = subprocess.run([sys.executable, "-c", FILTERED, PERF_EVENT_OPEN, K8SDNS, command, "--duration",
                                   "100ms", "--json"], text=True, stdout=subprocess.PIPE, check=True)
            probes = json.loads(done.stdout.splitlines()[-1])["data"]["probes"]
            refused = [probe["why"] for probe in probes if probe["why"] and words in probe["why"]]
            # Newer kernels attach programs of drops to functions by bpf(2) alone.
            self.assertEqual(bool(refused), command == "path" or not (MODULE_TYPES.exists() and HAS_FENTRY), probes)
        status, text = run(sys.executable, "-c", FILTERED, PERF_EVENT_OPEN, K8SDNS, "lookups", "--duration", "100ms")
        self.assertEqual(status, 0, text)
        self.assertEqual(words in text, not HAS_MULTI, text)

    def throttled(self, group, limit, value):
        """A process that may have little of a CPU, as node counts how it is held up."""
        group.mkdir()
        (group / limit).write_text(value, encoding="ascii")
        process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            (group / "cgroup.procs").write_text(str(process.pid), encoding="ascii")
            time.sleep(3)
            _, text = run(K8SDNS, "node", "--json", "--no-discovery", "--pid", str(process.pid))
        finally:
            process.kill()
            process.wait()
            time.sleep(0.5)
            group.rmdir()
        (row,) = [limit for limit in json.loads(text)["data"]["limits"] if limit["id"] == "cpu-throttling"]
        self.assertGreater(row["events"], 3)
        self.assertGreaterEqual(row["limit"], row["events"])

    def test_groups(self):
        """CPU time of a control group of version 2, and of version 1, which has a hierarchy for each controller."""
        subprocess.run(["mount", "-t", "cgroup2", "none", GROUPS], check=True)
        try:
            (GROUPS / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
            self.throttled(GROUPS / "test", "cpu.max", "5000 100000")
            (GROUPS / "cgroup.subtree_control").write_text("-cpu", encoding="ascii")
        finally:
            subprocess.run(["umount", GROUPS], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", GROUPS], check=True)
        (GROUPS / "cpu").mkdir()
        subprocess.run(["mount", "-t", "cgroup", "-o", "cpu,cpuacct", "none", GROUPS / "cpu"], check=True)
        try:
            self.throttled(GROUPS / "cpu/test", "cpu.cfs_quota_us", "5000")
        finally:
            subprocess.run(["umount", GROUPS / "cpu"], check=True)
            subprocess.run(["umount", GROUPS], check=True)

    def test_zz_lockdown(self):
        """The last: it lasts until the next boot. Integrity lets programs read, confidentiality does not."""
        subprocess.run(["mount", "-t", "securityfs", "none", "/sys/kernel/security"], check=True)
        LOCKDOWN.write_text("integrity", encoding="ascii")
        self.test_programs()
        LOCKDOWN.write_text("confidentiality", encoding="ascii")
        self.refused("this kernel is locked down to confidentiality")


if __name__ == "__main__":
    machine.enter()
    unittest.main(verbosity=2)
