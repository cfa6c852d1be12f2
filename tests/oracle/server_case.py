# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case in a private namespace, with a recording server on the addresses that resolv.conf names."""
import unittest

import private_namespace
from recorder import Recorder

SERVERS = ["10.96.0.10", "10.96.0.11", "10.96.0.12", "10.96.0.13", "127.0.0.1"]


class ServerCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.machine = private_namespace.Machine(SERVERS)
        cls.recorder = Recorder(SERVERS)

    @classmethod
    def tearDownClass(cls):
        cls.recorder.close()
        cls.machine.close()
