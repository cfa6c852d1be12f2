#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lookups in the cluster: glibc, musl, Go and static programs, each seen in its way and as long as it took."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import bpftrace
import faults
import private
from trace_case import NAME, PORT, TraceCase

HERE = pathlib.Path(__file__).parent
ONCE = HERE.parent / "oracle/getaddrinfo_once.c"
GO = """
package main

import (
	"context"
	"fmt"
	"net"
	"os"
)

func main() {
	r := net.Resolver{PreferGo: true}
	fmt.Println(r.LookupHost(context.Background(), os.Args[1]))
}
"""
WAIT = """
#include <unistd.h>
int main(void)
{
    return pause();
}
"""
BY_NAME = """
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char buffer[4096];
    struct hostent entry, *result;
    int error;

    gethostbyname(argv[1]);
    gethostbyname2(argv[2], 2);
    gethostbyname_r(argv[2], &entry, buffer, sizeof(buffer), &result, &error);
    return 0;
}
"""


class LookupsCase(TraceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        super().tearDownClass()

    def build(self, name, *command, source=None):
        """Build a program, whose name is its own: processes are told apart by it."""
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not installed")
        path = pathlib.Path(self.folder.name) / name
        if not path.exists():
            if source:
                path.with_suffix(".c" if "int main" in source else ".go").write_text(source, encoding="ascii")
            subprocess.run([*command, "-o", path, *([path.with_suffix(".c" if "int main" in source else ".go")]
                                                    if source else [ONCE])], check=True,
                           env={**os.environ, "CGO_ENABLED": "0", "GOCACHE": self.folder.name + "/go"})
        return path

    def calls_of(self, action, *arguments, seconds=0.5):
        process = self.begin("lookups", *arguments)
        try:
            action()
        finally:
            parts, self.summary = self.end(process, seconds)
        return [call for part in parts for call in part["lookups"] if call["process"]["netns"] == self.netns("pod")]

    def rows(self, name):
        """The sums of a name as programs gave it; full names, with their dot, are of packets."""
        return [row for row in self.summary["data"]["by_name"] if row["name"] == name]

    def seen(self):
        """What an assertion about the calls says beside, when it fails."""
        data = self.summary["data"]
        told = ("libraries", "libraries_left_out", "lost", "abandoned", "in_flight", "by_process", "by_name")
        return json.dumps({key: data[key] for key in told})

    def timed(self, *command):
        """Run in the Pod; the microseconds that it took as a whole."""
        began = time.monotonic()
        done = self.lab.pod(*command)
        self.assertEqual(done.returncode, 0, done.stderr)
        return (time.monotonic() - began) * 1e6

    def map_library(self, compiler):
        """A process has this library mapped, so that calls of others are watched from their start."""
        waiter = subprocess.Popen([self.build(f"{compiler}_waits", compiler, source=WAIT)])
        self.addCleanup(waiter.wait)
        self.addCleanup(waiter.kill)

    def check_call(self, compiler):
        """One call, and nothing by packets; it took most of the time of a program that does nothing else."""
        self.map_library(compiler)
        program = self.build(f"{compiler}_once"[:15], compiler, "-O1")
        with self.twisted("slow:300"):  # without, a call takes a millisecond
            took = []
            calls = [c for c in self.calls_of(lambda: took.append(self.timed(program, "www.example.com")))
                     if c["process"]["name"] == program.name[:15]]
        self.assertEqual([(c["way"], c["call"], c["name"], c["result"], c["failed"]) for c in calls],
                         [("call", "getaddrinfo", "www.example.com", "ok", False)], self.seen())
        self.assertGreater(calls[0]["latency_us"], 200000)
        self.assertLess(calls[0]["latency_us"], took[0])
        return calls[0]

    @contextlib.contextmanager
    def twisted(self, behaviour):
        """All replicas behave so while the block runs."""
        fault = faults.twisted("", "", behaviour, faults.ALL)
        fault.on(self.lab)
        try:
            yield
        finally:
            fault.off(self.lab)

    def check_packets(self, program, resolver):
        took = []
        with self.twisted("slow:300"):
            calls = [c for c in self.calls_of(lambda: took.append(self.timed(program, "www.example.com.")))
                     if c["process"]["name"] == program.name[:15]]
        self.assertEqual({(c["way"], c["name"], c["server"], c["process"]["resolver"]) for c in calls},
                         {("packets", NAME, self.lab.cluster_ip, resolver)})
        self.assertEqual(sorted(c["call"] for c in calls), ["A", "AAAA"])
        self.assertTrue(all(200000 < c["latency_us"] < took[0] for c in calls), calls)


class Lookups(LookupsCase):
    def test_glibc(self):
        call = self.check_call("gcc")
        self.assertEqual(call["process"]["resolver"], "glibc")

    def test_musl(self):
        call = self.check_call("musl-gcc")
        self.assertEqual(call["process"]["resolver"], "musl")

    def test_failures(self):
        program = self.build("glibc_once", "gcc", "-O1")
        calls = self.calls_of(lambda: self.lab.pod(program, "nosuch.example.com"), "--name", "nosuch.example.com")
        self.assertEqual([(c["result"], c["failed"]) for c in calls], [("EAI_NONAME", True)])
        self.assertEqual([row["failed"] for row in self.rows("nosuch.example.com")], [1])

    def test_by_name(self):
        """The older functions, each once, though the library calls one within the other."""
        program = self.build("by_name", "gcc", "-O1", source=BY_NAME)
        calls = self.calls_of(lambda: self.lab.pod(program, "www.example.com", "nosuch.example.com"))
        self.assertEqual([(c["call"], c["result"]) for c in calls if c["process"]["name"] == "by_name"],
                         [("gethostbyname", "ok"), ("gethostbyname2", "HOST_NOT_FOUND"),
                          ("gethostbyname_r", "HOST_NOT_FOUND")])

    def test_go(self):
        program = self.build("go_once", "go", "build", source=GO)
        self.check_packets(program, "go")

    def test_static(self):
        self.check_packets(self.build("static_once", "musl-gcc", "-O1", "-static"), "static")

    def test_no_answer(self):
        """A packet that nobody answers is told after --timeout, and is in flight before."""
        action = lambda: self.ask(self.lab.cluster_ip, wait=0.1, name="lost.example.com.", port=PORT)
        with self.twisted("silent"):
            calls = self.calls_of(action, "--timeout", "200ms", "--name", "lost.example.com", seconds=1.2)
            self.assertEqual([(c["result"], c["latency_us"], c["failed"]) for c in calls], [("no answer", None, True)])
            self.assertGreater(calls[0]["age_us"], 200000)
            self.assertEqual(self.calls_of(action, "--name", "lost.example.com"), [])
        self.assertIn("lost.example.com.", [c["name"] for c in self.summary["data"]["in_flight"]])

    def test_ended_in_call(self):
        """A program that is killed while it waits."""
        self.map_library("gcc")
        program = self.build("glibc_once", "gcc", "-O1")

        def action():
            process = subprocess.Popen(self.lab.pod_command([program, "lost.example.com"]), stdout=subprocess.DEVNULL)
            while f"pid={process.pid}," not in self.lab.pod("ss", "-Hunp", "dst", f"{self.lab.cluster_ip}:53").stdout:
                self.assertIsNone(process.poll(), "it ended before it asked")
            time.sleep(0.3)
            process.kill()
            process.wait()

        with self.twisted("silent"):
            calls = self.calls_of(action, "--name", "lost.example.com")
        self.assertEqual([(c["call"], c["result"], c["latency_us"]) for c in calls], [("getaddrinfo", "exited", None)])
        self.assertGreater(calls[0]["age_us"], 200000)

    def test_slow(self):
        """Only slow ones are told; all are counted."""
        program = self.build("glibc_once", "gcc", "-O1")

        def action():
            self.lab.pod(program, "www.example.com")
            with self.twisted("slow:300"):
                self.lab.pod(program, "example.com")

        calls = self.calls_of(action, "--slow", "200ms", "--name", "example.com")
        self.assertEqual([c["name"] for c in calls], ["example.com"])
        self.assertEqual([(row["lookups"], row["slow"]) for name in ("www.example.com", "example.com")
                          for row in self.rows(name)], [(1, 0), (1, 1)])
        (way,) = [way for way in self.summary["data"]["ways"] if way["way"] == "call"]
        self.assertEqual((way["lookups"], way["slow"], sum(octave["count"] for octave in way["latency"])), (2, 1, 2))

    def test_overlays(self):
        """Containers of one image: one library, watched once, whatever mount it is behind; each call is told once."""
        base = pathlib.Path("/mnt")
        subprocess.run(["mount", "-t", "tmpfs", "none", base], check=True)
        self.addCleanup(subprocess.run, ["umount", "-R", base], check=False)
        roots, program = [base / "1", base / "2"], self.build("glibc_once", "gcc", "-O1")
        for root in roots:
            for folder in (root, base / f"upper{root.name}", base / f"work{root.name}"):
                folder.mkdir()
            subprocess.run(["mount", "-t", "overlay", "none", "-o", f"lowerdir=/,upperdir={base}/upper{root.name},"
                            f"workdir={base}/work{root.name}", root], check=True)
            (root / "once").write_bytes(program.read_bytes())
            (root / "once").chmod(0o755)
            waiter = subprocess.Popen(["chroot", root, "sleep", "60"])
            self.addCleanup(waiter.wait)
            self.addCleanup(waiter.kill)
        calls = self.calls_of(lambda: [self.lab.output("pod", ["chroot", root, "/once", "10.9.8.7"]) for root in roots])
        self.assertEqual([c["process"]["name"] for c in calls if c["name"] == "10.9.8.7"], ["once", "once"])
        paths = [row["path"] for row in self.summary["data"]["libraries"] if row["path"].endswith("/libc.so.6")]
        self.assertEqual(len(paths), 1, paths)

    def test_parity(self):
        """As many calls as bpftrace counts in the same run, by the same process."""
        if not shutil.which("bpftrace"):
            self.skipTest("bpftrace is not installed")
        libc = re.search(r"/\S+/libc.so.6", pathlib.Path("/proc/self/maps").read_text(encoding="ascii"))[0]
        program = self.build("glibc_once", "gcc", "-O1")
        with bpftrace.counting(f'uprobe:{libc}:getaddrinfo /comm == "glibc_once"/ {{ @ = count(); }}') as peer:
            calls = self.calls_of(lambda: [self.lab.pod(program, f"n{i}.example.com") for i in range(20)])
        mine = [c for c in calls if c["process"]["name"] == "glibc_once"]
        self.assertEqual((len(mine), self.summary["data"]["lost"], peer.count), (20, 0, 20))

    def test_without_privileges(self):
        for capabilities, status, words in (("-all", 3, "CAP_SYS_ADMIN"), ("-all,+bpf,+perfmon", 3, "CAP_SYS_ADMIN"),
                                            ("-all,+sys_admin", 0, "")):
            with self.subTest(capabilities):
                done = subprocess.run(["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}",
                                       os.environ["K8SDNS"], "lookups", "--duration", "100ms"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(words, done.stderr)

    def test_text(self):
        process = subprocess.Popen([os.environ["K8SDNS"], "lookups", "--duration", "3s", "--name", "www.example.com"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stderr.readline()
        self.lab.pod(self.build("glibc_once", "gcc", "-O1"), "www.example.com")
        text = process.communicate(timeout=30)[0]
        for words in ("ok  getaddrinfo www.example.com  glibc_once(", "lookups in", "calls", "latency of calls",
                      "calls were watched in"):
            self.assertIn(words, text)


class Six(LookupsCase):
    """A Pod whose nameserver has an IPv6 address."""
    family = 6
    test_glibc = Lookups.test_glibc
    test_musl = Lookups.test_musl
    test_go = Lookups.test_go
    test_static = Lookups.test_static
    test_no_answer = Lookups.test_no_answer


if __name__ == "__main__":
    private.enter(watches=True)
    unittest.main(verbosity=2)
