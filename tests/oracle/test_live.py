#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The resolver of this machine, live: what getaddrinfo() really sends is what expand says, case by case.

usage: test_live.py glibc|musl PROGRAM   (PROGRAM looks one name up with that C library)
"""
import subprocess
import sys
import tempfile

import binary
import plans
import private_namespace
from server_case import SERVERS, ServerCase, waiting

K8S = "nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"
LONG = "search " + " ".join(f"domain-{n}.example" for n in range(40)) + "\nnameserver 10.96.0.10\n"

# A file, and the names that are looked up with it.
CASES = {
    "kubernetes": (K8S, ["database", "database.default", "database.default.svc", "database.default.svc.cluster.local",
                         "www.aliyun.com", "www.aliyun.com.", "a.b.c.d.e", "a.b.c.d.e.f", "localhost.example",
                         "UPPER.Case", "under_score", "xn--mnchen-3ya.de", "_dns._udp.kube-dns"]),
    "addresses": (K8S, ["10.0.0.1", "fd00::1", "10.1", "0x7f.1", "1.2.3.4.5", "256.1.1.1"]),
    "no-search": ("nameserver 10.96.0.10\n", ["www.example.com", "host", "host."]),
    "ndots-0": ("nameserver 10.96.0.10\nsearch a.example\noptions ndots:0\n", ["host", "a.b"]),
    "ndots-1": ("nameserver 10.96.0.10\nsearch a.example b.example\noptions ndots:1\n", ["host", "a.b"]),
    "ndots-2": ("nameserver 10.96.0.10\nsearch a.example\noptions ndots:2\n", ["a.b", "a.b.c"]),
    "ndots-15": ("nameserver 10.96.0.10\nsearch a.example\noptions ndots:15\n",
                 ["a.b.c.d", "1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.g"]),
    "ndots-99": ("nameserver 10.96.0.10\nsearch a.example\noptions ndots:99\n", ["a.b.c"]),
    "domain": ("nameserver 10.96.0.10\ndomain one.example\n", ["host"]),
    "domain-then-search": ("domain one.example\nsearch two.example\nnameserver 10.96.0.10\n", ["host"]),
    "search-twice": ("search one.example\nsearch two.example three.example\nnameserver 10.96.0.10\n", ["host"]),
    "search-root": ("nameserver 10.96.0.10\nsearch .\n", ["host", "a.b"]),
    "search-dots": ("nameserver 10.96.0.10\nsearch a.example. b.example.\n", ["host"]),
    "crlf": (K8S.replace("\n", "\r\n"), ["host"]),
    "tabs": ("nameserver\t10.96.0.10\nsearch\ta.example\tb.example\noptions\tndots:3\n", ["host", "a.b.c"]),
    "no-newline": ("nameserver 10.96.0.10\nsearch a.example", ["host"]),
    "comments": ("# search x.example\n; options ndots:9\nnameserver 10.96.0.10 # first\nsearch a.example\n", ["host"]),
    "indented": ("nameserver 10.96.0.10\n search a.example\n options ndots:5\n", ["host", "a.b"]),
    "garbage": ("\x01\x02\nnamesrver 10.9.9.9\nnameserver ten\nnameserver 10.96.0.10\nsearch a.example\n", ["host"]),
    "three-servers": ("".join(f"nameserver {s}\n" for s in SERVERS[:3]) + "search a.example\n", ["host"]),
    "four-servers": ("".join(f"nameserver {s}\n" for s in SERVERS[:4]) + "search a.example\n", ["host"]),
    "no-server": ("search a.example\n", ["host"]),
    "empty": ("", ["host.example"]),
    "reopen": (K8S + "options single-request-reopen\n", ["host"]),
    "single-request": (K8S + "options single-request\n", ["host"]),
    "long-search": (LONG, ["host"]),
    "long-name": (K8S, [".".join(["x" * 60] * 4), "y" * 63 + ".example", "z" * 64 + ".example"]),
    "bad-names": (K8S, ["a..b", ".", "-dash", "sp ace"]),
}


class Live(ServerCase):
    resolver = program = None

    def test_enough(self):
        self.assertGreaterEqual(sum(len(names) for _, names in CASES.values()), 40)

    def test_all(self):
        with waiting(self.program) as pid:
            self.check(pid)

    def check(self, pid):
        for title, (text, names) in CASES.items():
            self.machine.put("/etc/resolv.conf", text.encode("latin-1"))
            for name in names:
                with self.subTest(case=title, name=name):
                    self.recorder.reset()
                    subprocess.run([self.program, name], check=True, stdout=subprocess.DEVNULL, timeout=60)
                    sent = plans.of_queries(self.resolver, self.recorder.taken())
                    # Without --resolv-conf: the file and the host name that the resolver itself saw.
                    self.assertEqual(sent, plans.expand(name, self.resolver, "--pid", pid), text)


if __name__ == "__main__":
    Live.resolver, Live.program = sys.argv[1:3]
    private_namespace.enter()
    del sys.argv[1:3]
    binary.main()
