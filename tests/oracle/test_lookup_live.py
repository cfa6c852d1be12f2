#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lookup against the resolver of this machine, live: with each file, name and policy of the server both send the
same queries over the same sockets to the same servers, take as long, and come to the same result.

usage: test_lookup_live.py glibc|musl PROGRAM   (PROGRAM looks one name up with that C library)
"""
import subprocess
import sys
import time

import binary
import private_namespace
from server_case import ServerCase, waiting

ONE = "nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"
TWO = "nameserver 10.96.0.10\nnameserver 10.96.0.11\nsearch a.example\n"
QUICK = "options timeout:1 attempts:2\n"
DB = "db.default.svc.cluster.local"

# A policy of the server, and what is asked for under it. No answer takes a second, but silence does.
CASES = [
    (ONE, {"*": "NXDOMAIN", DB: "IP"}, ["db", "db.default", "db.default.svc.cluster.local", "nosuch"]),
    (ONE, {"*": "NXDOMAIN", "www.aliyun.com": "IP"}, ["www.aliyun.com", "www.aliyun.com.", "nosuch.example."]),
    (ONE, {"*": "NXDOMAIN", DB + "/A": "IP", DB + "/AAAA": "NODATA"}, ["db"]),
    (ONE, {"*": "NXDOMAIN", DB + "/A": "NODATA", DB + "/AAAA": "IP"}, ["db"]),
    (ONE, {"*": "NODATA"}, ["db", "www.example.com", "www.example.com."]),
    (ONE, {"*": "NODATA", "db": "IP"}, ["db"]),
    (ONE, {"*": "NXDOMAIN", DB: "NODATA", "db.svc.cluster.local": "IP"}, ["db"]),
    (ONE + QUICK, {"*": "SERVFAIL"}, ["host.example.", "db"]),
    (ONE + QUICK, {"*": "REFUSED"}, ["host.example."]),
    (ONE + QUICK, {"*": "FORMERR"}, ["host.example."]),
    (ONE + QUICK, {"*": "NOTIMP"}, ["host.example."]),
    (ONE + QUICK, {"*": "NXDOMAIN", DB: "SERVFAIL", "db": "IP"}, ["db"]),
    (ONE + "options single-request\n", {"*": "NXDOMAIN", "db": "IP"}, ["db"]),
    (ONE + "options single-request-reopen\n", {"*": "NXDOMAIN", "db": "IP"}, ["db"]),
    (ONE + "options edns0\n", {"*": "NXDOMAIN", DB: "IP"}, ["db"]),
    (ONE + QUICK + "options use-vc\n", {"*": "NXDOMAIN", DB: "IP"}, ["db"]),
    (ONE + "options ndots:1\n", {"*": "NXDOMAIN", "a.b": "IP"}, ["a.b", "a.c"]),
    (TWO, {"*": "NXDOMAIN", "host.a.example": "IP"}, ["host", "other.host"]),
    (TWO + QUICK, {"*": "SERVFAIL"}, ["host.example."]),
    (TWO + QUICK, {"10.96.0.10|*": "DROP", "10.96.0.11|*": "NXDOMAIN", "10.96.0.11|host.a.example": "IP"}, ["host"]),
    (TWO + QUICK, {"10.96.0.10|*": "SERVFAIL", "10.96.0.11|*": "IP"}, ["host.example."]),
    (ONE + QUICK, {"*": "DROP"}, ["host.example."]),
    (ONE + QUICK, {"*": "NXDOMAIN", DB + "/A": "IP", DB + "/AAAA": "DROP"}, ["db"]),
    (ONE + QUICK, {"*": "NXDOMAIN", DB + "/A": "DROP", DB + "/AAAA": "IP"}, ["db"]),
    ("nameserver 10.96.0.10\n" + QUICK, {"*": "TC"}, ["big.example"]),
    ("", {"*": "IP"}, ["host.example"]),
    ("nameserver 10.96.0.10\nsearch .\n" + QUICK, {"*": "NXDOMAIN", "host": "IP"}, ["host"]),
    (ONE, {"*": "IP"}, ["10.0.0.1", "fd00::1", "256.1.1.1", "a..b", "x" * 64 + ".example", "-dash"]),
]
# Far more than a query takes, far less than a timeout.
NEAR_S = 0.15
TICK_MS = 250


class LookupLive(ServerCase):
    resolver = program = None

    def taken(self, shared_retries=False):
        """What the server saw: when (in ticks), what, over which socket. musl asks its servers at once, so their
        order is chance. With `shared_retries` so is who is asked again: only how often is not."""
        numbers, rows = {}, []
        for q in self.recorder.taken():
            if q["name"] is not None:
                rows.append((int((q["ms"] + 60) / TICK_MS), q["name"], q["type"], q["proto"], q["server"],
                             numbers.setdefault((q["proto"], q["socket"]), len(numbers))))
        if shared_retries:
            rows = [(tick, name, proto) for tick, name, _, proto, _, _ in rows]
        return sorted(rows) if self.resolver == "musl" else rows

    def test_enough(self):
        self.assertGreaterEqual(sum(len(names) for _, _, names in CASES), 40)

    def test_all(self):
        with waiting(self.program) as pid:
            self.check(pid)

    def check(self, pid):
        for conf, policy, names in CASES:
            self.machine.put("/etc/resolv.conf", conf.encode())
            for name in names:
                with self.subTest(conf=conf, policy=policy, name=name):
                    self.again(self.compare, pid, conf, policy, name)

    def compare(self, pid, conf, policy, name):
        self.recorder.reset(policy)
        began = time.monotonic()
        told = subprocess.run([self.program, name], check=True, stdout=subprocess.PIPE, text=True,
                              timeout=60).stdout.split("\n")
        took = time.monotonic() - began
        # musl has four retries at once for all servers and types; the first failures to come have them.
        chance = self.resolver == "musl" and policy == {"*": "SERVFAIL"} and conf.startswith(TWO)
        real = self.taken(chance)
        self.recorder.reset(policy)
        document, _ = binary.run_json("lookup", "--pid", pid, "--as", self.resolver, "--", name)
        lookup = document["data"]["lookups"][0]
        self.assertEqual(self.taken(chance), real)
        self.assertEqual(lookup["result"], told[0].split()[0])
        self.assertEqual(sorted(lookup["addresses"]), sorted({t.split()[1] for t in told if t[:2] == "ok"}))
        self.assertLessEqual(abs(lookup["total_ms"] / 1000 - took), 0.1 * took + NEAR_S)
        if lookup["result"] == "fail":
            self.assertEqual("fail " + lookup["error"], told[0])


if __name__ == "__main__":
    LookupLive.resolver, LookupLive.program = sys.argv[1:3]
    private_namespace.enter()
    del sys.argv[1:3]
    binary.main()
