#!/usr/bin/python3
"""watch against scripted servers on loopback: what is counted, how it is told, when it ends."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import unittest

import binary
from twisters import closed_port, twister

NAME = "db.default.svc.cluster.local."


def arguments(server, *more):
    return ["watch", NAME, "--no-search", "--as", "glibc", "--no-discovery", "--target", server, "--timeout", "300ms",
            "--interval", "100ms", *map(str, more)]


def watch(server, *more):
    """The objects of the intervals, that of the end, the status."""
    done = binary.run("--json", *arguments(server, *more))
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    for document in documents:
        binary.validator().validate(document)
    return [d["data"] for d in documents[:-1]], documents[-1]["data"], done.returncode


class Sink(threading.Thread):
    """A UDP port that hears everything and says nothing; it keeps the ports and ids that it heard from."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.target = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.heard = []

    def run(self):
        while True:
            message, peer = self.socket.recvfrom(4096)
            self.heard.append((peer[1], message[:2]))


class Counts(binary.Case):
    def one(self, behaviour, *more):
        with twister(behaviour) as server:
            parts, whole, status = watch(server, *more)
        self.assertTrue(whole["summary"])
        self.assertFalse(any(part["summary"] for part in parts))
        target = whole["targets"][0]
        for key in ("sent", "answered", "lost", "late", "bad", "duplicates", "mismatches"):
            self.assertEqual(sum(part["targets"][0][key] for part in parts), target[key], key)
        return target, whole, status

    def test_healthy(self):
        target, whole, status = self.one("honest", "--count", 5)
        self.assertEqual((target["sent"], target["answered"], target["lost"], status), (10, 10, 0, 0))
        self.assertEqual((target["rcodes"], target["outcomes"]), ({"NOERROR": 10}, {"answer": 10}))
        self.assertEqual((whole["frequency"], target["first_failure"]), ("never", None))
        self.assertEqual(sum(row["count"] for row in target["latency"]), 10)
        order = [target[key] for key in ("min_us", "p50_us", "p90_us", "p99_us", "max_us")]
        self.assertEqual(order, sorted(order))
        self.assertTrue(target["min_us"] <= target["avg_us"] <= target["max_us"])

    def test_silence(self):
        target, whole, status = self.one("silent", "--count", 5)
        self.assertEqual((target["sent"], target["lost"], target["loss_ratio"], status), (10, 10, 1.0, 2))
        self.assertEqual((whole["frequency"], target["longest_bad_streak"]), ("always", 10))
        self.assertEqual(target["p50_us"], None)
        self.assertEqual(target["first_failure"]["status"], "timeout")
        self.assertGreater(target["last_failure"]["time"], target["first_failure"]["time"])

    def test_one_family(self):
        target, whole, status = self.one("no-aaaa", "--count", 4)
        self.assertEqual([(t["type"], t["sent"], t["lost"]) for t in target["types"]], [("A", 4, 0), ("AAAA", 4, 4)])
        self.assertEqual((whole["frequency"], status), ("intermittent", 1))
        self.assertEqual(target["last_failure"]["type"], "AAAA")

    def test_late(self):
        target, _, status = self.one("late:400", "--count", 8)
        self.assertEqual((target["lost"], target["late"], target["answered"], status), (2, 2, 14, 1))

    def test_errors_are_answers(self):
        target, whole, status = self.one("rcode:2", "--count", 3)
        self.assertEqual((target["answered"], target["lost"], target["bad"], status), (6, 0, 6, 1))
        self.assertEqual((target["rcodes"], whole["frequency"]), ({"SERVFAIL": 6}, "always"))

    def test_never_taken_for_the_answer(self):
        for behaviour, word in (("wrong-id", "timeout"), ("wrong-question", "mismatch"), ("wrong-source", "mismatch")):
            with self.subTest(behaviour):
                target, _, status = self.one(behaviour, "--count", 2)
                self.assertEqual((target["answered"], target["outcomes"], status), (0, {word: 4}, 2))
                self.assertEqual(target["mismatches"], 4)

    def test_damage(self):
        for behaviour in ("garbage", "half"):
            with self.subTest(behaviour):
                target, _, _ = self.one(behaviour, "--count", 2)
                self.assertEqual((target["outcomes"], target["bad"]), ({"malformed": 4}, 4))

    def test_duplicates(self):
        target, _, status = self.one("duplicate", "--count", 5, "--ports", "keep")
        self.assertEqual((target["answered"], target["mismatches"], status), (10, 0, 0))
        self.assertGreaterEqual(target["duplicates"], 8)  # the last may come when it is over

    def test_closed_port(self):
        for ports in ("fresh", "keep"):
            with closed_port() as server:
                _, whole, status = watch(server, "--count", 3, "--ports", ports)
            target = whole["targets"][0]
            self.assertEqual(status, 2)
            self.assertEqual(target["lost"], 6)
            # One error may stand for two questions that a kernel was asked in one go.
            self.assertIn("unreachable", target["outcomes"])
            self.assertIn("ICMP port unreachable", target["first_failure"]["detail"])


class Schedule(binary.Case):
    def test_timeouts_do_not_slow_it(self):
        sink = Sink()
        sink.start()
        _, whole, _ = watch(sink.target, "--qps", 200, "--duration", "1s", "--timeout", "2s")
        # It says itself what it could not do in time; a busy machine ends it late.
        self.assertGreaterEqual(whole["sent"] + whole["skipped"], 198)
        self.assertLess(whole["sent"] + whole["skipped"], 240)
        self.assertEqual(len(sink.heard), whole["sent"])

    def test_count_is_rounds(self):
        with twister() as one, twister() as two:
            done = binary.run("--json", *arguments(f"{one},{two}", "--count", "3", "--type", "A,AAAA,TXT"), "other.")
        data = json.loads(done.stdout.splitlines()[-1])["data"]
        self.assertEqual([t["sent"] for t in data["targets"]], [18, 18])

    def test_load_is_asked_for(self):
        for rate in ("0", "1001"):
            done = binary.run(*arguments("127.0.0.1:9", "--qps", rate))
            self.assertEqual(done.returncode, 64)
            self.assertIn("--yes-load", done.stderr)

    def test_the_rest_is_no_rate(self):
        """After the last query there are late timeouts alone: they add up, and are no loss of 100 %."""
        with twister("late:200") as server:
            parts, whole, _ = watch(server, "--duration", "250ms")
            silent, all_silent, _ = watch("127.0.0.1:9", "--duration", "250ms")
        for intervals, total in ((parts, whole), (silent, all_silent)):
            self.assertEqual(sum(part["targets"][0]["lost"] for part in intervals), total["targets"][0]["lost"])
            for part in intervals:
                if not part["targets"][0]["sent"]:
                    self.assertIsNone(part["targets"][0]["loss_ratio"])
                    self.assertIsNone(part["targets"][0]["bad_ratio"])

    def test_a_silent_target_does_not_hold_up_the_others(self):
        sink = Sink()
        sink.start()
        with twister() as server:
            _, whole, _ = watch(f"{sink.target},{server}", "--qps", "0", "--yes-load", "--duration", "500ms")
        silent, honest = whole["targets"]
        self.assertGreater(honest["answered"], 2 * silent["sent"])

    def test_at_peak(self):
        with twister("peak:400") as server:
            _, whole, _ = watch(server, "--qps", "150", "--duration", "4s")
        self.assertEqual(whole["frequency"], "at-peak", whole["targets"][0]["frequency"])
        self.assertIn("failed while answers took", whole["frequency_text"])


class Ports(binary.Case):
    def heard(self, *more):
        sink = Sink()
        sink.start()
        _, _, _ = watch(sink.target, "--count", 6, *more)
        return [port for port, _ in sink.heard]

    def test_fresh(self):
        ports = self.heard()
        self.assertEqual(len(ports), 12)
        self.assertEqual(ports[::2], ports[1::2])  # A and AAAA from one
        self.assertGreaterEqual(len(set(ports)), 5)  # by chance one may come again

    def test_kept(self):
        self.assertEqual(len(set(self.heard("--ports", "keep"))), 1)
        self.assertEqual(set(self.heard("--source-port", "41500")), {41500})

    def test_taken(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            held.bind(("0.0.0.0", 0))
            port = held.getsockname()[1]
            done = binary.run(*arguments("127.0.0.1:9", "--source-port", port))
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"port {port}", done.stderr)


class Ends(binary.Case):
    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with twister() as server:
                process = subprocess.Popen([binary.K8SDNS, *arguments(server)], env=binary.ENVIRONMENT,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                process.stdout.readline(), process.stdout.readline()
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, err), (0, ""))
            self.assertIn("OK: none", out)

    def test_closed_pipe(self):
        with twister() as server:
            for more in ([], ["--json"]):
                process = subprocess.Popen([binary.K8SDNS, *arguments(server, *more)], env=binary.ENVIRONMENT,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                process.stdout.readline()
                process.stdout.close()
                self.assertIn("Broken pipe", process.stderr.read())
                self.assertEqual(process.wait(60), 74)
                process.stderr.close()

    def test_constant_memory(self):
        """Four times the questions take no more memory."""
        peaks = []
        with twister("silent") as server:
            for duration in ("1s", "4s"):
                with tempfile.NamedTemporaryFile("r") as told:
                    subprocess.run(["time", "-f", "%M", "-o", told.name, binary.K8SDNS, "--json",
                                    *arguments(server, "--qps", "3000", "--yes-load", "--duration", duration,
                                               "--timeout", "100ms")],
                                   env={**binary.ENVIRONMENT, "ASAN_OPTIONS": "quarantine_size_mb=1"},
                                   stdout=subprocess.DEVNULL, check=False)
                    peaks.append(int(told.read().split()[-1]))
        # A sanitizer keeps what was freed for a while.
        sanitized = b"__asan_init" in pathlib.Path(binary.K8SDNS).read_bytes()
        self.assertLess(peaks[1], peaks[0] + (4000 if sanitized else 400), peaks)


class Text(binary.Case):
    def test_summary(self):
        with twister("no-aaaa") as server:
            done = binary.run(*arguments(server, "--count", "2"))
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "WHEN", binary.times_masked(done.stdout))
        text = re.sub(r"port\s+\d+", "port PORT", text.replace(server, "SERVER"))
        for words in ("1: ", "2 of 4 queries failed (50.00 %); every AAAA query, no other", "answer 2, timeout 2",
                      "lost by type: A 0 of 2, AAAA 2 of 2", "port PORT: timeout", "latency of SERVER"):
            self.assertIn(words, text)

    def test_quiet(self):
        with twister() as server:
            done = binary.run(*arguments(server, "--count", "2", "-q"))
        self.assertEqual(done.stdout, "OK: none of 4 queries failed\n")

    def test_terminal(self):
        """On a terminal each report stands where the last one stood; without one nothing moves the cursor."""
        with twister() as server:
            self.assertNotIn("\033", binary.run(*arguments(server, "--count", "3")).stdout)
            for term, moves in (("xterm", True), ("dumb", False)):
                master, slave = pty.openpty()
                os.set_blocking(master, False)
                fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
                process = subprocess.Popen([binary.K8SDNS, *arguments(server, "--count", "4")], stdin=slave,
                                           stdout=slave, stderr=slave,
                                           env={**binary.ENVIRONMENT, "TERM": term, "COLUMNS": ""})
                os.close(slave)
                out = b""
                while select.select([master], [], [], 20)[0]:
                    try:
                        out += os.read(master, 65536)
                    except OSError:
                        break
                process.wait(60)
                os.close(master)
                self.assertEqual(bool(re.search(rb"\033\[\d+A\033\[J", out)), moves, out)
                self.assertIn(b"OK: none", out)


class Descriptors(binary.Case):
    def test_questions_that_cannot_be_sent(self):
        """Nobody may send to everybody: each question fails at once, and its socket goes after two timeouts."""
        process = subprocess.Popen([binary.K8SDNS, "--json", "watch", "a.", "--no-discovery", "--target",
                                    "255.255.255.255", "--qps", "400", "--timeout", "100ms", "--interval", "1s"],
                                   env=binary.ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        try:
            for _ in range(4):
                sent = json.loads(process.stdout.readline())["data"]["sent"]
            open_now = len(os.listdir(f"/proc/{process.pid}/fd"))
        finally:
            process.kill()
            process.communicate()
        self.assertGreater(sent, 100)
        self.assertLess(open_now, 200)


if __name__ == "__main__":
    binary.main()
