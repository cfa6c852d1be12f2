#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab as a person uses it: the list, a command's status, nothing left behind, also after Ctrl-C."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import faults
import private

LAB = pathlib.Path(__file__).with_name("lab")
TESTS = LAB.parents[1]


def processes(mark, begin=b""):
    """The pids whose command line has the mark, and begins so."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
            if mark in words and words.startswith(begin):
                found.append(path.parent.name)
        except OSError:
            pass
    return found


def mounts(pid):
    """The mount namespace of a process, which all of a lab share; None when it has gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return None


class Try(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = private.why_not()
        if reason:
            raise unittest.SkipTest(reason)

    def test_list(self):
        out = subprocess.run([LAB, "--list"], capture_output=True, text=True, check=True).stdout
        self.assertEqual([line.split()[0] for line in out.splitlines()], list(faults.FAULTS))

    def test_status(self):
        for status in (0, 7):
            self.assertEqual(subprocess.run([LAB, "--", "sh", "-c", f"exit {status}"], check=False).returncode, status)

    def test_fault(self):
        done = subprocess.run([LAB, "--fault", "servfail", "--", "k8sdns", "probe", "--replica",
                               "10.244.1.21,10.244.1.22", "database"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("* 10.244.1.22 fails", done.stdout)

    def test_nothing_is_left(self):
        before = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how):
                lab = subprocess.Popen([LAB, "--", "sleep", "321.123"], start_new_session=True)
                self.addCleanup(lab.kill)
                # The command itself runs when all the others are there.
                end = time.monotonic() + 60
                while not processes(b"321.123\0", b"sleep\0"):
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.05)
                inside = [pid for pid in processes(b"321.123\0", b"unshare\0") if mounts(pid) != mounts("self")]
                mine = {pid for pid in processes(b"") if mounts(pid) == mounts(inside[0])}
                self.assertTrue(mine & set(processes(b"k8sdns-lab")))
                if how == signal.SIGINT:
                    os.killpg(lab.pid, how)  # as a terminal does
                else:
                    os.kill(lab.pid, how)
                lab.wait(30)
                end = time.monotonic() + 60
                while left := [pid for pid in mine if mounts(pid)]:
                    self.assertLess(time.monotonic(), end, f"after signal {how}: {left}")
                    time.sleep(0.05)
        after = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
        self.assertEqual(before, after)


class NotHere(unittest.TestCase):
    """What is missing is said at once, with what to do, and nothing is built or installed."""

    def said(self, *command, **tools):
        """What a command says to a plain user where each of `tools` is replaced by a shell script; it fails."""
        with tempfile.TemporaryDirectory() as folder:
            for name, script in {"id": "echo 1000", **tools}.items():
                path = pathlib.Path(folder, name.replace("_", "-"))
                path.write_text(f"#!/bin/sh\n{script}\n")
                path.chmod(0o755)
            done = subprocess.run(command, env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}, text=True,
                                  capture_output=True, check=False, timeout=30)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stdout + done.stderr

    def test_no_namespaces(self):
        refused = 'echo "unshare: unshare failed: Operation not permitted" >&2; exit 1'
        for script in ("try", "run"):
            with self.subTest(script):
                said = self.said(TESTS / script, unshare=refused, dpkg_query="exit 1", meson="exit 9")
                self.assertIn("    unshare: unshare failed: Operation not permitted\nRun it as root.", said)
        said = self.said(TESTS / "try", id="echo 0", unshare=refused)
        self.assertIn("docker run --privileged", said)

    def test_no_packages(self):
        """No sudo, or one that refuses: the command that root is to run."""
        for script in ("try", "run"):
            with self.subTest(script):
                said = self.said(TESTS / script, unshare="exit 0", dpkg_query="exit 1", sudo="exit 1",
                                 apt_get="echo never >&2")
                self.assertRegex(said, r"takes root: gcc .*\nAs root, .*:\n    tests/install build lab")
                self.assertNotIn("never", said)

    def test_all_as_a_plain_user(self):
        self.assertIn("takes root", self.said(TESTS / "run", "all"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
