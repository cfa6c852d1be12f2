#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each way in which netfilter rejects a packet: what the kernel then tells a socket is told from the others."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import private

NAME = "kubernetes.default.svc.cluster.local"
# By address: the type for nft's reject, what the probe says, and whether somebody decided that it must not pass.
REJECTS = {
    "127.0.0.9": [
        ("icmp type net-unreachable", "net", False),
        ("icmp type host-unreachable", "host", False),
        ("icmp type prot-unreachable", "protocol", False),
        ("icmp type port-unreachable", "port", False),
        ("icmp type net-prohibited", "prohibited", True),
        ("icmp type host-prohibited", "prohibited", True),
        ("icmp type admin-prohibited", "prohibited", True),
    ],
    "fd00::9": [
        ("icmpv6 type no-route", "no-route", False),
        ("icmpv6 type addr-unreachable", "host", False),
        ("icmpv6 type port-unreachable", "port", False),
        ("icmpv6 type admin-prohibited", "prohibited", True),
        ("icmpv6 type policy-fail", "policy", True),
        ("icmpv6 type reject-route", "reject-route", True),
    ],
}


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True, **more).stdout


class Icmp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        run("ip", "link", "set", "lo", "up")
        run("ip", "-6", "addr", "add", "fd00::9/128", "dev", "lo", "nodad")
        # Kernels limit errors to about one a second, and silence says less.
        pathlib.Path("/proc/sys/net/ipv6/icmp/ratelimit").write_text("0", encoding="ascii")
        pathlib.Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0", encoding="ascii")
        run("nft", "add table inet rejects; add chain inet rejects on { type filter hook input priority 0; }")

    def k8sdns(self, *arguments):
        done = subprocess.run([os.environ["K8SDNS"], *arguments], stdout=subprocess.PIPE, text=True, timeout=60,
                              check=False)
        return json.loads(done.stdout)

    def reject(self, rule):
        run("nft", f"flush chain inet rejects on; add rule inet rejects on udp dport 53 {rule}")

    def check(self, address, kind, filtered):
        probes = self.k8sdns("probe", "--json", "--no-discovery", "--no-search", "--target", address, "--resolv-conf",
                             "/dev/null", NAME)["data"]["probes"]
        self.assertEqual({p["unreachable"] for p in probes if p["target"] == address}, {kind}, probes)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as resolv:
            resolv.write(f"nameserver {address}\nsearch default.svc.cluster.local svc.cluster.local cluster.local\n"
                         "options ndots:5\n")
            resolv.flush()
            document = self.k8sdns("diagnose", "--json", "--no-discovery", "--resolv-conf", resolv.name, "--cluster-ip",
                                   address, "kubernetes.default")
        # The kernel's own word on the rule is there in any case, where it may be asked.
        about = [line for f in document["findings"] if f["id"] == "path-filtered" for line in f["evidence"]
                 if address in line and not line.startswith("the kernel dropped")]
        self.assertEqual(bool(about), filtered, document["findings"])

    def test_rejects(self):
        for address, rows in REJECTS.items():
            for rule, kind, filtered in rows:
                with self.subTest(rule):
                    self.reject(f"reject with {rule}")
                    self.check(address, kind, filtered)

    def test_forbidden_here(self):
        """Dropped as it leaves: the kernel tells the sender, and no ICMP comes."""
        run("nft", "flush chain inet rejects on; add chain inet rejects out { type filter hook output priority 0; }; "
            "add rule inet rejects out udp dport 53 drop")
        try:
            self.check("fd00::9", "local-rule", True)
        finally:
            run("nft", "delete chain inet rejects out")


if __name__ == "__main__":
    private.enter()
    unittest.main()
