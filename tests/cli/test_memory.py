#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""However much a peer sends, the program stays small: it has room for its libraries and little more here."""
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile

import binary

sys.path.insert(0, str(binary.SOURCE / "tests/attack"))
import hostile_dns  # noqa: E402
import hostile_http  # noqa: E402

ROOM = 96 << 20  # for data: 64 MB, and a stack for each thread
OUTPUT, INTERNAL = 74, 70
CLONE_NEWNET = 0x40000000  # linux/sched.h
ENDLESS = ("endless 100", "endless 102", "endless status line", "endless header", "endless headers",
           "endless chunk size", "endless chunks", "trailers without end", "length of 9 exabytes",
           "100 MB of objects", "metrics of 200 MB",
           "metrics without newline", "metrics of 100000 names")


def setUpModule():
    """A network of its own: at port 53 of everybody's loopback a hostile server would answer other tests."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def limited(*arguments):
    if os.environ.get("SANITIZERS", "none") != "none":
        raise binary.unittest.SkipTest("a sanitizer takes terabytes")
    return binary.run(*arguments, timeout=100,
                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (ROOM, ROOM)))


class Memory(binary.Case):
    def test_http(self):
        server = hostile_http.Server()
        for server.kind in ENDLESS:
            time = "4s" if server.kind == "endless 100" else "1s"
            done = limited("metrics", f"http://127.0.0.1:{server.port}/metrics", "--count", "1", "--timeout", time)
            self.assertNotEqual(done.returncode, INTERNAL, (server.kind, done.stderr))
            self.assertNotIn("out of memory", done.stderr)

    def test_dns(self):
        try:
            server = hostile_dns.Server()
        except PermissionError:
            self.skipTest("a server at port 53 takes root")
        server.kind = "4000 records"
        with tempfile.NamedTemporaryFile("w") as conf:
            conf.write("nameserver 127.0.0.1\nsearch a.example b.example c.example\noptions ndots:5 timeout:1\n")
            conf.flush()
            for words in (["lookup", "db", "--as", "everything", "--limit", "5s"],
                          ["probe", "db", "--no-discovery", "--replica", "127.0.0.1", "--timeout", "500ms"],
                          ["diagnose", "--no-discovery", "--budget", "1s"]):
                done = limited("--json", *words, "--resolv-conf", conf.name)
                self.assertNotEqual(done.returncode, INTERNAL, (words, done.stderr))
            document = json.loads(limited("--json", "probe", "db.example.", "--no-discovery", "--replica", "127.0.0.1",
                                          "--tcp", "--resolv-conf", conf.name).stdout)
        kept = [probe for probe in document["data"]["probes"] if probe["answers_left_out"]]
        for probe in kept:
            self.assertEqual(len(probe["answers"]), 512)


class Output(binary.Case):
    def test_file_that_may_be_no_larger(self):
        """The kernel's signal for it would look like a crash."""
        with tempfile.TemporaryFile() as file:
            done = subprocess.run([binary.K8SDNS, "schema"], stdout=file, stderr=subprocess.PIPE, check=False,
                                  env=binary.ENVIRONMENT,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
        self.assertEqual(done.returncode, OUTPUT)
        self.assertIn(b"cannot write the output", done.stderr)


if __name__ == "__main__":
    sys.exit(binary.main())
