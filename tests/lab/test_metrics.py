#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""metrics and diagnose from the Pod: recorded texts on the replicas' port 9153, closed and filtered ports."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import unittest

import private
from cluster import replica_address
from diagnose_case import REPLICAS, DiagnoseCase, said

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent / "data/metrics"
BEFORE, AFTER, CALM = (DATA / f"{name}.prom" for name in ("1.14.7-before", "1.14.7-after", "1.14.7-under-load"))
SOURCES = [f"{replica_address(number)}:9153" for number in (1, 2, 3)]


class Metrics(DiagnoseCase):
    @contextlib.contextmanager
    def counting(self, texts):
        """Replicas that give these texts, by number."""
        processes = [subprocess.Popen(self.lab.inside(f"dns{number}", [sys.executable, HERE / "metrics_server.py", 9153,
                                                                       *files]), stdout=subprocess.PIPE)
                     for number, files in texts.items()]
        try:
            for process in processes:
                process.stdout.readline()
            yield
        finally:
            for process in processes:
                process.kill()
                process.wait()
                process.stdout.close()

    def metrics(self, *arguments):
        done = self.lab.pod(os.environ["K8SDNS"], "metrics", "--json", "--replica", REPLICAS, "--interval", "1s",
                            "--count", "1", "--timeout", "700ms", *arguments)
        return json.loads(done.stdout), done.returncode

    def test_side_by_side(self):
        with self.counting({1: [CALM], 2: [BEFORE, AFTER], 3: [CALM]}):
            document, status = self.metrics("--check")
        replicas = document["data"]["replicas"]
        self.assertEqual([(r["source"], r["error"]) for r in replicas], [(source, None) for source in SOURCES])
        self.assertEqual([r["odd"] for r in replicas if r["odd"]], [replicas[1]["odd"]])
        self.assertIn("panics", replicas[1]["odd"])
        self.assertEqual((replicas[0]["qps"], replicas[1]["qps"] > 0), (0, True))
        # The calm ones answered nothing meanwhile, so there is nothing to compare the latency of the other with.
        self.assertEqual((status, {f["id"] for f in document["findings"]}),
                         (2, {"coredns-errors", "coredns-panic", "upstream-failing"}), said(document))

    def test_closed_and_filtered(self):
        """Who cannot be seen is said, and is no finding; it takes no longer than the timeout."""
        self.lab.nft("dns3", "table ip closed {\n chain input {\n  type filter hook input priority 0;\n"
                             "  tcp dport 9153 drop;\n }\n}\n")
        try:
            with self.counting({1: [CALM], 3: [CALM]}):
                document, status = self.metrics("--check")
                self.leads([])
        finally:
            self.lab.nft("dns3", "delete table ip closed\n")
        self.assertEqual((status, document["findings"]), (3, []))
        self.assertEqual([r["error"] for r in document["data"]["replicas"]],
                         [None, "cannot connect: Connection refused", "no answer within 0.7 s"])
        self.assertEqual([u["what"] for u in document["unobserved"]],
                         [f"metrics of {source}" for source in SOURCES[1:]])

    def test_diagnose(self):
        """What a replica counts leads to what our own few questions do not show."""
        with self.counting({1: [CALM], 2: [BEFORE, AFTER], 3: [CALM]}):
            document, found = self.diagnose()
        self.assertIn("upstream-failing", found, said(document))
        self.assertIn(SOURCES[1], str(document["findings"][0]["evidence"]))
        with self.counting({number: [CALM] for number in (1, 2, 3)}):
            self.leads([])


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
