# SPDX-License-Identifier: GPL-2.0-or-later
"""An agent that runs while a test does: its lines, and its pages over real sockets."""
import contextlib
import http.client
import json
import socket
import subprocess
import tempfile
import threading
import time

import binary

RESOLV_CONF = ("nameserver 127.0.0.1\n"
               "search default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n")
# What the agent asks for, besides a name that nobody has.
ANSWERS = ["kubernetes.default.svc.cluster.local/A=10.96.0.1", "www.example.com/A=192.0.2.80"]
TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class Agent:
    """What one agent said, and what it answers."""

    def __init__(self, process):
        self.process, self.lines, self.port = process, [], None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            document = json.loads(line)
            binary.validator().validate(document)
            self.lines.append(document)

    def events(self, event, part=None, finding=None):
        """The lines of that kind, about that part or finding."""
        return [d["data"] for d in list(self.lines) if d.get("data", {}).get("event") == event
                and part in (None, (d["data"]["part"] or {}).get("part"))
                and finding in (None, (d["data"]["finding"] or {}).get("id"))]

    def wait_for(self, what, seconds=30):
        """What a function gives, as soon as that is something."""
        end = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > end:
                raise AssertionError(f"not seen: {what}; lines: {[d.get('data') for d in self.lines]}")
            time.sleep(0.05)
        return found

    def listens(self):
        event = self.wait_for(lambda: self.events("listens"))[0]
        self.port = int(event["listens"].rpartition(":")[2])

    def get(self, path="/metrics", accept=None, method="GET", headers=None, port=None):
        """(status, media type, text)"""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, headers={**({"Accept": accept} if accept else {}), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()

    def ready(self):
        self.wait_for(lambda: self.get("/readyz")[0] == 200)

    def end(self):
        """Stop it; the last line's data."""
        self.process.terminate()
        self.process.wait(60)
        self.reader.join(20)
        return self.lines[-1]["data"]


def page(port, path="/metrics", seconds=20):
    """An agent's page, as soon as it listens."""
    end = time.monotonic() + seconds
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            with contextlib.closing(connection):
                connection.request("GET", path)
                return connection.getresponse().read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def agent(*arguments, interval="500ms", environment=None, listen=None, without="lookups,drops", **options):
    """An agent of this machine that asks only whom it is told to ask."""
    with tempfile.NamedTemporaryFile("w") as conf:
        conf.write(RESOLV_CONF)
        conf.flush()
        parts = ["--without", without] if without else []
        process = subprocess.Popen(
            [binary.K8SDNS, "agent", "--resolv-conf", conf.name, "--no-discovery", "--no-metrics",
             "--interval", interval, "--listen", listen or f"127.0.0.1:{free_port()}", *parts, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**binary.ENVIRONMENT, **(environment or {})}, text=True, **options)
        running = Agent(process)
        try:
            running.listens()
            yield running
        finally:
            process.kill()
            process.wait()
            running.reader.join(20)
            process.stdout.close()
            process.stderr.close()
