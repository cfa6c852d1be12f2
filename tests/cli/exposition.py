# SPDX-License-Identifier: GPL-2.0-or-later
"""An independent reading of Prometheus text, and servers that hand texts out one after another."""
import contextlib
import http.server
import re
import ssl
import threading

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)",?')


def read(text):
    """[(name, labels, value)] of an ordinary text."""
    found = []
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match:
            found.append((match[1], dict(LABEL.findall(match[2] or "")), float(match[3])))
    return found


class Text:
    """A text to ask by name."""

    def __init__(self, text):
        self.samples = read(text)

    def sum(self, *names, **labels):
        return sum(value for name, has, value in self.samples
                   if name in names and all(has.get(key) == wanted for key, wanted in labels.items()))

    def by(self, label, *names):
        sums = {}
        for name, has, value in self.samples:
            if name in names and label in has:
                sums[has[label]] = sums.get(has[label], 0) + value
        return sums

    def buckets(self, name, **labels):
        """{bound: cumulative count}"""
        sums = {}
        for sample, has, value in self.samples:
            if sample == name + "_bucket" and all(has.get(key) == wanted for key, wanted in labels.items()):
                bound = float(has["le"].replace("+Inf", "inf"))
                sums[bound] = sums.get(bound, 0) + value
        return sums


def quantile(q, buckets):
    """As PromQL's histogram_quantile: linear within a bucket; the last finite bound for what is beyond it."""
    bounds = sorted(buckets)
    rank = q * buckets[bounds[-1]]
    before_bound, before = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank:
            if bound == float("inf"):
                return before_bound
            return before_bound + (bound - before_bound) * (rank - before) / (buckets[bound] - before)
        before_bound, before = bound, buckets[bound]
    raise AssertionError


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):  # noqa: N802, the name that the library looks for
        server = self.server
        server.asked.append((self.path, self.headers.get("Authorization")))
        body = server.bodies[min(len(server.asked), len(server.bodies)) - 1]
        if callable(body):
            return body(self)
        self.send_response(server.status)
        if server.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 1000):
                piece = body[at:at + 1000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            return self.wfile.write(b"0\r\n\r\n")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that has heard enough hangs up."""


@contextlib.contextmanager
def served(*bodies, status=200, chunked=False, certificate=None):
    """A server on loopback that gives the first body, then the next; give its "address:port" and what it was asked."""
    server = Server(("127.0.0.1", 0), Handler)
    server.bodies = [body.encode() if isinstance(body, str) else body for body in bodies]
    server.status, server.chunked, server.asked = status, chunked, []
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", server.asked
    finally:
        server.shutdown()
        server.server_close()
