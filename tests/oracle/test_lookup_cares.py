#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of c-ares against the c-ares that is linked: the same queries to the same servers, and the same result."""
import collections
import itertools

import binary
import private_namespace
from server_case import ServerCase

ONE = "nameserver 10.96.0.10\n"
TWO = ONE + "nameserver 10.96.0.11\n"
LIST = "search a.example b.example\n"
FILES = [ONE + LIST + "options ndots:5\n", ONE + "search a.example\n", ONE, TWO + LIST + "options ndots:2\n",
         ONE + "search a.example ; b.example\n", ONE + "search .\n", ONE + "domain a.example\nsearch b.example\n",
         ONE + " search a.example\n", ONE + "search a.example.\nsearch b.example\n", ""]
POLICIES = [{"*": "NXDOMAIN"}, {"*": "IP"}, {"*": "NXDOMAIN", "h.b.example": "IP"},
            {"*": "NXDOMAIN", "h.a.example": "NODATA", "h.b.example": "IP"},
            {"*": "NXDOMAIN", "h.a.example/A": "IP", "h.a.example/AAAA": "NODATA"},
            {"*": "NXDOMAIN", "h.a.example": "TC"}, {"*": "SERVFAIL"}, {"*": "REFUSED"}, {"*": "NOTIMP"},
            {"*": "FORMERR"}, {"10.96.0.10|*": "SERVFAIL", "*": "IP"}, {"10.96.0.10|*": "REFUSED", "*": "NXDOMAIN"}]
NAMES = ["h", "h.", "h.x", "a.b.c.d.e.f", "a..b", "10.0.0.1", "1.2.3", "localhost"]


def seen(lookup, counted):
    rows = collections.Counter((q["name"], q["type"], q["server"], q["transport"]) for q in lookup["queries"])
    return rows if counted else set(rows)


class Cares(ServerCase):
    def test_all(self):
        ran = 0
        for conf, policy, name in itertools.product(FILES, POLICIES, NAMES):
            with self.subTest(conf=conf, policy=policy, name=name):
                self.machine.put("/etc/resolv.conf", conf.encode())
                self.recorder.reset(policy)
                real = self.lookup("--as", "c-ares", "--real", "--", name)
                self.recorder.reset(policy)
                ours = self.lookup("--as", real["resolver"], "--", name)
                # With 1.34 it is chance whether a retry goes out once the other type has its answer.
                counted = real["resolver"] == "c-ares-1.18"
                wanted, found = seen(real, counted), set(real["addresses"])
                if not counted and "10.96.0.10|*" in policy and seen(ours, counted) != wanted:
                    # So it is whether AAAA is asked of the next server.
                    lacking = seen(ours, counted) - wanted
                    self.assertEqual({type for _, type, *_ in lacking}, {"AAAA"})
                    wanted, found = wanted | lacking, set(ours["addresses"])
                self.assertEqual(seen(ours, counted), wanted)
                self.assertEqual((ours["result"], set(ours["addresses"])), (real["result"], found))
                self.assertEqual(ours["error"], real["error"])
                ran += 1
        self.assertGreater(ran, 900)

    def lookup(self, *words):
        return binary.run_json("lookup", *words)[0]["data"]["lookups"][0]


if __name__ == "__main__":
    private_namespace.enter()
    binary.main()
