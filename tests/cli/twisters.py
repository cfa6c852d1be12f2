# SPDX-License-Identifier: GPL-2.0-or-later
"""Scripted name servers on loopback, for what real ones won't do: tests/lab/twister.py, one process each."""
import contextlib
import socket
import subprocess
import sys
import tempfile

import binary

TWISTER = binary.SOURCE / "tests/lab/twister.py"
ANSWERS = ["db.default.svc.cluster.local/A=10.96.7.7", "db.default.svc.cluster.local/AAAA=fd00:96::7"]


@contextlib.contextmanager
def twister(behaviour="honest", answers=None, address="127.0.0.1"):
    """A server that runs while the block does; give its "ADDRESS:PORT"."""
    words = [word for answer in (ANSWERS if answers is None else answers) for word in ("--answer", answer)]
    process = subprocess.Popen([sys.executable, TWISTER, "--listen", f"{address}:0", *words, "--print-port", behaviour],
                               stdout=subprocess.PIPE)
    try:
        yield f"{address}:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def closed_port():
    """"ADDRESS:PORT" where nobody answers by UDP. It is held meanwhile, so that nobody else gets it: a socket that is
    connected takes nothing but what its peer sends, and for all others the kernel says that the port is unreachable."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        held.connect(("127.0.0.1", port))
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def resolv_conf(text="search default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"):
    """A resolv.conf with this text; give its path."""
    with tempfile.NamedTemporaryFile("wb") as conf:
        conf.write(text.encode() if isinstance(text, str) else text)
        conf.flush()
        yield conf.name
