#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each allocation of a command fails, and from each on all do: it ends, with a status and a word."""
import os
import subprocess
import sys
import unittest

import binary
from twisters import resolv_conf, twister

# Statuses of the contract; 70 is the one for memory that is not to be had.
STATUSES = {0, 1, 2, 3, 64, 65, 66, 70, 74}
RUNS_MAX = 80


class Allocation(binary.Case):
    def run_with(self, arguments, **environment):
        """(status, stderr, allocations) with the failure that the environment asks for."""
        reader, writer = os.pipe()
        env = {**binary.ENVIRONMENT, "LD_PRELOAD": os.environ["FAILING_ALLOCATION"], "COUNT_TO": str(writer),
               **environment}
        with open(reader, encoding="ascii") as counts:
            done = subprocess.run([binary.K8SDNS, *arguments], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, errors="replace", timeout=60, check=False, pass_fds=[writer])
            os.close(writer)
            count = counts.read()
        return done.returncode, done.stderr, int(count or 0)

    def walk(self, *arguments):
        """Let allocations fail, all of them or so many, evenly chosen."""
        _, _, count = self.run_with(arguments)
        self.assertGreater(count, 10)
        for number in range(1, count + 1, max(1, count // RUNS_MAX)):
            for more in ({}, {"FAIL_ON": "1"}):
                status, said, _ = self.run_with(arguments, FAIL_AT=str(number), **more)
                with self.subTest(arguments[0], number=number, **more):
                    self.assertIn(status, STATUSES, said)
                    if status == 70:
                        self.assertRegex(said, "memory|set up|cannot")

    def test_local(self):
        with resolv_conf() as conf:
            self.walk("resolv", "--json", "--resolv-conf", conf)
            self.walk("expand", "www.example.com", "--resolv-conf", conf)
        self.walk("explain", "--json")
        self.walk("corefile", "--json", str(binary.SOURCE / "tests/fuzz/corpus/config_map/yaml"), "--enable", "log")
        self.walk("corefile", str(binary.SOURCE / "tests/fuzz/corpus/config_map/list"), "--print", "patch")
        self.walk("spans", "--json", "--read", str(binary.SOURCE / "tests/data/spans/jaeger.json"))

    def test_probe(self):
        with twister() as server, resolv_conf() as conf:
            self.walk("probe", "db", "--resolv-conf", conf, "--as", "glibc", "--no-discovery", "--target", server,
                      "--timeout", "200ms", "--tries", "1")

    def test_watch(self):
        with twister() as server, resolv_conf() as conf:
            self.walk("watch", "db", "--resolv-conf", conf, "--as", "glibc", "--no-discovery", "--target", server,
                      "--count", "2", "--interval", "10ms", "--timeout", "200ms")

    def test_node(self):
        self.walk("node", "--json")
        self.walk("conntrack", "--json")


if "FAILING_ALLOCATION" not in os.environ:
    print("SKIP: a sanitizer's own allocator is in use")
    sys.exit(77)
if __name__ == "__main__":
    unittest.main()
