#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""path where functions have probes: netfilter's hooks and the functions between devices are on the way."""
import unittest

import machine
from path_case import PathCase, legs

HOOKS = ["PREROUTING", "POSTROUTING"]


class Functions(PathCase):
    def test_whole_way(self):
        packet = self.check_whole_way()
        query, answer = legs(packet)
        for steps in (query, answer):
            seen = iter(step["hook"] for step in steps if step["place"] == "node" and step["hook"])
            self.assertTrue(all(hook in seen for hook in HOOKS), steps)
        for function in ("ip_rcv", "ip_forward", "nft_do_chain", "nf_nat_manip_pkt", "ip_output"):
            self.assertIn(function, [step["function"] for step in query])
        self.assertEqual(self.summary["unobserved"], [])
        kinds = {probe["kind"] for probe in self.summary["data"]["probes"] if probe["attached"]}
        self.assertEqual(kinds, {"tracepoint", "function"})


if __name__ == "__main__":
    machine.enter()
    unittest.main(verbosity=2)
