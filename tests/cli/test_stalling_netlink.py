#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of netlink that do not come, or do not end: the run ends, and says that it was not seen."""
import ctypes
import json
import os
import socket
import subprocess
import sys
import time

import binary
import twisters

NAME = "db.default.svc.cluster.local"
# What the kernel is given for one of them, and some time to spare on a busy machine.
ALONE_S, SPARE_S = 10, 15


CLONE_NEWNET = 0x40000000  # linux/sched.h
TRACKED = "table inet t { chain c { type filter hook output priority 0; ct state new accept; }; }"


def setUpModule():
    """A network of its own, in which connections are tracked."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        raise binary.unittest.SkipTest("only root sees connection tracking")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if subprocess.run(["nft", TRACKED], check=False).returncode != 0:
        raise binary.unittest.SkipTest("nft cannot have connections tracked")


class Netlink(binary.Case):
    def run_stalled(self, how, *arguments):
        began = time.monotonic()
        done = binary.run(*arguments, env={"LD_PRELOAD": os.environ["STALLING"], "STALLING_NETLINK": how}, timeout=200)
        return done, time.monotonic() - began

    def test_commands(self):
        """Without a budget each dump has its time."""
        done, took = self.run_stalled("endless", "--json", "conntrack")
        self.assertLess(took, 3 * ALONE_S + SPARE_S)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("timed out", done.stdout + done.stderr)

    def test_no_sockets_are_not_none(self):
        """What could not be listed is not said to be free."""
        held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        for how in ("", "silent"):
            with self.subTest(how):
                done, took = self.run_stalled(how, "--json", "node")
                self.assertLess(took, 2 * ALONE_S + SPARE_S)
                limits = {limit["id"]: limit["use"] for limit in json.loads(done.stdout)["data"]["limits"]}
                used = limits.get("ephemeral-ports")
                self.assertTrue(used is None or used >= 50, limits)
        for one in held:
            one.close()

    def test_diagnose(self):
        """Its budget is for all of them together, and what it asked still counts."""
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            for how in ("silent", "endless"):
                with self.subTest(how):
                    done, took = self.run_stalled(how, "--json", "diagnose", "--no-discovery", "--replica", server,
                                                  "--resolv-conf", conf, "--budget", "1s", "--no-external")
                    self.assertLess(took, 1 + 3 + SPARE_S)
                    report = json.loads(done.stdout)
                    self.assertGreater(report["data"]["asked"], 0)
                    self.assertIn("timed out", " ".join(gap["why"] for gap in report["unobserved"]))


if __name__ == "__main__":
    sys.exit(binary.main())
