# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case with a lab that lives as long as its class."""
import unittest

from cluster import Lab


class LabCase(unittest.TestCase):
    maxDiff = None
    rule_set = "nft"
    family = 4

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(cls.rule_set, family=cls.family).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.lab.__exit__()
