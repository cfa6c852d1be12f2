#!/usr/bin/python3
"""scope over reports: each pattern is told from the others, and few samples say that they are few."""
import copy
import json
import random
import tempfile
import unittest

import binary

CAPTURE = json.loads((binary.SOURCE / "tests/data/captures/healthy.json").read_text())


def report(fault):
    """What diagnose prints of the healthy capture, or of one whose table is full."""
    capture = copy.deepcopy(CAPTURE)
    if fault:
        capture["data"]["conntrack"]["table"]["fill_ratio"] = 1.0
    document, _ = binary.run_json("diagnose", "--from", "-", stdin=json.dumps(capture).encode())
    return document


GOOD, BAD = report(False), report(True)


def at(node, pod, fails, minute=0, frequency="intermittent"):
    document = {**(BAD if fails else GOOD)}
    document["data"] = {**document["data"], "node": f"node-{node}", "pod": f"web-{node}-{pod}",
                        "time": f"2026-11-24T10:{minute:02}:00.000Z", "frequency": frequency if fails else "never"}
    return document


def scope_text(text, *arguments):
    document, status = binary.run_json("scope", "-", *arguments, stdin=text.encode())
    return document["data"], status


def scope(reports, *arguments):
    return scope_text("\n".join(map(json.dumps, reports)), *arguments)


def grid(fails, nodes=8, pods=6, minutes=4):
    """Reports of every Pod at every minute; `fails` says which fail."""
    return [at(node, pod, fails(node, pod, minute), minute)
            for node in range(nodes) for pod in range(pods) for minute in range(minutes)]


class Patterns(binary.Case):
    def check(self, fails, wide, **options):
        data, status = scope(grid(fails, **options))
        self.assertEqual(data["scope"], wide, data["scope_text"])
        # The reports' findings are critical.
        self.assertEqual((status, data["status"]), (0, "ok") if wide == "none" else (2, "failing"))
        return data

    def test_none(self):
        data = self.check(lambda *_: False, "none")
        self.assertEqual((data["frequency"], data["causes"], data["pods"], data["nodes"]), ("never", [], 48, 8))

    def test_whole_cluster(self):
        data = self.check(lambda node, pod, minute: True, "whole-cluster")
        self.assertEqual((data["confidence"], data["failing_pods"]), ("high", 48))
        self.assertEqual(data["causes"][0]["id"], "conntrack-full")
        self.assertEqual(data["causes"][0]["reports"], 192)

    def test_some_nodes(self):
        data = self.check(lambda node, pod, minute: node in (2, 5) and (pod + minute) % 3, "some-nodes")
        self.assertIn("node-2, node-5", data["scope_text"])
        self.assertTrue(any(c["pattern"] and not c["reports"] for c in data["causes"]))

    def test_fixed_pods(self):
        data = self.check(lambda node, pod, minute: pod == node % 6 and node % 2, "fixed-pods")
        self.assertEqual(sorted(r["pod"] for r in data["rows"] if r["pod"]),
                         ["web-1-1", "web-3-3", "web-5-5", "web-7-1"])

    def test_one_pod_a_node(self):
        """As a DaemonSet reports: what is fixed may be the node's."""
        data = self.check(lambda node, *_: node in (3, 4), "some-nodes", nodes=20, pods=1, minutes=5)
        self.assertEqual(data["confidence"], "medium")
        self.assertIn("node-3, node-4", data["scope_text"])

    def test_random_pods(self):
        """Failures dealt out by chance are not taken for a pattern, however they are dealt."""
        for seed in range(10):
            chance = random.Random(seed)
            self.check(lambda *_, chance=chance: chance.random() < 0.1, "random-pods")

    def test_frequency(self):
        data, _ = scope([at(1, pod, True, minute, "always") for pod in range(6) for minute in range(3)])
        self.assertEqual(data["frequency"], "always")
        data, _ = scope([at(1, pod, minute == 2, minute, "at-peak") for pod in range(6) for minute in range(3)])
        self.assertEqual(data["frequency"], "at-peak")
        self.assertEqual([(r["time"][11:], r["failing"]) for r in data["rows"] if r["time"]],
                         [("10:00:00Z", 0), ("10:01:00Z", 0), ("10:02:00Z", 6)])

    def loaded(self, minutes, fails, loads, said="intermittent"):
        """Reports of 10 Pods in each minute; `loads` gives data.load of a minute, `fails` whether a report fails."""
        reports = []
        for minute in range(minutes):
            for pod in range(10):
                one = at(pod % 3, pod, fails(pod, minute), minute, said)
                one["data"]["load"] = {"latency_ms": None, "conntrack_fill_ratio": None, "cpu_pressure_percent": None,
                                       "queries_per_second": None, **loads(minute)}
                reports.append(one)
        return scope(reports)[0]

    def test_peak_by_load(self):
        """Failures that come with the load are at peak whatever the reports say, and it says how sure it is."""
        chance = random.Random(3)
        for kind, member, calm, busy in (("latency", "latency_ms", 0.5, 9),
                                         ("queries", "queries_per_second", 900, 9000),
                                         ("conntrack-fill", "conntrack_fill_ratio", 0.3, 0.9),
                                         ("cpu-pressure", "cpu_pressure_percent", 5, 60)):
            def is_busy(minute):
                return minute % 12 in (5, 6, 7, 8)
            data = self.loaded(24, lambda _, minute: is_busy(minute) and chance.random() < 0.4, lambda minute: {
                member: (busy if is_busy(minute) else calm) * chance.uniform(0.8, 1.2)})
            self.assertEqual((data["frequency"], data["peak"]["load"]), ("at-peak", kind), data["frequency_text"])
            self.assertTrue(data["peak"]["follows"])
            self.assertLess(data["peak"]["chance"], 0.01)
            self.assertGreater(data["peak"]["busy_failing_ratio"], data["peak"]["calm_failing_ratio"])
            self.assertIn("failures follow the load", data["frequency_text"])

    def test_no_peak_by_load(self):
        """Failures without regard to the load, dealt out by chance many times, are not taken for a peak."""
        for seed in range(20):
            chance = random.Random(seed)
            data = self.loaded(24, lambda *_, chance=chance: chance.random() < 0.2,
                               lambda _, chance=chance: {"latency_ms": chance.uniform(0.3, 9),
                                                         "conntrack_fill_ratio": chance.uniform(0.1, 0.9)})
            self.assertEqual((data["frequency"], data["peak"]["follows"]), ("intermittent", False))
            self.assertIn("do not follow the load", data["frequency_text"])

    def test_too_few_moments_for_a_peak(self):
        data = self.loaded(4, lambda _, minute: minute == 2, lambda minute: {"latency_ms": 9 if minute == 2 else 0.5})
        self.assertEqual((data["frequency"], data["peak"]), ("intermittent", None))
        self.assertIn("too few moments (4)", data["frequency_text"])
        # Reports of older versions know no load at all.
        reports = grid(lambda node, pod, minute: minute == 2)
        for one in reports:
            one["data"].pop("load", None)
        self.assertIn("too few moments (0)", scope(reports)[0]["frequency_text"])

    def test_few(self):
        data, _ = scope([at(1, 1, True), at(2, 1, False)])
        self.assertEqual(data["confidence"], "low")
        data, _ = scope([at(node, pod, (node + pod) % 4 == 0) for node in range(4) for pod in range(5)])
        self.assertEqual((data["scope"], data["confidence"]), ("random-pods", "low"))
        self.assertIn("gather again", data["confidence_text"])


class Input(binary.Case):
    def test_captures(self):
        """A capture is judged where it is read."""
        bad = copy.deepcopy(CAPTURE)
        bad["data"]["conntrack"]["table"]["fill_ratio"] = 1.0
        data, status = scope([CAPTURE, bad])
        self.assertEqual((data["reports"], data["failing"], status), (2, 1, 2))
        self.assertEqual([c["id"] for c in data["causes"] if c["reports"]], ["conntrack-full"])

    def test_files_and_rubbish(self):
        """What is no report is counted, and what is no JSON ends its file alone."""
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, text in (
                    ("a", json.dumps(at(1, 1, True), indent=2) + json.dumps(at(1, 2, False))),
                    ("b", '{"schema": "k8sdns/1"} [] ' + json.dumps(at(2, 1, False)) + '{"cut": '), ("c", "")):
                paths.append(f"{folder}/{name}")
                with open(paths[-1], "w", encoding="utf-8") as file:
                    file.write(text)
            document, status = binary.run_json("scope", *paths)
            data = document["data"]
            self.assertEqual((data["files"], data["reports"], data["unread"], status), (3, 3, 3, 2))
            done = binary.run("scope", paths[2])
            self.assertEqual(done.returncode, 65)
            self.assertIn("there is no report in", done.stderr)
        self.assertEqual(binary.run("scope", "/nowhere").returncode, 66)

    def test_what_it_does_not_read(self):
        """A report of a newer version may say there what this one does not know; what is no JSON is none."""
        known = at(1, 1, True)
        newer = copy.deepcopy(known)
        newer["data"]["checks"] = [{"id": 7, "state": "dreamt"}]
        newer["data"]["verdict"] = None
        newer["findings"][0]["evidence"] = {"new": "kind"}
        newer["host"] = "elsewhere"
        text = json.dumps(newer)
        for inside, reports in (("", 2), (', "x": 01', 1), (', "x": "\\ud800"', 1), (', "x": "\\x"', 1),
                                (', "x": "\t"', 1), (', "x": [1,]', 1), (', "x": ' + "[" * 3000 + "]" * 3000, 1),
                                (', "x": ' + "[" * 1000 + "]" * 1000, 2), (', "y": tru', 1)):
            with self.subTest(inside[:20]):
                data, _ = scope_text(json.dumps(known) + text[:-1] + inside + "}")
                self.assertEqual((data["reports"], data["unread"]), (reports, 2 - reports))

    def test_what_it_reads_must_be_right(self):
        for path, value in ((("findings", 0, "severity"), "dreadful"), (("findings", 0, "id"), 7), (("data",), []),
                            (("findings",), {}), (("data", "pod"), 7), (("data", "frequency"), "often"),
                            (("data", "load"), 3), (("schema",), "k8sdns/2"), (("command",), "probe")):
            with self.subTest(path):
                document = copy.deepcopy(at(1, 1, True))
                inside = document
                for step in path[:-1]:
                    inside = inside[step]
                inside[path[-1]] = value
                data, _ = scope_text(json.dumps(document) + json.dumps(at(1, 2, True)))
                self.assertEqual((data["reports"], data["unread"]), (1, 1))

    def test_odd_spelling(self):
        """Members in another order, twice, and with escapes in their keys are what JSON says they are."""
        document = at(1, 1, True)
        text = json.dumps(dict(sorted(document.items())), indent=4)
        data, _ = scope_text(text.replace('"pod": "web-1-1"', '"pod": "first", "p\\u006fd": "l\\u0061st"'))
        self.assertEqual([r["pod"] for r in data["rows"] if r["pod"]], ["last"])

    def test_large(self):
        """Documents larger than what is read at once, and captures among them."""
        large = at(1, 1, True)
        large["data"]["healthy"] = ["text " * 100] * 2000
        data, _ = scope([at(1, 2, False), large, CAPTURE, large, at(2, 1, False)])
        self.assertEqual((data["reports"], data["failing"], data["unread"]), (5, 2, 0))

    def test_hostile_names(self):
        document = at(1, 1, True)
        document["data"]["pod"] = "\x1b[31mred\n"
        done = binary.run("scope", "-", stdin=json.dumps(document).encode())
        self.assertNotIn("\x1b", done.stdout)

    def test_many(self):
        """Twenty thousand, in memory that does not hold them."""
        chance = random.Random(1)
        lines = [json.dumps(at(node, pod, node == 7 or chance.random() < 0.01)) for node in range(100)
                 for pod in range(200)]
        data, _ = scope(json.loads(line) for line in lines)
        self.assertEqual((data["reports"], data["pods"], data["nodes"]), (20000, 20000, 100))
        self.assertEqual(data["scope"], "some-nodes")
        self.assertIn("node-7", data["scope_text"])

    def test_text(self):
        text = "".join(json.dumps(r) for r in grid(lambda node, pod, minute: node in (2, 5) and (pod + minute) % 3))
        self.golden("scope-some-nodes", binary.run("scope", "-", stdin=text.encode()).stdout)


if __name__ == "__main__":
    binary.main()
