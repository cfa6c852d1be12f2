#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""top as text and JSON: screens of recorded facts at five sizes, batches, and what ends it."""
import datetime
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import unittest

import binary
from twisters import twister

CAPTURES = binary.SOURCE / "tests/data/captures"
SIZES = ((80, 24), (200, 50), (100, 30), (60, 20), (40, 12))


def top(*arguments, **options):
    return binary.run("top", *arguments, **options)


def live(server, *more):
    return ("--no-discovery", "--as", "glibc", "--replica", server, "--no-external", "--budget", "1s", *more)


class Screens(binary.Case):
    def test_recorded(self):
        """Recorded facts at five sizes, with and without UTF-8."""
        for name in ("healthy", "dead-replica"):
            for columns, lines in SIZES:
                with self.subTest(name, size=(columns, lines)):
                    done = top("--batch", "--from", CAPTURES / f"{name}.json",
                               env={"COLUMNS": str(columns), "LINES": str(lines)})
                    rows = done.stdout.splitlines()
                    self.assertLessEqual(len(rows), lines)
                    self.assertLessEqual(max(map(len, rows)), columns)
                    self.golden(f"top-{name}-{columns}x{lines}", done.stdout)
            done = top("--batch", "--from", CAPTURES / f"{name}.json", env={"LC_ALL": "C"})
            self.assertTrue(done.stdout.isascii())
            self.golden(f"top-{name}-ascii", done.stdout)

    def test_sizes_that_no_screen_has(self):
        """LINES and COLUMNS may say anything: what is drawn, and the memory for it, is bounded."""
        def small():
            resource.setrlimit(resource.RLIMIT_DATA, (100 << 20, 100 << 20))

        done = top("--batch", "--from", CAPTURES / "healthy.json", env={"COLUMNS": "4000000", "LINES": "4000000"},
                   preexec_fn=None if binary.BESIDE else small)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = done.stdout.splitlines()
        self.assertLessEqual(len(rows), 1000)
        self.assertLessEqual(max(map(len, rows)), 1000)

    def test_few_descriptors(self):
        """It ends, with what it could do or with what it lacks."""
        def few(count):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))

        with twister() as server:
            for count in (8, 24, 40, 56, 64, 80):
                with self.subTest(count):
                    done = top("--batch", "--count", "1", *live(server), timeout=30, preexec_fn=few(count))
                    self.assertIn(done.returncode, (0, 1, 2, 3), done.stderr)
                    if not done.stdout:
                        self.assertIn("descriptors", done.stderr)

    def test_the_finding_comes_first(self):
        done = top("--batch", "--from", CAPTURES / "dead-replica.json", env={"COLUMNS": "80", "LINES": "12"})
        rows = done.stdout.splitlines()
        self.assertEqual(rows[1], "FAILING: a replica does not answer: 10.244.1.22")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(top("--batch", "--from", CAPTURES / "healthy.json").returncode, 0)

    def test_colour_is_never_alone(self):
        """Without colour the same text says all; colours are none of red and green."""
        plain = top("--batch", "--from", CAPTURES / "dead-replica.json").stdout
        painted = top("--batch", "--color", "always", "--from", CAPTURES / "dead-replica.json").stdout
        self.assertNotEqual(plain, painted)
        self.assertNotRegex(painted, r"\x1b\[[0-9;]*3[12]m")
        self.assertNotIn("\x1b", top("--batch", "--from", CAPTURES / "dead-replica.json").stdout)

    def test_json(self):
        document, status = binary.run_json("top", "--from", CAPTURES / "dead-replica.json")
        data = document["data"]
        self.assertEqual((status, data["standing"][0]["id"]), (2, "replica-unreachable"))
        self.assertEqual({s["target"] for s in data["history"]["series"]},
                         {"10.96.0.10", "10.244.1.21", "10.244.1.22", "10.244.1.23"})

    def test_hostile(self):
        """Names in a capture that would clear the screen, set the title, or turn text round."""
        capture = json.loads((CAPTURES / "dead-replica.json").read_text())
        evil = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\r\n"
        capture["data"]["host"]["hostname"] = evil
        for series in capture["data"]["history"]["series"]:
            series["target"] += evil
        for replica in capture["data"]["replicas"]["replicas"]:
            replica["pod"] = evil
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(capture, file)
            file.flush()
            done = top("--batch", "--from", file.name, env={"COLUMNS": "200"})
        self.assertIn("\\027[2J", done.stdout)
        for bad in "\x1b\x07\x9b\u202e\r":
            self.assertNotIn(bad, done.stdout)


class Batches(binary.Case):
    def test_live(self):
        with twister() as server:
            done = top("--batch", "--count", "2", "--interval", "200ms", *live(server))
        screens = done.stdout.split("\n\n")
        self.assertEqual(len(screens), 2, done.stdout)
        for screen in screens:
            self.assertTrue(screen.startswith("k8sdns top"))
            self.assertIn(server, screen)

    def test_json_objects(self):
        with twister("silent") as server:
            done = top("--json", "--count", "3", "--interval", "200ms", *live(server))
        documents = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(documents), 3)
        for document in documents:
            binary.validator().validate(document)
        # Other tests may run this machine's sockets full meanwhile, which then stands there as well.
        first, last = (next(finding for finding in documents[i]["data"]["standing"]
                            if finding["id"] == "all-unreachable") for i in (0, -1))
        self.assertEqual(done.returncode, 2)
        self.assertGreater(last["stood_s"], first["stood_s"])

    def test_asked_as_often(self):
        """A and AAAA once an interval each, and no more."""
        with twister() as server:
            done = top("--json", "--count", "8", "--interval", "500ms", *live(server))
        first, last = (json.loads(done.stdout.splitlines()[i])["data"] for i in (0, -1))
        times = [datetime.datetime.fromisoformat(data["time"].replace("Z", "+00:00")) for data in (first, last)]
        rounds = (times[1] - times[0]).total_seconds() / 0.5
        self.assertEqual([s["type"] for s in last["history"]["series"]], ["A", "AAAA"])
        for early, late in zip(first["history"]["series"], last["history"]["series"]):
            self.assertAlmostEqual(late["sent"] - early["sent"], rounds, delta=2)


class Ends(binary.Case):
    def test_usage(self):
        self.assertEqual(top("--count", "3").returncode, 64)
        self.assertEqual(top("--interval", "1").returncode, 64)
        done = top("--batch", "--set", "nothing=1")
        self.assertEqual(done.returncode, 64)
        done = top("--batch", "--no-discovery", "--count", "1")
        self.assertEqual((done.returncode, "no server to ask" in done.stderr), (64, True), done.stderr)
        done = top("--batch", "--endpoints", "/nowhere", "--count", "1")
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertEqual(top("--batch", "--from", "/nowhere").returncode, 66)

    def test_no_terminal(self):
        done = top("--from", CAPTURES / "healthy.json")
        self.assertEqual(done.returncode, 3 if "built without a screen" in done.stderr else 64)
        self.assertIn("--batch", done.stderr)

    def test_closed_pipe(self):
        """Who reads goes away: it ends, and says so by its status."""
        with twister() as server:
            reading, writing = os.pipe()
            process = subprocess.Popen([binary.K8SDNS, "top", "--batch", "--interval", "100ms", *live(server)],
                                       stdout=writing, stderr=subprocess.DEVNULL, env=binary.ENVIRONMENT)
            os.close(writing)
            os.read(reading, 100)
            os.close(reading)
            self.assertEqual(process.wait(60), 74)

    def test_endpoints_from_a_pipe(self):
        """What standard input said counts for every look."""
        with twister() as server:
            address, port = server.split(":")
            slices = {"kind": "List", "apiVersion": "v1", "items": [{
                "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
                "metadata": {"name": "kube-dns-x", "namespace": "kube-system",
                             "labels": {"kubernetes.io/service-name": "kube-dns", "k8s-app": "kube-dns"}},
                "addressType": "IPv4", "ports": [{"name": "dns", "port": int(port), "protocol": "UDP"}],
                "endpoints": [{"addresses": [address], "conditions": {"ready": True}}]}]}
            done = top("--json", "--count", "2", "--interval", "200ms", "--as", "glibc", "--no-external", "--budget",
                       "1s", "--no-discovery", "--endpoints", "-", stdin=json.dumps(slices).encode())
        series = json.loads(done.stdout.splitlines()[-1])["data"]["history"]["series"]
        self.assertEqual([s["target"] for s in series], [server, server], done.stderr)

    def test_plain_user(self):
        if os.geteuid() != 0:
            self.skipTest("it is a plain user already")
        with twister() as server, tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            program = pathlib.Path(folder) / "k8sdns"
            program.write_bytes(pathlib.Path(binary.K8SDNS).read_bytes())
            program.chmod(0o755)
            done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", program, "top", "--batch",
                                   "--count", "1", *live(server)], capture_output=True, text=True, check=False,
                                  timeout=60, env=binary.ENVIRONMENT)
        self.assertIn(server, done.stdout, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
