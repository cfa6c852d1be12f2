# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case in a private namespace, with a recording server on the addresses that resolv.conf names."""
import contextlib
import subprocess
import unittest

import private_namespace
from recorder import Recorder

SERVERS = ["10.96.0.10", "10.96.0.11", "10.96.0.12", "10.96.0.13", "127.0.0.1"]


@contextlib.contextmanager
def waiting(program):
    """The pid of a process of this program: k8sdns takes the C library's version from it."""
    with subprocess.Popen([program], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            yield str(process.pid)
        finally:
            process.kill()


class ServerCase(unittest.TestCase):
    servers = SERVERS
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.machine = private_namespace.Machine(cls.servers)
        cls.recorder = Recorder(cls.servers)

    def again(self, check, *arguments):
        """Let a check pass that compares times: what a busy machine makes late once is not late four times."""
        for _ in range(3):
            try:
                return check(*arguments)
            except AssertionError:
                pass
        return check(*arguments)

    @classmethod
    def tearDownClass(cls):
        cls.recorder.close()
        cls.machine.close()
