#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every recorded case in which all answers are NXDOMAIN: expand says the same names, types, order and sockets."""
import json
import tempfile
import unittest

import binary
import plans

CASES = json.loads((binary.SOURCE / "tests/data/oracle/cases.json").read_text())
CASES = [case for case in CASES if all(query["reply"] == "NXDOMAIN" for query in case["queries"])]


class Recorded(unittest.TestCase):
    maxDiff = None

    def test_enough(self):
        self.assertGreaterEqual(len(CASES), 130)

    def test_all(self):
        for case in CASES:
            with self.subTest(case["id"]), tempfile.NamedTemporaryFile("wb") as conf:
                conf.write(case["resolv_conf"].encode())
                conf.flush()
                client = {"musl": "musl-1.2.3"}.get(case["client"], case["client"])
                planned = plans.expand(case["name"], client, "--resolv-conf", conf.name, env=case.get("env"))
                self.assertEqual(plans.of_queries(case["client"], case["queries"]), planned, case["resolv_conf"])


if __name__ == "__main__":
    binary.main()
