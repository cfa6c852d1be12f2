#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""drops on another kernel, one that permits probes in its functions: the chain of a rule and the verdicts are seen."""
import os
import pathlib
import sys
import unittest

import machine
import faults
from cluster import CLUSTER_IP, POD
from drop_case import ID, NAME, PORT, DropCase, chain

VICTIM = faults.VICTIM_ADDRESS
TO_VICTIM = f"ip daddr {VICTIM} udp dport 53"
HOOKS = (("pod", "output"), ("node", "prerouting"), ("node", "forward"), ("node", "postrouting"), ("dns2", "input"))
MAX = "/proc/sys/net/netfilter/nf_conntrack_max"
TYPES = pathlib.Path("/sys/kernel/btf/vmlinux")


# Of the modules' types, where the names of nftables' tables and chains are.
MODULE_TYPES = pathlib.Path("/sys/kernel/btf/nf_conntrack")


def reason(word):
    """The kernel's word, where it has one."""
    return word if b"\0SKB_DROP_REASON_" + word.encode() in TYPES.read_bytes() else None


class Drops(DropCase):
    def told(self, events, count, **expected):
        self.assertEqual(len(events), count, events)
        for event in events:
            if not MODULE_TYPES.exists() and expected.get("cause") == "rule":
                expected.update({key: None for key in ("table", "chain") if key in expected})
            wanted = {"src": POD, "src_port": PORT, "dst": VICTIM, "dst_port": 53, "id": ID, "name": NAME, "type": "A",
                      "sure": True, **expected}
            self.assertEqual({key: event[key] for key in wanted}, wanted, event)

    def test_rules(self):
        for place, hook in HOOKS:
            with self.subTest(f"{place} {hook}"):
                with chain(self.lab, place, hook, 5, "udp dport 53 drop"):
                    events, data = self.drops_of(lambda: self.ask(VICTIM, count=2))
                self.told(events, 2, reason=reason("NETFILTER_DROP"), cause="rule", hook=hook, table="fault-test",
                          chain=hook, netns=self.netns(place))
                self.assertEqual([p["where"] for p in data["probes"] if not p["why"]][:2],
                                 ["tracepoint kfree_skb", "nft_do_chain"])

    def test_reject(self):
        with self.lab.fault("reject"):
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1))
        self.told(events, 1, cause="rule", hook="forward", table="fault-reject", chain="forward")

    def test_iptables(self):
        rule = ["FORWARD", "-d", VICTIM, "-p", "udp", "-j", "DROP"]
        self.lab.output("node", ["iptables-legacy", "-A", *rule])
        try:
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1))
        finally:
            self.lab.output("node", ["iptables-legacy", "-D", *rule])
        self.told(events, 1, cause="iptables-rule", hook="forward", table="filter")

    def test_table_full(self):
        limit = pathlib.Path(MAX).read_text(encoding="ascii")
        self.lab.output("node", ["conntrack", "-F"])
        self.lab.output("node", [sys.executable, pathlib.Path(faults.__file__).with_name("conntrack_fill.py"), "300"])
        pathlib.Path(MAX).write_text("100", encoding="ascii")
        try:
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1))
        finally:
            pathlib.Path(MAX).write_text(limit, encoding="ascii")
            self.lab.output("node", ["conntrack", "-F"])
        self.told(events, 1, cause="conntrack-full", hook="prerouting")

    def test_no_listener_and_too_big(self):
        with self.lab.fault("closed-port"):
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1))
        self.told(events, 1, reason=reason("NO_SOCKET"), cause="no-listener", netns=self.netns("dns2"))
        self.lab.ip("node", "link set cni1 mtu 600")
        try:
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1, size=900))
        finally:
            self.lab.ip("node", "link set cni1 mtu 1500")
        self.told(events, 1, function="ip_forward")

    def test_healthy(self):
        events, data = self.drops_of(lambda: self.assertEqual(self.ask(VICTIM, count=20, wait=5), ["answer"] * 20))
        self.assertEqual(data["drops"], 0, events)


class Ipvs(DropCase):
    rule_set = "ipvs"

    def test_backend_gone(self):
        """IPVS still has a connection to a backend that was removed, and drops what comes on it."""
        self.lab.output("node", ["sysctl", "-qw", "net.ipv4.vs.expire_nodest_conn=0"])
        self.ask(CLUSTER_IP, count=1, wait=1)
        for number in (1, 2, 3):
            self.lab.output("node", ["ipvsadm", "-d", "-u", f"{CLUSTER_IP}:53", "-r", f"10.244.1.{20 + number}:53"])
        events, _ = self.drops_of(lambda: self.ask(CLUSTER_IP, count=2))
        self.assertEqual({(e["cause"], e["sure"], e["hook"], e["dst"]) for e in events},
                         {("ipvs", True, "input", CLUSTER_IP)}, events)


class WithoutFentry:
    """A kernel that loads fentry programs and cannot attach them, as those of arm64 before Linux 6.4: kprobes serve."""

    def begin(self, *arguments, **options):
        process = super().begin(*arguments, prefix=("env", f"LD_PRELOAD={os.environ['WITHOUT_FENTRY']}"), **options)
        files = [os.readlink(path) for path in pathlib.Path(f"/proc/{process.pid}/fd").iterdir()]
        self.assertIn("anon_inode:[perf_event]", files)
        return process


class DropsByKprobes(WithoutFentry, Drops):
    pass


class IpvsByKprobes(WithoutFentry, Ipvs):
    pass


if __name__ == "__main__":
    machine.enter()
    unittest.main(verbosity=2)
