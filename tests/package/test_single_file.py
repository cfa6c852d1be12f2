#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/single-file: one file that runs where there is nothing else, and does all that the ordinary one does."""
import contextlib
import gzip
import hashlib
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

import kube_server  # noqa: E402
import private  # noqa: E402
from twisters import twister  # noqa: E402

SIZE_MAX = 6_000_000
ROOT = pathlib.Path("/run/empty-root")
NOBODY = 65534
REFUSING = SOURCE / "tests/cli/refusing.py"
# elf.h
ET_DYN, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 3, 1, 2, 3, 0x6474E551, 0x6474E552
EXECUTE, WRITE = 1, 2
DT_FLAGS, DF_BIND_NOW, DT_FLAGS_1, DF_1_NOW = 30, 8, 0x6FFFFFFB, 1


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

    def segments(self):
        """(kind, flags, offset, address, size in the file) of each program header."""
        head = self.file.read_bytes()[:4096]
        at, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        return [struct.unpack_from("<IIQQ8xQ", head, at + size * i) for i in range(count)]

    def test_bill(self):
        """Beside it is what is linked in: each archive's package, its version as installed, licence and copyright."""
        fetched = {}  # packaging/mnl-archive
        with contextlib.suppress(FileNotFoundError):
            for line in (self.file.parent / "archives/owners").read_text(encoding="utf-8").splitlines():
                name, version, *_ = line.split()
                fetched[name] = version
        def beside(suffix):
            return pathlib.Path(f"{self.file}.{suffix}").read_text(encoding="utf-8")
        bill = json.loads(beside("spdx.json"))
        own, *others = bill["packages"]
        digest = hashlib.sha256(self.file.read_bytes()).hexdigest()
        self.assertEqual(own["checksums"], [{"algorithm": "SHA256", "checksumValue": digest}])
        self.assertEqual(beside("sha256").split(), [digest, self.file.name])
        names = {package["name"] for package in others}
        self.assertLessEqual({"libc-ares-dev", "libc6-dev", "libevent-dev", "libjansson-dev", "libncurses-dev",
                              "libmnl-dev", "libssl-dev", "libyaml-dev", "zlib1g-dev"}, names)
        self.assertEqual([row["relatedSpdxElement"] for row in bill["relationships"]],
                         [package["SPDXID"] for package in bill["packages"]])
        licenses = beside("licenses")
        for package in others:
            with self.subTest(package["name"]):
                installed = fetched.get(package["name"]) or subprocess.run(
                    ["dpkg-query", "-W", "-f", "${Version}", package["name"]], text=True, stdout=subprocess.PIPE,
                    check=True).stdout
                self.assertEqual(package["versionInfo"], installed)
                self.assertIn(f"\n{package['name']} {installed}\n", licenses)
                self.assertNotEqual(package["licenseDeclared"], "NOASSERTION")
        # That of a library that is not linked does not stand in it.
        self.assertNotIn("libcmocka-dev", names)

    def test_built_anywhere(self):
        """The folder in which it was built does not stand in it: another gives the same bytes."""
        self.assertNotIn(str(SOURCE).encode(), self.file.read_bytes())

    def test_needs_no_loader(self):
        """No program header names one."""
        kinds = [kind for kind, *_ in self.segments()]
        self.assertGreater(len(kinds), 0)
        self.assertNotIn(PT_INTERP, kinds)

    def test_hardened(self):
        """It may be loaded anywhere; nothing is both written and run; constants are not run; what is relocated once
        is read-only then, and no function is looked up later."""
        image = self.file.read_bytes()
        self.assertEqual(struct.unpack_from("<H", image, 16)[0], ET_DYN)
        loads = [row for row in self.segments() if row[0] == PT_LOAD]
        self.assertEqual([row for row in loads if row[1] & WRITE and row[1] & EXECUTE], [])
        stack, = [row for row in self.segments() if row[0] == PT_GNU_STACK]
        self.assertFalse(stack[1] & EXECUTE)
        self.assertIn(PT_GNU_RELRO, [kind for kind, *_ in self.segments()])
        dynamic, = [row for row in self.segments() if row[0] == PT_DYNAMIC]
        tags = dict(struct.iter_unpack("<qQ", image[dynamic[2]:dynamic[2] + dynamic[4]]))
        self.assertTrue(tags.get(DT_FLAGS, 0) & DF_BIND_NOW or tags.get(DT_FLAGS_1, 0) & DF_1_NOW, tags)
        for constant in (b"the API server refuses", b"usage: k8sdns %s %s"):
            at = image.index(constant)
            flags, = {flags for _, flags, offset, _, size in loads if offset <= at < offset + size}
            self.assertFalse(flags & EXECUTE, constant)

    def test_where_no_memory_is_written_and_run(self):
        """Its TLS, which is unfolded, works under the rules of hardened systems."""
        for rule in ("mdwe", "wx", "memfd"):
            with self.subTest(rule):
                done = subprocess.run([REFUSING, rule, sys.executable, SOURCE / "tests/cli/test_replicas.py"],
                                      env={**os.environ, "K8SDNS": self.file}, capture_output=True, text=True,
                                      check=False)
                if done.returncode == 77:
                    self.skipTest(done.stdout)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_says_what_is_forbidden(self):
        """Where there is no way at all, that is said, and what to do."""
        with kube_server.api() as (environment, account, _):
            done = subprocess.run([REFUSING, "memfd,wx", self.file, "replicas", "--no-identity", *account],
                                  env={**os.environ, **environment}, capture_output=True, text=True, check=False)
        if done.returncode == 77:
            self.skipTest(done.stdout)
        self.assertEqual(done.returncode, 3)
        self.assertIn("Function not implemented", done.stdout + done.stderr)
        self.assertIn("Permission denied", done.stdout + done.stderr)
        self.assertIn("--whole", done.stdout + done.stderr)

    def test_other_tests(self):
        """What reads netlink, and what speaks TLS, is built in another way here: the tests of both."""
        for test in ("cli/test_replicas.py", "lab/test_conntrack.py", "lab/test_conntrack_follow.py",
                     "lab/test_node.py"):
            with self.subTest(test):
                done = subprocess.run([sys.executable, SOURCE / "tests" / test], capture_output=True, text=True,
                                      env={**os.environ, "K8SDNS": self.file, "READER": "built-in"}, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


@unittest.skipIf(private.of_a_plain_user(), "to be nobody takes root")
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
