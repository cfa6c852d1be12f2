# SPDX-License-Identifier: GPL-2.0-or-later
"""What the listeners of a soak are fed with: dnstap frames, spans and log lines, well-behaved and not, all counted."""
import contextlib
import json
import os
import pathlib
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"
sys.path.insert(0, str(HERE.parent / "cli"))

import taps

PAUSE = 0.02
# The kernel has what a sender wrote before it went; this long after the last one it is read on any machine.
SETTLE = 2


class Feeder(threading.Thread):
    """Does `round(number)` again and again until it is told to stop; `given` counts what was handed over whole."""

    def __init__(self):
        super().__init__(daemon=True)
        self.given = 0
        self.over = threading.Event()
        self.error = None

    def run(self):
        number = 0
        while not self.over.wait(PAUSE):
            try:
                self.round(number)
            except OSError as error:
                self.error = error
            number += 1

    def stop(self):
        self.over.set()
        self.join()


class Taps(Feeder):
    """A sender of dnstap that reconnects; every seventh connection ends in half a frame, and some fall silent first."""

    def __init__(self, path, silence):
        super().__init__()
        self.path, self.silence = path, silence

    def round(self, number):
        frames = [frame for n in range(25) for frame in taps.answered(
            number * 25 + n, name=f"name-{number % 500}.example.org", rcode=2 if n == 24 else 0)]
        with taps.dial(self.path) as sender:
            sender.settimeout(60)
            taps.shake_hands(sender)
            for frame in frames:
                octets = taps.data(frame)
                sender.sendall(octets[:len(octets) // 2])
                sender.sendall(octets[len(octets) // 2:])
                self.given += 1
            if number % 50 == 49:
                self.over.wait(self.silence)
            if number % 7 == 6:
                sender.sendall(taps.data(frames[0])[:-3])
            else:
                sender.sendall(taps.control(taps.STOP, b""))
                taps.receive(sender)


class Lines(Feeder):
    """A writer of a log, in pieces that end anywhere; `rotate()` makes it go on in a new file."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.rotated = threading.Event()
        self.octets = (DATA / "logs/healthy.log").read_bytes()
        self.file = open(path, "ab", buffering=0)

    def round(self, _):
        if self.rotated.is_set():
            os.replace(self.path, f"{self.path}.1")
            self.file.close()
            self.file = open(self.path, "ab", buffering=0)
            self.rotated.clear()
        half = len(self.octets) // 3
        self.file.write(self.octets[:half])
        self.over.wait(PAUSE)
        self.file.write(self.octets[half:])
        self.given += self.octets.count(b"\n")

    def rotate(self):
        self.rotated.set()


class Spans(Feeder):
    """A sender of traces: each with ids of its own; every ninth post breaks off, or is no JSON."""

    def __init__(self, address):
        super().__init__()
        self.address = address
        self.spans = [span for name in ("span-001", "span-008") for span in json.loads((DATA / f"spans/{name}.json")
                                                                                    .read_text())]
        self.traces = len({span["traceId"] for span in self.spans})

    def post(self, octets, size=None):
        head = (b"POST /api/v2/spans HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\n"
                b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (size or len(octets)))
        with socket.create_connection(self.address, timeout=60) as sender:
            sender.sendall(head + octets)
            if size:
                return b""
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while more := sender.recv(4096):
                    answer += more
            return answer

    def round(self, number):
        spans = [{**span, "traceId": f"{number:08x}{span['traceId'][-8:]}"} for span in self.spans]
        octets = json.dumps(spans).encode()
        if number % 9 == 7:
            self.post(octets[:100], len(octets))
        elif number % 9 == 8:
            self.post(b"[{]")
        elif b" 202 " in self.post(octets):
            self.given += self.traces


def settle():
    time.sleep(SETTLE)
