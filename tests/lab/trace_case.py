# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of lookups and path share: run one of them beside what happens in the lab."""
import json
import os
import signal
import subprocess
import sys
import time

from lab_case import LabCase

# Ask for a name from one port, again and again with one id; print the microseconds that each answer took.
ASK = r"""
import socket, sys, time
address, port, count, wait, name = sys.argv[1], *map(int, sys.argv[2:4]), float(sys.argv[4]), sys.argv[5]
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", port))
s.settimeout(wait)
labels = b"".join(bytes([len(x)]) + x.encode() for x in name.rstrip(".").split("."))
question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"
for _ in range(count):
    began = time.monotonic()
    s.sendto(question, (address, 53))
    try:
        s.recv(4096)
        print(int((time.monotonic() - began) * 1e6))
    except OSError:
        print("silence")
"""
ID = 0x1234
PORT = 45678
NAME = "www.example.com."


class TraceCase(LabCase):
    """The kernel is shared: whatever is not of the lab's namespaces is left aside."""

    def netns(self, place):
        return os.stat(f"/run/netns/{place}").st_ino

    def begin(self, *arguments, out=subprocess.PIPE):
        """Start k8sdns; return when it watches. A pipe that nobody reads meanwhile holds it up once it is full."""
        process = subprocess.Popen([os.environ["K8SDNS"], *arguments, "--json"], stdout=out,
                                   stderr=subprocess.PIPE, text=True)
        line = process.stderr.readline()
        if "watching" not in line:
            process.kill()
            self.fail(line + process.communicate()[1])
        return process

    def end(self, process, seconds=0.3):
        """Stop it as a person does; (the data of the parts, the last document)."""
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        documents = [json.loads(line) for line in out.splitlines()]
        self.assertTrue(documents[-1]["data"]["summary"])
        return [d["data"] for d in documents[:-1]], documents[-1]

    def ask(self, address, count=1, place="pod", wait=1.0, port=PORT, name=NAME):
        return self.lab.output(place, [sys.executable, "-c", ASK, address, str(port), str(count), str(wait),
                                       name]).split()
