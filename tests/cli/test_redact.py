#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""capture --redact: no name of anybody's is left, wherever it stands, and the findings are the same."""
import json
import pathlib
import tempfile
import unittest

import binary
from schema_instance import capture_with

CAPTURES = sorted((binary.SOURCE / "tests/data/captures").glob("*.json"))
DATA = binary.SOURCE / "tests/data"
WORD = "zq7"
# A name in every form in which one may stand in a text; WORD is in each.
FORMS = ("zq7marker", "ZQ7MARKER", "4711-zq7", "0zq7.4711.example.com", "zq7.svc.cluster.local.",
         "_zq7._tcp.example.com", "/srv/zq7/bin/zq7-server", "zq7marker:53", "zq7@example.com", "eth0.zq7",
         "fe80::1%zq7", "k8s-app=zq7", "zq7märker",
         "Pod zq7marker on node zq7.example.com failed: user zq7, image registry.example.com/zq7/app:v1.zq7",
         "dial tcp: lookup zq7marker on 10.9.8.7:53: no such host", '"v=spf1 include:zq7.example.com ~all"', "10 zq7.")
# The schema's own words, and where facts must fit each other.
KEPT = {"schema", "command", "version"}


def redact(document, word="word"):
    done = binary.run("capture", "--from", "-", "--redact", word, stdin=json.dumps(document).encode())
    return done.returncode, done.stdout, done.stderr


def texts(value):
    """How many texts there are, so that a schema that is misread is seen."""
    if isinstance(value, str):
        return 1
    return sum(map(texts, value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()))


def judged(document):
    """What diagnose makes of it, without the names."""
    report, status = binary.run_json("diagnose", "--from", "-", stdin=json.dumps(document).encode())
    return {"status": status, "health": report["data"]["status"], "frequency": report["data"]["frequency"],
            "findings": [(f["id"], f["severity"], f["confidence"], f["consequence_of"], len(f["evidence"]))
                         for f in report["findings"]],
            "checks": [(c["id"], c["state"]) for c in report["data"]["checks"]]}


class Redact(binary.Case):
    def test_no_marker_survives(self):
        """In every member that the shapes know, in every form of a name."""
        for form in FORMS:
            with self.subTest(form):
                document = capture_with(form)
                self.assertGreater(texts(document), 300)
                status, said, errors = redact(document)
                self.assertEqual(status, 0, errors)
                left = [line for line in said.splitlines() if WORD in line.lower() or "4711" in line]
                self.assertEqual(left, [])

    def test_numbers_that_are_names(self):
        """A label of digits, an address in reverse, a long number."""
        for form in ("4711.example.com", "77.96.10.10.in-addr.arpa.", "998877665", "a-4711",
                     "shop.10.9.8.7.example.com"):
            with self.subTest(form):
                facts = json.loads(CAPTURES[0].read_text())
                for probe in facts["data"]["matrix"]["probes"]:
                    probe["candidate"] = form
                said = redact(facts)[1]
                self.assertNotIn(form, said)
                for piece in ("4711", "77.96", "998877", "10.9.8.7"):
                    self.assertNotIn(piece, said)

    def test_the_same_findings(self):
        for path in CAPTURES:
            with self.subTest(path.name):
                whole = json.loads(path.read_text())
                status, said, errors = redact(whole)
                self.assertEqual(status, 0, errors)
                self.assertEqual(judged(json.loads(said)), judged(whole))

    def test_the_same_findings_of_files(self):
        """Logs, dnstap, spans, a Corefile and the cluster's objects, as capture reads them."""
        logs = sorted((DATA / "logs").glob("*.log"))
        self.assertGreater(len(logs), 3)
        for more in ([["--logs", path] for path in logs[::3]] + [["--endpoints", DATA / "kube/coredns.json"]]):
            with self.subTest(str(more[1].name)), tempfile.TemporaryDirectory() as folder:
                resolv = pathlib.Path(folder, "resolv.conf")
                resolv.write_text("nameserver 127.0.0.1\noptions ndots:5\n"
                                  "search shop.svc.cluster.local svc.cluster.local cluster.local\n")
                done = binary.run("capture", "--no-external", "--no-discovery", "--resolv-conf", resolv, "--budget",
                                  "500ms", "--target", "127.0.0.1:9", *more, "api.shop")
                whole = json.loads(done.stdout)
                status, said, errors = redact(whole)
                self.assertEqual(status, 0, errors)
                self.assertEqual(judged(json.loads(said)), judged(whole))

    def test_alike(self):
        """Equal names stay equal, in captures with one word alone; usual ones are kept."""
        def names(word):
            document = json.loads(redact(json.loads(CAPTURES[0].read_text()), word)[1])
            return [probe[key] for probe in document["data"]["matrix"]["probes"] for key in ("candidate", "target")]
        self.assertEqual(names("one"), names("one"))
        self.assertNotEqual(names("one"), names("other"))
        self.assertIn("kubernetes.default.svc.cluster.local", names("one"))


if __name__ == "__main__":
    unittest.main()
