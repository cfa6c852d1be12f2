#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""probe --tls and --https against a small server: answers, certificates, and what does not speak them."""
import contextlib
import http.server
import os
import pathlib
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

import binary
from twisters import resolv_conf

NAME = "dns.example"
if not shutil.which("openssl"):
    print("SKIP: openssl is not installed")
    sys.exit(77)


def certificates(folder):
    """An authority, and a certificate of it for NAME and for 127.0.0.1."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-days", "2", "-subj", "/CN=authority", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem", "-out",
            "request.pem", "-subj", "/CN=server")
    # The key identifier is what a strict reader asks for (Python from 3.13 on), like the authority's key usage.
    pathlib.Path(folder, "names").write_text(f"subjectAltName=DNS:{NAME},IP:127.0.0.1\n"
                                             "authorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "cert.pem")


def answer(query):
    """192.0.2.7 for A, no record for AAAA; NXDOMAIN for a name that begins with "no"."""
    end = query.index(b"\0", 12) + 5
    kind, = struct.unpack(">H", query[end - 4:end - 2])
    found = kind == 1 and query[13:15] != b"no"
    head = query[:2] + struct.pack(">HHHHH", 0x8183 if query[13:15] == b"no" else 0x8180, 1, int(found), 0, 0)
    return head + query[12:end] + (b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7" if found else b"")


class OverTls(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError, struct.error):
            while True:
                size, = struct.unpack(">H", self.exactly(2))
                query = self.exactly(size)
                if self.server.behaviour == "close":
                    return
                if self.server.behaviour == "silent":
                    continue
                reply = answer(query)
                self.request.sendall(struct.pack(">H", len(reply)) + reply)

    def exactly(self, size):
        got = b""
        while len(got) < size:
            more = self.request.recv(size - len(got))
            if not more:
                raise OSError("closed")
            got += more
        return got


class OverHttps(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):  # noqa: N802, the name that the library looks for
        query = self.rfile.read(int(self.headers["Content-Length"]))
        good = (self.path, self.headers["Content-Type"]) == ("/dns-query", "application/dns-message")
        reply = answer(query) if good else b"no such page"
        self.send_response(200 if good else 404)
        self.send_header("Content-Type", "application/dns-message")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)


class TlsServer(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, behaviour = True, True, "honest"

    def get_request(self):
        client, where = super().get_request()
        return self.context.wrap_socket(client, server_side=True, do_handshake_on_connect=False), where

    def handle_error(self, request, client_address):
        pass


class Encrypted(binary.Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        certificates(cls.folder.name)
        cls.ca = os.path.join(cls.folder.name, "ca.pem")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @contextlib.contextmanager
    def server(self, handler, behaviour="honest"):
        server = TlsServer(("127.0.0.1", 0), handler)
        server.behaviour = behaviour
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(os.path.join(self.folder.name, "cert.pem"),
                                       os.path.join(self.folder.name, "key.pem"))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()

    def probe(self, *words):
        with resolv_conf() as conf:
            document, status = binary.run_json("probe", "--resolv-conf", conf, *words)
        probes = [(p["name"], p["type"], p["transport"], p["status"]) for p in document["data"]["probes"]]
        return probes, document, status

    def test_answers(self):
        for way, handler in (("tls", OverTls), ("https", OverHttps)):
            with self.subTest(way=way), self.server(handler) as where:
                for words in (("--tls-ca", self.ca), ("--tls-ca", self.ca, "--tls-name", NAME), ("--tls-insecure",)):
                    probes, document, status = self.probe(f"--{way}", f"@{where}", "www.example.com", *words)
                    self.assertEqual((probes, status), ([("www.example.com", "A", way, "answer"),
                                                         ("www.example.com", "AAAA", way, "nodata")], 0))
                    self.assertEqual(document["data"]["probes"][0]["answers"][0]["rdataA"], "192.0.2.7")
                probes, _, status = self.probe(f"+{way}", f"@{where}", "nosuch.example", "A", "--tls-insecure")
                self.assertEqual((probes, status), ([("nosuch.example", "A", way, "nxdomain")], 1))

    def test_certificates(self):
        """One that is not to be trusted is told, and nothing is asked."""
        for way, handler in (("tls", OverTls), ("https", OverHttps)):
            with self.subTest(way=way), self.server(handler) as where:
                for words, said in ((("--tls-ca", self.ca, "--tls-name", "other.example"), "hostname mismatch"),
                                    ((), "unable to get local issuer certificate")):
                    probes, document, status = self.probe(f"--{way}", f"@{where}", "www.example.com", "A", *words)
                    self.assertEqual((probes[0][3], status), ("error", 2), document)
                    self.assertIn("its certificate is not to be trusted", document["data"]["probes"][0]["detail"])
                    self.assertIn(said, document["data"]["probes"][0]["detail"])

    def test_faults(self):
        with self.server(OverTls, "close") as where:
            probes, document, status = self.probe("--tls", "--tls-insecure", f"@{where}", "x.example", "A")
            self.assertEqual((probes[0][3], status), ("error", 2))
            self.assertIn("closed the connection", document["data"]["probes"][0]["detail"])
        with self.server(OverTls, "silent") as where:
            probes, _, status = self.probe("--tls", "--tls-insecure", f"@{where}", "x.example", "A", "--timeout",
                                          "300ms")
            self.assertEqual((probes[0][3], status), ("timeout", 2))
        with self.server(OverHttps) as where:
            probes, document, _ = self.probe("--https", "--tls-insecure", f"@{where}", "x.example", "A",
                                            "--https-path", "/x")
            self.assertEqual((probes[0][3], document["data"]["probes"][0]["detail"]),
                             ("error", "HTTP status 404 at /x"))
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{closed.getsockname()[1]}"
            for way in ("tls", "https"):
                probes, _, status = self.probe(f"--{way}", f"@{where}", "x.example", "A")
                self.assertEqual((probes[0][3], status), ("unreachable", 2))

    def test_no_tls(self):
        """A server of plain DNS over TCP, or of something else, is told from one without an answer."""
        with socket.create_server(("127.0.0.1", 0)) as plain:
            def hang_up():
                with contextlib.suppress(OSError):
                    client, _ = plain.accept()
                    client.recv(1000)
                    client.sendall(b"220 smtp\r\n")
                    client.close()
            threading.Thread(target=hang_up, daemon=True).start()
            probes, document, _ = self.probe("--tls", f"@127.0.0.1:{plain.getsockname()[1]}", "x.example", "A")
        self.assertEqual(probes[0][3], "error", document)
        self.assertIn("TLS", document["data"]["probes"][0]["detail"])

    def test_wrong_use(self):
        for words, said in ((("--tls", "--https", "@127.0.0.1"), "choose one"), (("--tls",), "name the server"),
                            (("--tls", "--tcp", "@127.0.0.1"), "does not go with"),
                            (("--tls", "--tls-ca", "/nonexistent", "@127.0.0.1"), "/nonexistent")):
            done = binary.run("probe", "x.example", *words)
            self.assertIn(done.returncode, (64, 66))
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    binary.main()
