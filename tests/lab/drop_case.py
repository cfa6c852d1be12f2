# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of drops share: run it beside something, over the network namespaces of this lab alone."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import faults
from lab_case import LabCase

QUESTION = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3Web\7default\3svc\7cluster\5local\0\0\1\0\1"
# Send one question again and again from one port to an address; print what comes of it.
ASK = r"""
import socket, sys
address, port, count, size, wait = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO: not to be split
s.bind(("", port))
s.settimeout(wait)
question = QUESTION
for _ in range(count):
    try:
        s.sendto(question.ljust(size, b"\0"), (address, 53))
        s.recv(4096)
        print("answer")
    except OSError as error:
        print("silence" if isinstance(error, TimeoutError) else "error")
""".replace("QUESTION", repr(QUESTION))
NAME = "Web.default.svc.cluster.local."
ID = 0x1234
PORT = 34567


def skip_unless_watched():
    """Programs for the kernel take privileges, and are an optional part."""
    done = subprocess.run([os.environ["K8SDNS"], "drops", "--duration", "100ms"], capture_output=True, text=True,
                          check=False)
    if done.returncode == 3:
        raise unittest.SkipTest(done.stderr.strip())


def is_attached(pid):
    """The programs of a k8sdns are, and it listens to them."""
    try:
        links = [os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any("bpf_link" in link for link in links) and any("ringbuf" in link or "eventpoll" in link for link in links)


@contextlib.contextmanager
def chain(lab, place, hook, priority, rule):
    """A rule in a place while the block runs: table fault-test, a chain of the hook's name."""
    fault = faults.rule_fault("test", "", place, hook, priority, rule)
    fault.on(lab)
    try:
        yield
    finally:
        fault.off(lab)


class DropCase(LabCase):
    """The lab, and drops beside what happens in it. The kernel is shared, so only the lab's namespaces are watched."""

    @classmethod
    def setUpClass(cls):
        skip_unless_watched()
        super().setUpClass()

    def places(self):
        return ["node", "pod", "upstream", *(f"dns{number}" for number in range(1, self.lab.replicas + 1))]

    def netns(self, place):
        return str(os.stat(f"/run/netns/{place}").st_ino)

    def begin(self, *arguments, places=None, prefix=()):
        """Start drops; return when its programs are attached."""
        paths = ",".join(f"/run/netns/{place}" for place in places or self.places())
        process = subprocess.Popen([*prefix, os.environ["K8SDNS"], "drops", "--json", "--netns", paths, *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not is_attached(process.pid):
            time.sleep(0.01)
        return process

    def end(self, process):
        """Stop it as a person does; (events, summary, status)."""
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        documents = [json.loads(line) for line in out.splitlines()]
        self.assertTrue(documents, f"status {process.returncode}: {err}")
        return [d["data"] for d in documents[:-1]], documents[-1], process.returncode

    def drops_of(self, action, *arguments, **options):
        """What drops tells while action runs."""
        process = self.begin(*arguments, **options)
        try:
            action()
        finally:
            events, summary, status = self.end(process)
        self.assertEqual(status, 0, summary)
        return events, summary["data"]

    def ask(self, address, count=3, place="pod", size=0, wait=0.1, port=PORT):
        return self.lab.output(place, [sys.executable, "-c", ASK, address, str(port), str(count), str(size),
                                       str(wait)]).split()
