#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab as a person uses it: the list, a command's status, nothing left behind, also after Ctrl-C."""
import os
import pathlib
import signal
import subprocess
import time
import unittest

import faults
import private

LAB = pathlib.Path(__file__).with_name("lab")


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
