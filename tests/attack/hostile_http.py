# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers of HTTP, as an API server or as CoreDNS's metrics, that keep to no rule; and TLS that does not either."""
import json
import random
import socket
import ssl
import threading
import time

ESCAPES = "\x1b]0;x\x07\x1b[2J\x9b31m\x7f\x08\r"
OK = b"HTTP/1.1 200 OK\r\n"
DEEP = b"[" * 200_000
METRIC = b'coredns_dns_requests_total{server="dns://:53",type="A"} '


def body(content, kind=b"application/json", more=b""):
    return [OK + b"Content-Type: " + kind + b"\r\nContent-Length: %d\r\n" % len(content) + more + b"\r\n" + content]


def listed(kind, *items, meta=None):
    return json.dumps({"kind": kind, "apiVersion": "v1", "metadata": meta or {}, "items": list(items)}).encode()


def again(piece, seconds=20):
    """Without an end, until whoever reads has enough."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield piece


def chunks(*pieces):
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from pieces


def slowly(content):
    for byte in content:
        yield bytes([byte])
        time.sleep(0.02)


LABELS = {"k8s-app": "kube-dns", "kubernetes.io/service-name": "kube-dns"}


def objects(**members):
    return listed("EndpointSliceList", {"metadata": {"name": "kube-dns", "labels": LABELS}, "addressType": "IPv4",
                                        "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}],
                                        "endpoints": [{"addresses": ["127.0.0.1"]}], **members})


# What is said to a request; 50 of them.
KINDS = {
    "nothing": lambda: [],
    "a newline": lambda: [b"\r\n\r\n"],
    "noise": lambda: [random.randbytes(3000)],
    "no HTTP": lambda: [b"SSH-2.0-OpenSSH_9.0\r\n"],
    "HTTP/0.9": lambda: [b"hello\n"],
    "HTTP/9.9": lambda: [b"HTTP/9.9 200 OK\r\n\r\n"],
    "status of letters": lambda: [b"HTTP/1.1 abc OK\r\n\r\n"],
    "status 0": lambda: [b"HTTP/1.1 0 OK\r\n\r\n"],
    "status 99999999999": lambda: [b"HTTP/1.1 99999999999 OK\r\n\r\n"],
    "endless 100": lambda: again(b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
    "endless 102": lambda: again(b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n" * 200),
    "endless status line": lambda: again(b"HTTP/1.1 200 " + b"a" * 60000),
    "endless header": lambda: [OK, *[b"X: " + b"a" * 60000] * 50],
    "endless headers": lambda: (piece for piece in (OK, *[b"X-%d: y\r\n" % i * 500 for i in range(2000)])),
    "header without end": lambda: [OK + b"X: y"],
    "header of escapes": lambda: [OK + b"Server: " + ESCAPES.encode("latin-1") + b"\r\n\r\n"],
    "header folded": lambda: [OK + b"X: a\r\n b\r\n c\r\nContent-Length: 0\r\n\r\n"],
    "length -1": lambda: [OK + b"Content-Length: -1\r\n\r\nabc"],
    "length of letters": lambda: [OK + b"Content-Length: abc\r\n\r\nabc"],
    "length 2^64": lambda: [OK + b"Content-Length: 18446744073709551616\r\n\r\nabc"],
    "length of 9 exabytes": lambda: [OK + b"Content-Length: 9223372036854775807\r\n\r\n", *[b"x" * 65536] * 2000],
    "two lengths": lambda: [OK + b"Content-Length: 2\r\nContent-Length: 3000\r\n\r\n{}"],
    "length too short": lambda: [OK + b"Content-Length: 1\r\n\r\n" + objects()],
    "length too long": lambda: [OK + b"Content-Length: 900000\r\n\r\n" + objects()],
    "no length": lambda: [OK + b"\r\n" + objects()],
    "chunk of letters": lambda: chunks(b"zz\r\nabc\r\n"),
    "chunk -1": lambda: chunks(b"-1\r\nabc\r\n"),
    "chunk 2^64": lambda: chunks(b"10000000000000000\r\nabc\r\n"),
    "chunk without end": lambda: chunks(b"5\r\nab"),
    "endless chunk size": lambda: chunks(*[b"0" * 60000] * 100),
    "endless chunks": lambda: chunks(*[b"1\r\nx\r\n" * 9000] * 500),
    "trailers without end": lambda: chunks(b"0\r\n", *[b"X: y\r\n" * 9000] * 50),
    "gzip": lambda: body(random.randbytes(500), more=b"Content-Encoding: gzip\r\n"),
    "redirect": lambda: [b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"],
    "401": lambda: [b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"],
    "500 of escapes": lambda: [b"HTTP/1.1 500 No\r\n\r\n"
                               + json.dumps({"kind": "Status", "message": ESCAPES}).encode()],
    "JSON of 200000 brackets": lambda: body(DEEP),
    "JSON of numbers": lambda: body(b"[" + b"1e999," * 1000 + b"1]"),
    "JSON of wrong types": lambda: body(listed("EndpointSliceList", 1, None, "x", [], {"endpoints": {"a": 1}})),
    "names of escapes": lambda: body(objects(metadata={"name": ESCAPES, "labels": LABELS},
                                             endpoints=[{"addresses": ["127.0.0.1"], "nodeName": ESCAPES,
                                                 "targetRef": {"kind": "Pod", "name": ESCAPES * 50}}])),
    "addresses that are none": lambda: body(objects(endpoints=[{"addresses": ["", "1.2.3.4.5", ESCAPES, "::", 7]}])),
    "50000 endpoints": lambda: body(objects(endpoints=[{"addresses": [f"127.{i >> 16}.{i >> 8 & 255}.{i & 255}"]}
                                                       for i in range(50000)])),
    "100 MB of objects": lambda: [OK + b"Content-Length: 104857600\r\n\r\n", b'{"items":[',
                                  *[b'{"a":1},' * 8000] * 1600],
    "pages without end": lambda: body(listed("List", meta={"continue": "x" * random.randrange(1, 5000)})),
    "a byte at a time": lambda: slowly(b"".join(body(objects()))),
    "metrics of escapes": lambda: body(METRIC.replace(b"A", ESCAPES.encode()) + b"1\n", b"text/plain"),
    "metrics of noise": lambda: body(METRIC + b"NaN\n" + METRIC + b"-Inf\n" + random.randbytes(2000), b"text/plain"),
    "metrics without newline": lambda: (p for p in (OK + b"\r\n", *[METRIC * 500] * 500)),
    "metrics of 100000 names": lambda: body(b"".join(b'coredns_x%d{a="%d"} %d\n' % (i, i, i) for i in range(100000)),
                                            b"text/plain"),
    "metrics of 200 MB": lambda: (p for p in (OK + b"\r\n", *[(METRIC + b"1\n") * 1000] * 3200)),
}
TLS_KINDS = ("another authority", "another name", "expired", "plain HTTP", "noise", "closed after hello", "silence",
             "TLS 1.0 alone", "no certificate that fits")


class Server:
    """`certificates` by kind of TLS, each a (certificate, key); without `tls` it speaks HTTP as it is."""

    def __init__(self, certificates=None):
        self.kind, self.tls, self.certificates = "nothing", None, certificates or {}
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection:
            connection.settimeout(20)
            try:
                if self.tls:
                    connection = self.shake_hands(connection)
                if connection:
                    connection.recv(65536)
                    for piece in KINDS[self.kind]():
                        connection.sendall(piece)
            except (OSError, ValueError):
                pass
            finally:
                if connection:
                    connection.close()

    def shake_hands(self, connection):
        if self.tls == "noise":
            connection.sendall(b"\x16\x03\x03" + random.randbytes(500))
        if self.tls == "closed after hello":
            connection.recv(4096)
        if self.tls == "silence":
            time.sleep(5)
        if self.tls in ("noise", "closed after hello", "silence"):
            return None
        if self.tls == "plain HTTP":
            return connection
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self.tls == "TLS 1.0 alone":
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        context.load_cert_chain(*self.certificates.get(self.tls, self.certificates["right"]))
        return context.wrap_socket(connection, server_side=True)
