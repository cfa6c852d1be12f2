#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dnstap with real senders: unbound, knotd, fstrm's tools; what was asked is found, and dnstap-ldns counts the same."""
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import unittest

import private

K8SDNS = os.environ["K8SDNS"]
RECORDED = pathlib.Path(os.environ["SOURCE"]) / "tests/data/dnstap/1.14.7.fstrm"
TYPE = "protobuf:dnstap.Dnstap"

UNBOUND = """server:
  interface: 127.0.0.1@5301
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  do-not-query-localhost: no
  local-zone: "lab." static
  local-data: "www.lab. A 192.0.2.1"
dnstap:
  dnstap-enable: yes
  dnstap-socket-path: "{tap}"
  dnstap-send-identity: yes
  dnstap-send-version: yes
  dnstap-log-client-query-messages: yes
  dnstap-log-client-response-messages: yes
  dnstap-log-forwarder-query-messages: yes
  dnstap-log-forwarder-response-messages: yes
forward-zone:
  name: "silent."
  forward-addr: 127.0.0.1@5302
forward-zone:
  name: "good."
  forward-addr: 127.0.0.1@5303
"""
KNOT = """server:
    listen: 127.0.0.1@5303
    rundir: {folder}
database:
    storage: {folder}
mod-dnstap:
  - id: tap
    sink: unix:{tap}
template:
  - id: default
    global-module: mod-dnstap/tap
zone:
  - domain: good
    file: {folder}/zone
"""
ZONE = "@ 30 SOA ns h 1 2 3 4 5\n@ 30 NS ns\nns 30 A 192.0.2.53\nwww 30 A 192.0.2.1\n"


def ask(name, port, *more):
    subprocess.run(["kdig", "@127.0.0.1", "-p", str(port), "+timeout=1", "+retry=0", name, "A", *more],
                   capture_output=True, check=False)


def wait_for_answer(name, port):
    for _ in range(100):
        done = subprocess.run(["kdig", "@127.0.0.1", "-p", str(port), "+timeout=1", "+retry=0", name, "A"],
                              capture_output=True, text=True, check=False)
        if "status: NOERROR" in done.stdout:
            return
        time.sleep(0.05)
    raise TimeoutError(name)


def quiet_lines(path):
    """What dnstap-ldns makes of a file, by its two letters."""
    lines = subprocess.run(["dnstap-ldns", "-q", "-r", path], capture_output=True, text=True, check=True).stdout
    letters = re.findall(r"^\S+ \S+ (\w\w) ", lines, re.M)
    return {letter: letters.count(letter) for letter in set(letters)}


class Senders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tap = self.folder / "tap.sock"

    def start(self, *command, ready=None, **options):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while ready and not ready.exists():
            time.sleep(0.02)
        return process

    def listen(self, *more, where=None):
        """Start it; what it tells goes into a file, since nobody reads a pipe while the sender sends."""
        with (self.folder / "told").open("w") as told:
            return self.start(K8SDNS, "--json", "dnstap", "--all", "--listen", where or f"unix:{self.tap}", *more,
                              stdout=told, ready=None if where else self.tap)

    def end(self, process):
        """The sessions, and the summary."""
        process.terminate()
        process.wait(timeout=20)
        documents = [json.loads(line)["data"] for line in (self.folder / "told").read_text().splitlines()]
        return documents[:-1], documents[-1]

    def unbound(self):
        (self.folder / "unbound.conf").write_text(UNBOUND.format(folder=self.folder, tap=self.tap))
        process = self.start("unbound", "-d", "-c", str(self.folder / "unbound.conf"), stdout=subprocess.DEVNULL)
        wait_for_answer("www.lab", 5301)
        return process

    def knot(self):
        (self.folder / "zone").write_text(ZONE)
        (self.folder / "knot.conf").write_text(KNOT.format(folder=self.folder, tap=self.tap))
        process = self.start("knotd", "-c", str(self.folder / "knot.conf"), stdout=subprocess.DEVNULL)
        wait_for_answer("www.good", 5303)
        return process

    def test_unbound(self):
        """Local, forwarded and silent, with an upstream that another id goes to than the client's."""
        running = self.listen("--timeout", "3s")
        self.knot()
        server = self.unbound()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 5302))
            for n in range(20):
                ask("www.lab" if n % 2 else "missing.lab", 5301)
            ask("www.good", 5301)
            ask("x.silent", 5301)
            time.sleep(4)
        server.terminate()
        server.wait()
        told, data = self.end(running)
        found = [(s["name"], s["scenario"], s["rcode"]) for s in told if s["name"]]
        self.assertEqual(found.count(("missing.lab.", "local", "NXDOMAIN")), 10)
        self.assertGreaterEqual(found.count(("www.lab.", "local", "NOERROR")), 10)
        self.assertIn(("www.good.", "forwarded", "NOERROR"), found)
        self.assertIn(("x.silent.", "upstream_silent", None), found)
        self.assertEqual((data["messages"]["malformed"], data["dropped"], data["damaged"]), (0, 0, 0))
        self.assertRegex(data["replicas"][0]["version"], "unbound")

    @unittest.skipUnless(list(pathlib.Path("/usr/lib").glob("*/knot/modules*/dnstap.so")), "no knot-module-dnstap")
    def test_knotd(self):
        """It sends AUTH_* frames, which are counted and not paired."""
        running = self.listen()
        server = self.knot()
        for _ in range(10):
            ask("www.good", 5303)
        server.terminate()
        server.wait()
        told, data = self.end(running)
        self.assertEqual(told, [])
        self.assertGreaterEqual(data["other_types"]["AUTH_QUERY"], 11)
        self.assertEqual(data["other_types"]["AUTH_QUERY"], data["other_types"]["AUTH_RESPONSE"])
        self.assertEqual(data["messages"]["malformed"], 0)

    @unittest.skipUnless(os.path.exists("/usr/bin/fstrm_replay"), "no fstrm-bin")
    def test_fstrm_replay(self):
        """libfstrm as a sender, over both kinds of sockets."""
        for where, to in ((f"unix:{self.tap}", ["-u", str(self.tap)]),
                          ("tcp:127.0.0.1:5304", ["-a", "127.0.0.1", "-p", "5304"])):
            running = self.listen(where=where)
            for _ in range(100):
                if subprocess.run(["fstrm_replay", "-t", TYPE, "-r", str(RECORDED), *to], capture_output=True,
                                  check=False).returncode == 0:
                    break
                time.sleep(0.05)
            _, data = self.end(running)
            self.assertEqual((data["messages"]["client_query"], data["streams"]["ended"]), (238, 1))

    @unittest.skipUnless(os.path.exists("/usr/bin/fstrm_capture"), "no fstrm-bin")
    def test_fstrm_capture(self):
        """A file that fstrm wrote of what unbound sent comes to what dnstap-ldns counts."""
        path = self.folder / "frames"
        capture = self.start("fstrm_capture", "-t", TYPE, "-u", str(self.tap), "-w", str(path),
                             stdout=subprocess.DEVNULL, ready=self.tap)
        server = self.unbound()
        for _ in range(30):
            ask("www.lab", 5301)
        time.sleep(1.5)
        server.terminate()
        server.wait()
        capture.terminate()
        capture.wait()
        done = subprocess.run([K8SDNS, "--json", "dnstap", "--read", str(path)], capture_output=True, check=False)
        data = json.loads(done.stdout.splitlines()[-1])["data"]
        quiet = quiet_lines(path)
        self.assertGreaterEqual(quiet["CQ"], 30)
        self.assertEqual((data["messages"]["client_query"], data["messages"]["client_response"]),
                         (quiet["CQ"], quiet["CR"]))
        self.assertEqual(data["scenarios"]["local"], quiet["CQ"])


if __name__ == "__main__":
    private.enter()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    unittest.main(verbosity=2)
