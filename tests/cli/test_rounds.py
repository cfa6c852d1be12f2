#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--interval: one object a round, none of them twice, and a signal ends it between two, whoever reads."""
import contextlib
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

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


class FullPipe(binary.Case):
    """Nobody reads: a first signal is kept for when somebody does, a second ends it at once."""
    PIPE = 4096

    @contextlib.contextmanager
    def unread(self, *arguments):
        """The process, and the end of its output that nobody reads; from the beginning there is no room in it."""
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, self.PIPE)
        size = fcntl.fcntl(write, fcntl.F_GETPIPE_SZ)
        os.write(write, b" " * size)
        process = subprocess.Popen([binary.K8SDNS, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=write,
                                   stderr=subprocess.DEVNULL, env=binary.ENVIRONMENT)
        os.close(write)
        try:
            yield process, read
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            os.close(read)

    @contextlib.contextmanager
    def commands(self):
        with twister() as server, tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "coredns.log")
            log.write_text("[INFO] plugin/reload: Running configuration SHA512 = 1\n" * 10)
            yield (("--json", "node", "--interval", "100ms"),
                   ("--json", "watch", "x", "--no-discovery", "--target", server, "--interval", "100ms"),
                   ("top", "--batch", "--interval", "100ms", "--no-discovery", "--no-external", "--target", server),
                   ("logs", "--follow", "--lines", log),
                   ("--json", "dnstap", "--listen", f"unix:{folder}/tap.sock"))

    def test_ends(self):
        with self.commands() as commands:
            for arguments in commands:
                with self.subTest(command=arguments), self.unread(*arguments) as (process, _):
                    sent = 0
                    deadline = time.monotonic() + 60
                    while not self.takes(process, "SigCgt", "SigBlk"):
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.01)
                    while process.poll() is None and time.monotonic() < deadline:
                        process.send_signal(signal.SIGTERM)
                        sent += 1
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            process.wait(timeout=2)
                    self.assertEqual(process.poll(), -signal.SIGTERM, f"{sent} signals")
                    self.assertGreaterEqual(sent, 2)

    def takes(self, process, *sets):
        """Whether SIGTERM is in one of these sets of its: caught, blocked."""
        lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
        return any(int(line.split()[1], 16) & 1 << (signal.SIGTERM - 1) for line in lines
                   if line.partition(":")[0] in sets)

    def test_first_is_kept(self):
        """What is said is whole, and it ends as it does otherwise."""
        with self.unread("--json", "node", "--interval", "100ms") as (process, read):
            # Between its looks it waits for the signal, and catches it only while it writes.
            deadline = time.monotonic() + 60
            while not self.takes(process, "SigCgt"):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            self.assertIsNone(process.poll())
            with os.fdopen(os.dup(read)) as output:
                text = output.read()
            self.assertIn(process.wait(timeout=60), (0, 1, 2))
        documents = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(len(documents), 1)
        binary.validator().validate(documents[0])


if __name__ == "__main__":
    binary.main()
