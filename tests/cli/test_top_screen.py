#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""top in real terminals: its screens, keys and mouse, resizes, and how it leaves the terminal."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import binary
from terminal import Pty, Tmux, without_terminfo
from twisters import twister

CAPTURES = binary.SOURCE / "tests/data/captures"
RECORDING = binary.SOURCE / "tests/data/recordings/two-faults"
FAULTY = CAPTURES / "dead-replica.json"
SIZES = ((80, 24), (200, 50), (100, 30), (60, 20), (40, 12))
TERMINALS = ("xterm", "xterm-256color", "screen", "tmux", "linux", "vt100")


def live(server, *more):
    return ("top", "--no-discovery", "--as", "glibc", "--replica", server, "--no-external", "--budget", "1s", *more)


@unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
class Screens(binary.Case):
    def test_sizes(self):
        """The screen is what the batch prints, cell by cell, at each size and after each change of it."""
        with Tmux(80, 24) as screen:
            screen.run(binary.K8SDNS, "top", "--from", FAULTY)
            for columns, rows in SIZES + SIZES[::-1]:
                screen.resize(columns, rows)
                golden = (binary.GOLDENS / f"top-dead-replica-{columns}x{rows}").read_text().splitlines()
                screen.wait_for(lambda text, wanted=golden: [line.rstrip() for line in text.splitlines()] == wanted)
            screen.resize(200, 50)
            screen.keys("q")
            self.assertIn("FAILING", screen.wait_for("the last"))

    def test_recording(self):
        """A recording is played, forward and back, and stays at its ends."""
        with Tmux(80, 24) as screen:
            screen.run(binary.K8SDNS, "top", "--from", RECORDING, "--at", "14:31:25")
            screen.wait_for("recorded 2026-01-31 14:31:30Z  10 x")
            screen.keys(".")
            screen.wait_for("recorded 2026-01-31 14:31:40Z")
            screen.keys(",")
            screen.keys(",")
            screen.wait_for("recorded 2026-01-31 14:31:20Z")
            screen.keys("+")
            screen.wait_for("20 x")
            for _ in range(3):
                screen.keys("+")
            screen.keys("p")
            screen.wait_for("recorded 2026-01-31 14:33:00Z")
            screen.wait_for("this is the end of the recording")
            screen.keys(".")
            screen.wait_for("this is the end of the recording")
            screen.keys("q")
            screen.wait_for("UNKNOWN: no server was asked")

    def test_terminals(self):
        """Terminals of all kinds, without colour, without UTF-8: the same words."""
        cases = [{"TERM": name} for name in TERMINALS]
        cases += [{"NO_COLOR": "1"}, {"LC_ALL": "C"}, {"TERM": "xterm-mono"}, {"TERM": "something-unheard-of"}]
        for case in cases:
            with self.subTest(case), Tmux(80, 24, **case) as screen:
                screen.run(binary.K8SDNS, "top", "--from", FAULTY)
                text = screen.wait_for("? help")
                for words in ("FAILING: a replica does not answer", "2 Servers", "10.244.1.22", "timeout"):
                    self.assertIn(words, text)
                if "LC_ALL" in case or case.get("TERM") in ("linux", "vt100"):
                    self.assertTrue(text.isascii(), text)
                painted = screen.text("-e")
                self.assertNotRegex(painted, r"\x1b\[[0-9;]*3[12]m")  # neither red nor green
                if "NO_COLOR" in case or case.get("TERM") in ("vt100", "xterm-mono"):
                    self.assertNotRegex(painted, r"\x1b\[[0-9;]*3[0-7]m")
                screen.keys("q")
                screen.wait_for("the last")

    def test_empty_image(self):
        """Without a terminfo database what is built in serves."""
        try:
            subprocess.run(without_terminfo("true"), check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no mount namespaces here")
        for name in (*TERMINALS, "xterm-kitty", "tmux-256color"):
            with self.subTest(name), Tmux(80, 24, TERM=name) as screen:
                screen.run(*without_terminfo(binary.K8SDNS, "top", "--from", FAULTY))
                self.assertIn("FAILING", screen.wait_for("? help"))
                screen.keys("?")
                screen.wait_for("Keys")
                screen.keys("q")
                screen.wait_for("the last")

    def test_hostile(self):
        """Text of a capture neither moves the cursor nor reaches the terminal as it is."""
        capture = json.loads(FAULTY.read_text())
        evil = "\x1b[2J\x1b[1;1H\x1b]0;owned\x07\x1b[31m"
        capture["data"]["host"]["hostname"] = evil
        for series in capture["data"]["history"]["series"]:
            series["target"] = evil + series["target"]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(capture, file)
            file.flush()
            with Pty("top", "--from", file.name) as terminal:
                terminal.wait_for(b"? help")
                terminal.end(signal.SIGTERM)
                self.assertIn(b"\\027[2J", terminal.sent)
                for bad in (b"\x1b]0;", b"\x1b[31m", b"\x07"):
                    self.assertNotIn(bad, terminal.sent)
                self.assertEqual(terminal.left_as_it_was(), [])


@unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
class Keys(binary.Case):
    def test_walk(self):
        with Tmux(80, 24) as screen:
            screen.run(binary.K8SDNS, "top", "--from", FAULTY)
            screen.wait_for("? help")
            walk = (("?", "Tab, left, right"), ("Escape", "1 Findings"), ("Enter", "why: Queries that the ClusterIP"),
                    ("Escape", "2 Servers"), ("2", "2 Servers"), ("Down", "10.244.1.22"),
                    ("Enter", "replica 10.244.1.22, AAAA"),
                    ("Escape", "2 Servers"), ("4", "4 Limits"), ("Enter", "what it does"), ("4", "4 Limits"),
                    ("4", "MTU towards 10.244.1.21"), ("Escape", "5 Resolver"), ("5", "5 Resolver"),
                    ("Enter", "nameserver 10.96.0.10"),
                    ("Escape", "6 CoreDNS"), ("s", "sorted by role"), ("s", "sorted by loss"), ("p", "PAUSED"),
                    ("i", "interval (500ms, 2s):"), ("Escape", "? help"), ("n", "names to ask for"),
                    ("Escape", "? help"))
            for key, wanted in walk:
                screen.keys(key)
                screen.wait_for(wanted)
            screen.keys("/")
            screen.wait_for("show rows with:")
            screen.keys("-l", "1.23")
            screen.keys("Enter")
            text = screen.wait_for("only /1.23")
            self.assertNotIn("10.96.0.10 ", text)
            screen.keys("Escape")
            screen.wait_for("10.96.0.10 ")
            screen.keys("q")
            screen.wait_for("the last")

    def test_mouse(self):
        with Tmux(80, 24) as screen:
            screen.run(binary.K8SDNS, "top", "--from", FAULTY)
            rows = screen.wait_for("? help").splitlines()
            y = next(i for i, row in enumerate(rows) if row.startswith("10.244.1.22")) + 1
            # As xterm sends it when the mouse is asked for in its SGR form: a click, twice.
            for _ in range(2):
                screen.keys("-l", f"\x1b[<0;5;{y}M\x1b[<0;5;{y}m")
            screen.wait_for("replica 10.244.1.22, A")
            screen.keys("q")
            screen.wait_for("the last")

    def test_write(self):
        """A capture is written, shows the same, never over a file, and errors are said."""
        with tempfile.TemporaryDirectory() as folder, Tmux(120, 24) as screen:
            path = pathlib.Path(folder) / "seen.json"
            screen.run(binary.K8SDNS, "top", "--from", FAULTY)
            screen.wait_for("? help")
            for wanted in ("written", "File exists"):
                screen.keys("w")
                screen.wait_for("write a capture to: k8sdns-")
                screen.keys("C-u")
                screen.keys("-l", str(path))
                screen.keys("Enter")
                screen.wait_for(wanted)
            screen.keys("w")
            screen.wait_for("write a capture")
            screen.keys("C-u")
            screen.keys("-l", "/proc/nowhere.json")
            screen.keys("Enter")
            screen.wait_for("cannot write /proc/nowhere.json")
            screen.keys("q")
            screen.wait_for("the last")
            again = binary.run("top", "--batch", "--from", path, env={"COLUMNS": "80", "LINES": "24"})
            self.assertEqual(again.stdout, (binary.GOLDENS / "top-dead-replica-80x24").read_text())
            self.assertEqual(binary.run("diagnose", "--from", path).returncode, 2)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_live_names_and_interval(self):
        with twister("silent") as dead, twister() as server, Tmux(100, 30) as screen:
            screen.run(binary.K8SDNS, *live(f"{server},{dead}"))
            screen.wait_for("timeout")  # a dead server holds nothing up
            screen.keys("n")
            screen.wait_for("names to ask for")
            screen.keys("-l", "db.default.svc.cluster.local.")
            screen.keys("Enter")
            screen.wait_for("db.default.svc.cluster.local.")
            screen.keys("n")
            screen.keys("-l", "bad..name")
            screen.keys("Enter")
            screen.wait_for("bad..name")
            screen.keys("i")
            screen.wait_for("interval")
            screen.keys("-l", "200ms")
            screen.keys("Enter")
            screen.wait_for("every 200 ms")
            screen.keys("i")
            screen.keys("-l", "5")
            screen.keys("Enter")
            screen.wait_for("unit")
            screen.keys("q")
            screen.wait_for("the last")

    def test_a_stuck_api(self):
        """An API server that accepts and says nothing: keys and drawing go on, and servers are asked."""
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(twister())
            api = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for name, text in (("token", "t"), ("ca.crt", "none"), ("namespace", "default")):
                (folder / name).write_text(text)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-nodes",
                            "-keyout", folder / "key", "-out", folder / "ca.crt", "-days", "1", "-subj", "/CN=x"],
                           check=True, capture_output=True)
            screen = stack.enter_context(Tmux(100, 30, KUBERNETES_SERVICE_HOST="127.0.0.1",
                                              KUBERNETES_SERVICE_PORT=str(api.getsockname()[1])))
            screen.run(binary.K8SDNS, "top", "--as", "glibc", "--replica", server, "--service-account", folder,
                       "--budget", "60s")
            screen.wait_for(server)
            for _ in range(3):
                screen.keys("?")
                screen.wait_for("Keys")
                screen.keys("Escape")
                screen.wait_for("looking for the servers")
            screen.keys("q")
            screen.wait_for("$")


class Leaving(binary.Case):
    def check(self, terminal, status):
        self.assertEqual(terminal.left_as_it_was(), [])
        self.assertEqual(terminal.process.returncode, status, terminal.process.stderr.read())

    def test_ways(self):
        for way in (b"q", signal.SIGINT, signal.SIGTERM, signal.SIGHUP, b"\x03"):
            with self.subTest(way), twister() as server, Pty(*live(server)) as terminal:
                terminal.wait_for(b"? help")
                terminal.wait_for(server.encode())
                if isinstance(way, bytes):
                    # The pty is no controlling terminal, so Ctrl-C is sent as what it makes.
                    os.write(terminal.master, way) if way == b"q" else terminal.process.send_signal(signal.SIGINT)
                    terminal.end()
                else:
                    terminal.end(way)
                self.check(terminal, 0)

    def test_at_any_moment(self):
        """Killed after any time, from before it has drawn to while it draws: the terminal is as it was."""
        chance = random.Random(8)
        with twister() as server:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT) * 6:
                wait = chance.random() * 0.3
                with self.subTest(number=number, wait=wait), Pty(*live(server, "--interval", "100ms")) as terminal:
                    terminal.read(0.0)
                    time.sleep(wait)
                    terminal.end(number)
                    self.assertEqual(terminal.left_as_it_was(), [])

    def test_children_go_with_it(self):
        """Killed for good, it leaves no process behind."""
        with twister("silent") as server, Pty(*live(server, "--budget", "30s")) as terminal:
            terminal.wait_for(b"? help")
            pid = terminal.process.pid
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            self.assertTrue(children)
            terminal.end(signal.SIGKILL)
            end = time.monotonic() + 30
            while any(pathlib.Path(f"/proc/{child}/cmdline").exists() and
                      pathlib.Path(f"/proc/{child}/cmdline").read_bytes() for child in children):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)

    @unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
    def test_stop_and_go(self):
        """Ctrl-Z gives the terminal back, fg takes it again."""
        with Tmux(80, 24) as screen:
            modes = screen.modes()
            screen.run(binary.K8SDNS, "top", "--from", FAULTY)
            for _ in range(2):
                screen.wait_for("? help")
                screen.keys("C-z")
                screen.wait_for("Stopped")
                self.assertEqual(screen.modes(), modes)
                screen.keys("-l", "clear; fg")
                screen.keys("Enter")
            screen.wait_for("? help")
            screen.keys("q")
            screen.wait_for("the last")
            self.assertEqual(screen.modes(), modes)

    @unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
    def test_resize_storm(self):
        """A hundred sizes in no time, the smallest among them: the last one is drawn whole."""
        chance = random.Random(9)
        with twister() as server, Tmux(80, 24) as screen:
            screen.run(binary.K8SDNS, *live(server, "--interval", "100ms"))
            screen.wait_for("? help")
            for _ in range(100):
                screen.resize(chance.randint(1, 220), chance.randint(1, 60))
            screen.resize(80, 24)
            # tmux shows the old screen cut to the new size until the program has drawn, so all is waited for at once.
            screen.wait_for(lambda text: all(text.count(part) == 1 for part in ("k8sdns top", "? help", "6 CoreDNS"))
                            and server in text)
            screen.keys("q")
            screen.wait_for("the last")

    def test_output_that_stands_still(self):
        """A terminal that takes nothing (Ctrl-S) holds up neither questions nor the end."""
        with twister() as server, Pty(*live(server, "--interval", "100ms"), columns=200, rows=50) as terminal:
            terminal.wait_for(b"? help")
            time.sleep(3)  # nobody reads
            terminal.process.send_signal(signal.SIGTERM)
            terminal.end()
            self.check(terminal, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
