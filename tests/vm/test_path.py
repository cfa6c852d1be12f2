#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""path where functions have probes: netfilter's hooks and the functions between devices are on the way."""
import pathlib
import unittest

import machine
from cluster import CLUSTER_IP
from path_case import PathCase, legs, segments
from trace_case import NAME

HOOKS = ["PREROUTING", "POSTROUTING"]
# Before Linux 5.15 probes have no cookie: three functions alone have programs of their own.
TYPES = pathlib.Path("/sys/kernel/btf/vmlinux")
COOKIES = TYPES.exists() and b"\0BPF_FUNC_get_attach_cookie\0" in TYPES.read_bytes()
FUNCTIONS = ("ip_rcv", "ip_forward", "nft_do_chain", "nf_nat_manip_pkt", "ip_output") if COOKIES else ("nf_hook_slow",)


class Functions(PathCase):
    def test_whole_way(self):
        packet = self.check_whole_way()
        query, answer = legs(packet)
        for steps in (query, answer):
            seen = iter(step["hook"] for step in steps if step["place"] == "node" and step["hook"])
            self.assertTrue(all(hook in seen for hook in HOOKS), steps)
        for function in FUNCTIONS:
            self.assertIn(function, [step["function"] for step in query])
        self.assertEqual(self.summary["unobserved"], [])
        kinds = {probe["kind"] for probe in self.summary["data"]["probes"] if probe["attached"]}
        self.assertEqual(kinds, {"tracepoint", "function"})

    def test_tcp(self):
        """The connection's packets go through the same; before Linux 6.12 nobody can read the question in them."""
        (packet,) = self.follow(lambda: self.assertTrue(self.ask_tcp(CLUSTER_IP, NAME)))
        self.assertEqual((packet["transport"], packet["outcome"], segments(packet)[:2]),
                         ("tcp", "answered", [("query", "SYN", None), ("answer", "SYN ACK", None)]))
        self.assertIn(packet["name"], (NAME, None))
        self.assertEqual([gap["what"] for gap in self.summary["unobserved"]],
                         [] if packet["name"] else ["the names that are asked for over TCP"])
        query, answer = legs(packet)
        for segment, steps in (("SYN", query), ("data", query), ("SYN ACK", answer), ("data", answer)):
            seen = iter(step["hook"] for step in steps
                        if step["place"] == "node" and step["hook"] and step["segment"] == segment)
            self.assertTrue(all(hook in seen for hook in HOOKS), steps)
        self.assertEqual((query[-1]["kind"], answer[-1]["kind"], answer[-1]["place"]), ("read", "read", "pod"))
        self.assertIn(FUNCTIONS[-2:][0], [step["function"] for step in query])

    def test_name_over_tcp(self):
        """Where the name cannot be read, a filter by name says what it leaves out."""
        packets = self.follow(lambda: self.ask_tcp(CLUSTER_IP, NAME), "--name", NAME)
        self.assertEqual(len(packets) + self.summary["data"]["unnamed"], 1)


if __name__ == "__main__":
    machine.enter()
    unittest.main(verbosity=2)
