#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/single-file: one file that runs where there is nothing else, and does all that the ordinary one does."""
import gzip
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["SOURCE"])
sys.path[:0] = [str(SOURCE / "tests/cli"), str(SOURCE / "tests/lab")]

import private  # noqa: E402
from twisters import twister  # noqa: E402

SIZE_MAX = 6_000_000
ROOT = pathlib.Path("/run/empty-root")
NOBODY = 65534
PT_INTERP = 3


def build():
    """Where the file is; made again when something has changed."""
    folder = SOURCE / "build-tests/single"
    done = subprocess.run([SOURCE / "packaging/single-file", "--no-install", folder], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"packaging/single-file failed:\n{done.stdout}")
    return SOURCE / done.stdout.strip()


class SingleFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = build()

    def test_size(self):
        size = self.file.stat().st_size
        # Newer libraries are larger; then it is what goes over the wire that counts.
        self.assertLess(size if size < SIZE_MAX else len(gzip.compress(self.file.read_bytes())), SIZE_MAX)

    def test_needs_no_loader(self):
        """No program header names one."""
        head = self.file.read_bytes()[:4096]
        at, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        kinds = [struct.unpack_from("<I", head, at + size * i)[0] for i in range(count)]
        self.assertGreater(count, 0)
        self.assertNotIn(PT_INTERP, kinds)

    def test_other_tests(self):
        """What reads netlink, and what speaks TLS, is built in another way here: the tests of both."""
        for test in ("cli/test_replicas.py", "lab/test_conntrack.py", "lab/test_node.py"):
            with self.subTest(test):
                done = subprocess.run([sys.executable, SOURCE / "tests" / test], capture_output=True, text=True,
                                      env={**os.environ, "K8SDNS": self.file}, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class EmptyRoot(unittest.TestCase):
    """A root file system with /proc and the file, read-only, for nobody."""

    @classmethod
    def setUpClass(cls):
        ROOT.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", ROOT], check=True)
        (ROOT / "proc").mkdir()
        shutil.copy(build(), ROOT / "k8sdns")
        subprocess.run(["mount", "-t", "proc", "none", ROOT / "proc"], check=True)
        subprocess.run(["mount", "-o", "remount,ro", ROOT], check=True)

    def run_inside(self, *arguments):
        def enter():
            os.chroot(ROOT)
            os.chdir("/")
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return subprocess.run(["/k8sdns", *arguments], preexec_fn=enter, env={}, capture_output=True, text=True,
                              timeout=60, check=False)

    def test_says_what_it_is(self):
        done = self.run_inside("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_probe(self):
        with twister() as server:
            done = self.run_inside("probe", "--json", "--no-search", "--target", server, "db.default.svc.cluster.local")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        answers = [probe["status"] for probe in json.loads(done.stdout)["data"]["probes"]]
        self.assertEqual(sorted(answers), ["answer", "answer"])

    def test_diagnose(self):
        """It says what it finds, and what it could not look at."""
        with twister() as server:
            done = self.run_inside("diagnose", "--json", "--no-external", "--target", server)
        report = json.loads(done.stdout)
        self.assertIn("resolv.conf", [gap["what"] for gap in report["unobserved"]])
        self.assertGreater(report["data"]["asked"], 0)

    def test_error(self):
        done = self.run_inside("resolv")
        self.assertEqual(done.returncode, 66)
        self.assertIn("/etc/resolv.conf", done.stderr)


private.enter()
unittest.main()
