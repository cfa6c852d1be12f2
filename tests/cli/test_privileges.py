#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What root has and a command does not take is given up before it reads anything."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import binary

# linux/capability.h
DAC_OVERRIDE, DAC_READ_SEARCH, NET_BIND_SERVICE, NET_ADMIN, SYS_PTRACE, SYS_ADMIN = 1, 2, 10, 12, 19, 21
ALWAYS = {DAC_OVERRIDE, DAC_READ_SEARCH, NET_BIND_SERVICE, SYS_PTRACE}


def capabilities(pid):
    mask = int(re.search(r"CapEff:\s*(\w+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1], 16)
    return {bit for bit in range(64) if mask >> bit & 1}


class Privileges(binary.Case):
    def while_it_runs(self, *arguments):
        """The capabilities of a command once it looks, and whether it could have more again."""
        process = subprocess.Popen([binary.K8SDNS, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.PIPE, env=binary.ENVIRONMENT)
        try:
            deadline = time.monotonic() + 20
            status = ""
            while "NoNewPrivs:\t1" not in status and time.monotonic() < deadline and process.poll() is None:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            self.assertIn("NoNewPrivs:\t1", status)
            return capabilities(process.pid)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def test_only_what_it_takes(self):
        mine = capabilities("self")
        # A pipe that says nothing keeps it waiting.
        self.assertEqual(self.while_it_runs("decode", "-"), ALWAYS & mine)
        self.assertEqual(self.while_it_runs("conntrack", "--interval", "1h"), (ALWAYS | {NET_ADMIN}) & mine)
        self.assertNotIn(SYS_ADMIN, self.while_it_runs("node", "--interval", "1h"))


if os.geteuid() != 0 or SYS_ADMIN not in capabilities("self"):
    print("SKIP: only root has what could be given up")
    sys.exit(77)
unittest.main()
