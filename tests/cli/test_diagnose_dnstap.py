#!/usr/bin/python3
"""What rules make of dnstap: real captures, and frames that show one fault each."""
import json
import pathlib
import tempfile
import unittest

import binary
import taps
from taps import CQ, CR, FQ, FR, message
from test_diagnose import Facts, diagnose, states

CAPTURES = binary.SOURCE / "tests/data/dnstap"
RULES = ("coredns-errors", "coredns-stuck", "upstream-failing")


def facts_of(path):
    """The facts that the command prints are those that a capture holds."""
    return json.loads(binary.run("--json", "dnstap", "--read", path).stdout.splitlines()[-1])["data"]


class Dnstap(binary.Case):
    def judged(self, source, *without):
        """The healthy capture with what these frames, or this file, tell."""
        if isinstance(source, list):
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "frames"
                path.write_bytes(taps.stream(source))
                told = facts_of(path)
        else:
            told = facts_of(source)
        facts = Facts().without(*without)
        facts.data["dnstap"] = told
        document, status = diagnose(facts)
        return {f["id"]: f for f in document["findings"]}, states(document), status

    def quiet(self, count, **more):
        return [f for n in range(count) for f in taps.answered(n, **more)]

    def test_healthy(self):
        for name in ("1.11.3", "1.6.9"):
            found, state, status = self.judged(CAPTURES / f"{name}.fstrm")
            self.assertEqual(status, 0, found)
            self.assertEqual([state[rule] for rule in RULES], ["quiet"] * 3)

    def test_nothing_but_dnstap_is_enough(self):
        """These rules do with one kind of evidence."""
        others = [part for part in Facts().data if part in ("matrix", "sampling", "tcp", "metrics", "logs", "small")]
        _, state, _ = self.judged(CAPTURES / "1.11.3.fstrm", *others)
        self.assertEqual([state[rule] for rule in RULES], ["quiet"] * 3)

    def test_upstream_away(self):
        found, _, status = self.judged(CAPTURES / "1.14.7-upstream-down.fstrm")
        self.assertEqual(status, 2)
        evidence = " ".join(found["upstream-failing"]["evidence"])
        self.assertIn("upstream 100.100.2.136:53 left 78 of 78 queries without an answer", evidence)
        self.assertIn("82 of 82 forwarded client queries", evidence)
        self.assertIn("97 of 163 queries", " ".join(found["coredns-errors"]["evidence"]))

    def test_a_few_tries_that_others_make_up_for(self):
        """One lost try in two hundred queries is no fault of the upstream."""
        way = {"own": ("10.244.0.2", 50000), "upstream": "192.0.2.1"}
        frames = []
        for n in range(200):
            about = {"ident": n, "port": 3000 + n}
            frames += [message(CQ, at=n, **about), *([message(FQ, at=n, **about, **way)] if n == 7 else []),
                       message(FQ, at=n, **about, **way), message(FR, at=n, until=n + 0.1, **about, **way),
                       message(CR, at=n, until=n + 0.2, **about)]
        found, state, _ = self.judged(frames)
        self.assertEqual([state[rule] for rule in RULES], ["quiet"] * 3, found)

    def test_stuck(self):
        again = [message(CQ, ident=9, port=999, at=at) for at in (0, 5, 10)]
        frames = [again[0], *self.quiet(5), again[1], *self.quiet(10)[10:], again[2], *self.quiet(120)[20:]]
        found, state, _ = self.judged(frames)
        self.assertEqual(state["coredns-stuck"], "fires")
        self.assertIn("3 of 123 queries that coredns-a received have no answer", found["coredns-stuck"]["evidence"][0])
        self.assertEqual(state["coredns-errors"], "quiet")

    def test_server_made_is_an_error_and_not_stuck(self):
        lone = [message(CQ, ident=60000 + n, port=999 + n, at=n) for n in range(5)]
        found, state, _ = self.judged([*lone, *self.quiet(100)])
        self.assertEqual((state["coredns-errors"], state["coredns-stuck"]), ("fires", "quiet"))
        self.assertIn("5 answered by itself", found["coredns-errors"]["evidence"][0])

    def test_unsure_is_unknown(self):
        """Over TCP nothing tells them apart: no claim is made without a log that does."""
        frames = [message(CQ, ident=9, port=999, protocol=2), *self.quiet(200)]
        _, state, _ = self.judged(frames, "logs")
        self.assertEqual((state["coredns-errors"], state["coredns-stuck"]), ("quiet", "unknown"))

    def test_too_late(self):
        frames = [f for n in range(200)
                  for f in (message(CQ, at=n, ident=n), message(CR, at=n, until=n + 4.5, ident=n))]
        found, _, _ = self.judged(frames)
        self.assertEqual(found["coredns-errors"]["title"], "CoreDNS answers too late")


class Captures(binary.Case):
    def test_capture_and_from(self):
        """--dnstap goes into a capture, and comes out of it."""
        path = CAPTURES / "1.14.7.fstrm"
        with tempfile.TemporaryDirectory() as folder:
            conf = pathlib.Path(folder) / "resolv.conf"
            conf.write_text("nameserver 127.0.0.1\n")
            capture = binary.run("capture", "--dnstap", path, "--resolv-conf", conf, "--no-discovery", "--no-external",
                                 "--replica", "127.0.0.1:1", "--budget", "500ms")
        self.assertEqual(capture.returncode, 0, capture.stderr)
        document, status = binary.run_json("dnstap", "--from", "-", stdin=capture.stdout.encode())
        self.assertEqual(status, 0)
        self.assertEqual(document["data"]["scenarios"], facts_of(path)["scenarios"])
        text = binary.run("dnstap", "--from", "-", stdin=capture.stdout.encode()).stdout
        self.assertIn("13 of 238 client queries failed", text)

    def test_capture_without(self):
        done = binary.run("dnstap", "--from", "-", stdin=json.dumps(Facts().without("dnstap").envelope).encode())
        self.assertEqual(done.returncode, 3)
        self.assertIn("the capture has no dnstap", done.stderr)

    def test_a_file_that_cannot_be_used(self):
        done = binary.run("diagnose", "--no-discovery", "--replica", "127.0.0.1:1", "--dnstap", "/nonexistent")
        self.assertEqual(done.returncode, 66)

    def test_names_are_hidden(self):
        capture = binary.run("capture", "--dnstap", CAPTURES / "1.14.7.fstrm", "--no-discovery", "--no-external",
                             "--replica", "127.0.0.1:1", "--budget", "500ms", "--redact", "word").stdout
        told = json.dumps(json.loads(capture)["data"]["dnstap"])
        for word in ("aliyun", "panic", "coredns-5d78c9869d", "10.244.1.5", "100.100.2.136", "blackhole"):
            self.assertNotIn(word, told)


if __name__ == "__main__":
    unittest.main(verbosity=2)
