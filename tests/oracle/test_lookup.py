#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lookup against a live server with each recorded case's policy: the same queries, sockets, result and time.

Cases of five seconds and more are left to the unit tests, which replay all of them on a clock of their own.
"""
import json
import subprocess

import binary
import private_namespace
from server_case import ServerCase

CASES = json.loads((binary.SOURCE / "tests/data/oracle/cases.json").read_text())
LONGEST_S = 5
NEAR_S = 0.25
# Recorded queries may be late by some milliseconds; resolvers' timeouts are multiples of this.
TICK_MS = 250


def lines(case, queries):
    """Queries in one order, without what chance decides: with Go the order of the families (and with rotate which
    gets which server), with musl that of the servers, with glibc's rotate the first server."""
    out = []
    for q in queries:
        if q["name"] is None:
            continue
        tick = int((q["ms"] + 20) / TICK_MS)
        rotate = "rotate" in case["resolv_conf"]
        line = [tick, q["name"] or ".", q["type"], q["proto"]]
        if case["client"] == "go":
            out.append(tuple(line[:2] if rotate else line + [q["server"]]))
        elif case["client"] == "glibc" and rotate:
            out.append((*line, q["socket"]))
        else:
            out.append((*line, q["server"], q["socket"]))
    return out if case["client"] == "glibc" else sorted(out)


class Lookup(ServerCase):
    def test_recorded(self):
        ran = 0
        for case in CASES:
            if case["secs"] >= LONGEST_S or self.is_a_race(case):
                continue
            with self.subTest(case["id"]):
                self.again(self.replay, case)
                ran += 1
        self.assertGreaterEqual(ran, 180)

    @staticmethod
    def is_a_race(case):
        """Servers that differ, and chance which is asked (rotate) or heard first (musl)."""
        differ = any("|" in key for key in case["policy"])
        return differ and ("rotate" in case["resolv_conf"] or
                           (case["client"] == "musl" and "DROP" not in case["policy"].values()))

    def replay(self, case):
        self.machine.put("/etc/resolv.conf", case["resolv_conf"].encode("latin-1"))
        self.recorder.reset(case["policy"])
        client = {"musl": "musl-1.2.3"}.get(case["client"], case["client"])
        document, _ = binary.run_json("lookup", "--as", client, "--", case["name"], env=case.get("env"))
        lookup = document["data"]["lookups"][0]
        self.recorder.wait_for(len(lookup["queries"]))
        self.assertEqual(lines(case, self.recorder.taken()), lines(case, case["queries"]))
        self.assertEqual(lookup["result"], case["result"])
        if case["result"] == "fail" and case["client"] != "go":  # whose message names the server
            self.assertEqual(lookup["error"], case["message"])
        if case["queries"]:
            self.assertLessEqual(abs(lookup["total_ms"] / 1000 - case["secs"]), case["secs"] * 0.1 + NEAR_S)
        self.assertEqual(len(lookup["queries"]), len([q for q in self.recorder.taken() if q["name"] is not None]))

    def test_truncation(self):
        """Over TCP, at the same server; not with musl before 1.2.4."""
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.10\n")
        for client, transports in (("glibc", {"udp", "tcp"}), ("go", {"udp", "tcp"}), ("musl", {"udp", "tcp"}),
                                   ("musl-1.2.3", {"udp"})):
            with self.subTest(client):
                self.recorder.reset({"*": "TC"})
                document, _ = binary.run_json("lookup", "--as", client, "big.example")
                lookup = document["data"]["lookups"][0]
                self.assertEqual({q["transport"] for q in lookup["queries"]}, transports)
                if "tcp" in transports:
                    self.assertEqual((lookup["result"], sorted(lookup["addresses"])), ("ok", ["10.0.0.1", "fd00::1"]))

    def test_nobody_there(self):
        """A port that is closed: glibc gives up at once, musl does not hear of it."""
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.99\noptions timeout:1 attempts:1\n")
        subprocess.run(["ip", "address", "add", "10.96.0.99/32", "dev", "lo"], check=True)
        for client, most, least in (("glibc", 300, 0), ("go", 300, 0), ("musl", 1300, 900)):
            with self.subTest(client):
                document, status = binary.run_json("lookup", "--as", client, "host.example")
                total = document["data"]["lookups"][0]["total_ms"]
                self.assertEqual(status, 2)
                self.assertTrue(least <= total <= most, total)

    def test_short_addresses(self):
        """What inet_aton(3) takes is an address to the C libraries, and a name to Go."""
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.10\noptions ndots:1\n")
        for name, address in (("1.2.3", "1.2.0.3"), ("0x7f.1", "127.0.0.1"), ("10.96.10", "10.96.0.10")):
            for client in ("glibc", "musl", "go"):
                with self.subTest(name, client=client):
                    self.recorder.reset({"*": "NXDOMAIN"})
                    lookup = binary.run_json("lookup", "--as", client, name)[0]["data"]["lookups"][0]
                    self.assertEqual((lookup["result"], lookup["addresses"]),
                                     ("fail", []) if client == "go" else ("ok", [address]))

    def test_no_way(self):
        """A server that cannot be reached at all is passed over at once, but for musl."""
        self.machine.put("/etc/resolv.conf", b"nameserver 192.0.2.53\nnameserver 10.96.0.10\n")
        for client in ("glibc", "go"):
            with self.subTest(client):
                self.recorder.reset({"*": "IP"})
                lookup = binary.run_json("lookup", "--as", client, "h.example")[0]["data"]["lookups"][0]
                self.assertEqual(lookup["result"], "ok")
                self.assertEqual([q["server"] for q in lookup["queries"] if q["status"] == "unreachable"],
                                 ["192.0.2.53"] * 2)
                self.assertLess(lookup["total_ms"], 1500)

    def test_bytes_of_a_name(self):
        """Labels of any bytes: what comes back escaped is what was asked."""
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.10\n")
        for name in ("a@b.example", 'a"b.example', "a(b);c$.example", "a\tb.example"):
            with self.subTest(name):
                self.recorder.reset({"*": "IP"})
                lookup = binary.run_json("lookup", "--as", "musl", name)[0]["data"]["lookups"][0]
                self.assertEqual(lookup["result"], "ok")

    def lookups(self, client, name):
        self.recorder.reset({"*": "NXDOMAIN", "both": "IP", "dnsonly": "IP"})
        lookup = binary.run_json("lookup", "--as", client, name)[0]["data"]["lookups"][0]
        return lookup["result"], sorted(lookup["addresses"]), bool(self.recorder.taken())

    def test_hosts(self):
        """/etc/hosts and nsswitch.conf, as each resolver reads them."""
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.10\n")
        self.machine.put("/etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n10.9.9.9 both Upper\n")
        dns = ["10.0.0.1", "fd00::1"]
        try:
            for client in ("glibc", "musl", "go"):
                with self.subTest(client):
                    self.assertEqual(self.lookups(client, "localhost"), ("ok", ["127.0.0.1", "::1"], False))
                    self.assertEqual(self.lookups(client, "both"), ("ok", ["10.9.9.9"], False))
                    self.assertEqual(self.lookups(client, "dnsonly"), ("ok", dns, True))
                    self.assertEqual(self.lookups(client, "upper")[0], "fail" if client == "musl" else "ok")
            self.machine.put("/etc/nsswitch.conf", b"hosts: dns files\n")
            self.assertEqual(self.lookups("glibc", "both"), ("ok", dns, True))
            self.assertEqual(self.lookups("glibc", "Upper"), ("ok", ["10.9.9.9"], True))
            self.assertEqual(self.lookups("musl", "both"), ("ok", ["10.9.9.9"], False))
            self.machine.put("/etc/nsswitch.conf", b"hosts: files\n")
            self.assertEqual(self.lookups("glibc", "dnsonly"), ("fail", [], False))
        finally:
            self.machine.put("/etc/nsswitch.conf", b"hosts: files dns\n")
            self.machine.put("/etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n")

    def differences(self, policy, name, conf, *resolvers):
        """Why each fails, by its name."""
        self.machine.put("/etc/resolv.conf", conf)
        self.recorder.reset(policy)
        document, _ = binary.run_json("lookup", "--as", ",".join(resolvers), "--", name)
        return {d["resolver"]: (d["why"], d["at"]) for d in document["data"]["disagreements"][0]["differences"]}

    def test_differences(self):
        """Where resolvers part, and why."""
        pod = b"nameserver 10.96.0.10\nsearch ns.svc.c svc.c c\noptions ndots:5\n"
        two = b"nameserver 10.96.0.10\nnameserver 10.96.0.11\n"
        self.assertEqual(
            self.differences({"*": "NXDOMAIN", "db.ns.svc.c": "IP"}, "db", pod, "glibc", "node-resolve", "nginx",
                             "busybox-nslookup", "nslookup"),
            {"node-resolve": ("no-search-list", "db"), "nginx": ("no-search-list", "db"),
             "busybox-nslookup": ("also-errors", "db.c")})
        self.assertEqual(
            self.differences({"*": "NXDOMAIN", "k.d.svc.c": "IP"}, "k.d", pod, "go", "busybox-nslookup-musl"),
            {"busybox-nslookup-musl": ("no-search-list", "k.d")})
        self.assertEqual(self.differences({"*": "NXDOMAIN", "h": "IP"}, "h", pod, "glibc", "resolved"),
                         {"resolved": ("never-as-is", "h.c")})
        self.assertEqual(
            self.differences({"*": "NXDOMAIN", "h.ns.svc.c": "NODATA", "h.svc.c": "IP"}, "h", pod, "glibc", "musl",
                             "ruby-resolv", "host"),
            {"musl": ("stops", "h.ns.svc.c"), "ruby-resolv": ("stops", "h.ns.svc.c"), "host": ("stops", "h.ns.svc.c")})
        self.assertEqual(
            self.differences({"*": "NXDOMAIN", "h.ns.svc.c": "TC"}, "h", pod, "glibc", "musl-1.2.3", "netty"),
            {"musl-1.2.3": ("no-tcp", "h.ns.svc.c"), "netty": ("no-tcp", "h.ns.svc.c")})
        self.assertEqual(
            self.differences({"*": "IP", "10.96.0.10|*": "SERVFAIL"}, "h.x.", two, "glibc", "node-resolve", "dig"),
            {"node-resolve": ("one-server", "h.x"), "dig": ("one-server", "h.x")})
        self.assertEqual(
            self.differences({"*": "NXDOMAIN", "h.x/A": "IP", "h.x/AAAA": "SERVFAIL"}, "h.x.",
                             two + b"options timeout:1 attempts:1\n", "glibc", "musl"), {"musl": ("one-family", "h.x")})

    def test_everything(self):
        """All of them at once, each under its own name; as long as the slowest, which is HAProxy's five seconds."""
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.10\nsearch a.example\noptions ndots:5\n")
        self.recorder.reset({"*": "NXDOMAIN", "h.a.example": "IP"})
        document, _ = binary.run_json("lookup", "--as", "everything", "h")
        lookups = document["data"]["lookups"]
        names = [lookup["resolver"] for lookup in lookups]
        self.assertEqual(len(set(names)), len(names))
        for name in ("glibc", "musl-1.2.3", "c-ares", "c-ares-1.18", "node-resolve", "grpc", "netty", "hickory",
                     "ruby-resolv", "erlang", "perl-net-dns", "dnspython", "php-dns", "nginx", "haproxy", "resolved",
                     "busybox-nslookup", "nslookup", "host", "dig", "dig-search", "getent-hosts"):
            self.assertIn(name, names)
        for alias, resolver in (("python", "glibc"), ("envoy", "c-ares"), ("java", "glibc")):
            document, _ = binary.run_json("lookup", "--as", alias, "h")
            self.assertEqual([one["resolver"] for one in document["data"]["lookups"]], [resolver])

    def test_text(self):
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.10\nsearch a.example b.example\noptions ndots:5\n")
        self.recorder.reset({"*": "NXDOMAIN", "h.b.example": "IP"})
        done = binary.run("lookup", "--as", "all", "h")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.splitlines()[0], "OK: 3 of 3 lookups find an address")
        self.assertEqual([line.split() for line in done.stdout.splitlines()[1:4]],
                         [["h"], ["resolver", "glibc", "musl", "go"], ["result", "ok", "ok", "ok"]])
        self.assertEqual(done.stdout.count("h.a.example"), 1)
        self.assertEqual(done.stdout.count("nxdomain"), 3)
        done = binary.run("lookup", "--as", "all", "-v", "h", env={"LC_ALL": "C"})
        self.assertIn("OK: h found in ", done.stdout)
        self.assertIn("as glibc looks it up: 4 queries", done.stdout)
        self.assertIn("2 of 4 queries (marked -)", done.stdout)
        self.assertTrue(done.stdout.isascii())
        self.assertIn("==", done.stdout)
        done = binary.run("lookup", "--as", "all", "-v", "h")
        self.assertIn("\u2588", done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)
        self.assertNotIn("disagree", done.stdout)
        self.recorder.reset({"*": "NXDOMAIN", "h.a.example": "NODATA", "h.b.example": "IP"})
        document, status = binary.run_json("lookup", "--as", "all", "h")  # musl stops at NODATA
        self.assertEqual((status, [d["name"] for d in document["data"]["disagreements"]]), (1, ["h"]))
        self.assertIn("glibc finds 10.0.0.1 fd00::1, musl fails (Name has no usable address), go finds",
                      document["data"]["disagreements"][0]["text"])
        done = binary.run("lookup", "--as", "all", "10.0.0.1", "fd00::1")
        self.assertEqual((done.returncode, done.stdout.count(" ok")), (0, 6), done.stdout)

    def test_status(self):
        """1: the name does not exist; 2: DNS does not work; the code is getaddrinfo's for every resolver."""
        self.machine.put("/etc/resolv.conf", b"nameserver 10.96.0.10\nsearch a.example\n"
                                             b"options ndots:5 timeout:1 attempts:1\n")
        for answers, expected in (({"*": "NXDOMAIN"}, (1, "degraded", "EAI_NONAME")),
                                  ({"*": "NODATA"}, (1, "degraded", "EAI_NODATA")),
                                  ({"*": "SERVFAIL"}, (2, "failing", "EAI_AGAIN")),
                                  ({"*": "REFUSED"}, (2, "failing", "EAI_AGAIN")),
                                  ({"*": "DROP"}, (2, "failing", "EAI_AGAIN")),
                                  ({"*": "IP"}, (0, "ok", None))):
            for resolver in ("glibc", "musl", "go", "c-ares", "dnspython"):
                with self.subTest(answers=answers, resolver=resolver):
                    self.recorder.reset(answers)
                    document, status = binary.run_json("lookup", "--as", resolver, "h")
                    lookup = document["data"]["lookups"][0]
                    self.assertEqual((status, document["data"]["status"], lookup["error_code"]), expected, lookup)
        # Those that take it for a name that does not exist.
        for resolver, answers, code in (("glibc", {"*": "FORMERR"}, "EAI_NONAME"), ("netty", {"*": "TC"}, "EAI_AGAIN")):
            self.recorder.reset(answers)
            document, status = binary.run_json("lookup", "--as", resolver, "h")
            self.assertEqual((status, document["data"]["lookups"][0]["error_code"]), (2, code))
        self.recorder.reset({"*": "NXDOMAIN"})
        self.assertRegex(binary.run("lookup", "--as", "glibc", "h").stdout,
                         r"^DEGRADED: h fails after .*: Name or service not known\n")


if __name__ == "__main__":
    private_namespace.enter()
    binary.main()
