# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server that is as slow as it is told to be."""
import contextlib
import socket
import threading
import time


def query_end(query):
    """The offset behind the question of a query."""
    at = 12
    while query[at]:
        at += 1 + query[at]
    return at + 5


class Server(threading.Thread):
    """A name server on a loopback address that answers any A with 192.0.2.1, after a delay."""

    def __init__(self, address, delay_ms=0, port=0):
        super().__init__(daemon=True)
        self.delay = delay_ms / 1000
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((address, port))
        self.port = self.socket.getsockname()[1]

    def run(self):
        queue = []
        while True:
            self.socket.settimeout(max(0.0, queue[0][0] - time.monotonic()) if queue else None)
            with contextlib.suppress(TimeoutError, BlockingIOError):
                query, peer = self.socket.recvfrom(4096)
                end = query_end(query)
                is_a = query[end - 4:end - 2] == b"\0\1"
                answer = query[:2] + b"\x85\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0" + query[12:end]
                if is_a:
                    answer += b"\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4\xc0\0\2\1"
                queue.append((time.monotonic() + self.delay, answer, peer))
            while queue and queue[0][0] <= time.monotonic():
                _, answer, peer = queue.pop(0)
                self.socket.sendto(answer, peer)
