#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--interval: one object a round, none of them twice, and a signal ends it between two."""
import json
import signal
import subprocess
import tempfile

import binary
from twisters import twister

DIAGNOSE = ("diagnose", "--no-external", "--budget", "600ms", "--interval", "100ms")


class Rounds(binary.Case):
    def objects(self, text):
        """Each line is a document of the schema."""
        documents = [json.loads(line) for line in text.splitlines()]
        for document in documents:
            binary.validator().validate(document)
        return documents

    def test_diagnose_counts_each(self):
        with twister() as server:
            done = binary.run("--json", *DIAGNOSE, "--count", "3", "--target", server)
        times = [document["data"]["time"] for document in self.objects(done.stdout)]
        self.assertEqual((len(times), times), (3, sorted(set(times))))

    def test_text_tells_each_in_a_line(self):
        with twister() as server:
            done = binary.run(*DIAGNOSE, "--count", "2", "--target", server)
        self.assertRegex(done.stdout.splitlines()[0], r"^\d{4}-\d\d-\d\dT[\d:.]+Z +\w")

    def test_signal(self):
        """The last one is not told again, even when a round takes longer than the interval."""
        with twister() as server:
            process = subprocess.Popen([binary.K8SDNS, "--json", *DIAGNOSE, "--target", server], stdout=subprocess.PIPE,
                                       text=True, env=binary.ENVIRONMENT)
            first = process.stdout.readline() + process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=30)
        times = [document["data"]["time"] for document in self.objects(first + rest)]
        self.assertEqual(len(times), len(set(times)))

    def test_node_compares_with_the_first(self):
        done = binary.run("--json", "node", "--interval", "100ms", "--count", "2")
        self.assertEqual(len(self.objects(done.stdout)), 2)

    def test_a_capture_does_not_change(self):
        with twister() as server, tempfile.NamedTemporaryFile("w") as capture:
            capture.write(binary.run("capture", "--no-external", "--budget", "600ms", "--target", server).stdout)
            capture.flush()
            done = binary.run("diagnose", "--from", capture.name, "--interval", "1s")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--interval does not go with --from", done.stderr)


if __name__ == "__main__":
    binary.main()
