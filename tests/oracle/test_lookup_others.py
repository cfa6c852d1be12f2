#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lookup against a live server with the policies recorded from some sixty programs: the same queries and result.

Only what took less than a second; the unit tests replay all on a clock of their own.
"""
import collections
import json
import re

import binary
import private_namespace
import server_case

CASES = json.loads((binary.SOURCE / "tests/data/oracle/cases2.json").read_text())
LONGEST_S = 1
# Clients as the unit test names them; those that were told to ask for one family alone are left out.
ROWS = re.findall(r'\{"([^"]+)", "([^"]+)", (\w+), (FIXED_\w+), [\d.]+\}',
                  (binary.SOURCE / "tests/unit/test_resolvers.c").read_text())
CLIENTS = {client: name for client, name, families, fixed in ROWS if families == "0" and fixed != "FIXED_NAMES"}
# The addresses that this server gives are not those of the one that was recorded.
V6 = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"
POINTERS = {"1." + V6: "v6", "3." + V6: "v6", "1.0.0.10.in-addr.arpa": "v4", "3.2.1.10.in-addr.arpa": "v4"}
NUMBERS = {"TYPE5": "5", "TYPE65": "65", "TYPE255": "255", "PTR": "12", "MX": "15"}


def asked(case, queries):
    """Which queries, how often; with rotate, of whom is chance."""
    rotate = "rotate" in case["resolv_conf"]
    return collections.Counter(
        (POINTERS.get(q["name"], q["name"]), NUMBERS.get(q["type"], q["type"]), q["proto"], bool(q.get("edns")),
         "" if rotate else q["server"])
        for q in queries if q["name"] is not None)


def is_a_race(case):
    # resolved leaves a server at the first of two errors that come at once: which of A and AAAA that is, is chance.
    if case["client"] == "resolved-nss" and "first-servfail" in case["id"]:
        return True
    return case["id"].startswith("multi") or "network" in case or "server" in case or case["client"] == "wget" or (
        case["client"].startswith("cares1.34") and case["id"].startswith("reply:aaaa"))


class Others(server_case.ServerCase):
    servers = [*server_case.SERVERS, "fd00::10"]

    def test_recorded(self):
        ran = collections.Counter()
        for case in CASES:
            name = CLIENTS.get(case["client"])
            if name == "go" and "-default" in case["client"] and "env" in case:
                continue  # built with cgo, it leaves these to the C library
            if not name or case["secs"] >= LONGEST_S or is_a_race(case) or "killed_after" in case:
                continue
            with self.subTest(case["id"]):
                self.replay(case, name)
                ran[name] += 1
        self.assertGreaterEqual(len(ran), 30)
        self.assertGreaterEqual(sum(ran.values()), 1000)

    def replay(self, case, name):
        self.machine.put("/etc/resolv.conf", case["resolv_conf"].encode("latin-1"))
        self.recorder.reset(case["policy"])
        document, _ = binary.run_json("lookup", "--as", name, "--", case["name"], env=case.get("env"))
        lookup = document["data"]["lookups"][0]
        self.recorder.wait_for(len(lookup["queries"]))
        self.assertEqual(asked(case, self.recorder.taken()), asked(case, case["queries"]))
        self.assertEqual(lookup["result"], case["result"])


if __name__ == "__main__":
    private_namespace.enter()
    binary.main()
