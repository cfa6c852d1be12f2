#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""agent --web-config: TLS, client certificates and users, as exporters of Prometheus have them."""
import base64
import contextlib
import http.client
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import agents
import binary
from test_encrypted import certificates

if not shutil.which("openssl"):
    print("SKIP: openssl is not installed")
    sys.exit(77)

PASSWORD = "right"
# What htpasswd -nB makes of it, cheap and dear.
HASH = "$2y$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC"
DEAR_HASH = "$2y$10$abcdefghijklmnopqrstuu1VS0P7v3ZJmd2gzBFIzgfN7OOl6Rl52"


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Guarded(binary.Case):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        certificates(self.folder)
        self.config = self.folder / "web.yaml"

    def agent(self, text):
        self.config.write_text(text)
        checked = subprocess.run(["promtool", "check", "web-config", self.config], capture_output=True, text=True,
                                 check=False, timeout=60, cwd=self.folder)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        return agents.agent("--target", "127.0.0.9:9", "--budget", "1s", "--web-config", self.config, cwd=self.folder)

    def tls(self, *more):
        files = [f"cert_file: {self.folder}/cert.pem", f"key_file: {self.folder}/key.pem"]
        return "\n  ".join(["tls_server_config:", *files, *more]) + "\n"

    def ask(self, port, path="/metrics", headers=None, **client):
        """(status, the server's certificate)"""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if client:
            context.load_cert_chain(**client)
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            answer.read()
            return answer.status, connection.sock and connection.sock.getpeercert(True)

    def test_tls(self):
        """Its certificate is believed by its authority; without TLS there is no answer; a new one is taken up."""
        with self.agent(self.tls("min_version: TLS13")) as agent:
            status, before = self.ask(agent.port)
            self.assertEqual(status, 200)
            with self.assertRaises((http.client.HTTPException, OSError)):
                agent.get()
            certificates(self.folder)
            status, after = self.ask(agent.port)
            self.assertEqual(status, 200)
            # One that cannot be used leaves what there was.
            (self.folder / "key.pem").write_text("no key")
            self.assertEqual(self.ask(agent.port)[0], 200)
            self.assertIsNone(agent.process.poll())
        if before and after:
            self.assertNotEqual(before, after)

    def test_clients(self):
        """Only whose certificate is of the authority named gets in."""
        config = self.tls("client_auth_type: RequireAndVerifyClientCert", f"client_ca_file: {self.folder}/ca.pem")
        with self.agent(config) as agent:
            pair = {"certfile": self.folder / "cert.pem", "keyfile": self.folder / "key.pem"}
            self.assertEqual(self.ask(agent.port, **pair)[0], 200)
            with self.assertRaises((ssl.SSLError, OSError, http.client.HTTPException)):
                self.ask(agent.port)
            with tempfile.TemporaryDirectory() as other:
                certificates(other)
                with self.assertRaises((ssl.SSLError, OSError, http.client.HTTPException)):
                    self.ask(agent.port, certfile=f"{other}/cert.pem", keyfile=f"{other}/key.pem")

    def test_users(self):
        with self.agent(f"basic_auth_users:\n  prometheus: {HASH}\n") as agent:
            self.assertEqual(agent.get()[0], 401)
            self.assertEqual(agent.get("/healthz")[0], 200)
            self.assertEqual(agent.get(headers=basic("prometheus", PASSWORD))[0], 200)
            for user, password in (("prometheus", "wrong"), ("nobody", PASSWORD), ("", ""), ("prometheus", "a" * 600)):
                self.assertIn(agent.get(headers=basic(user, password))[0], (401, 503))
                time.sleep(0.3)
            for header in ("Basic", "Basic ?", "Bearer x", "Basic " + "A" * 3000):
                self.assertIn(agent.get(headers={"Authorization": header})[0], (401, 503))
            # Who was right before still is, whatever others try meanwhile.
            self.assertEqual(agent.get(headers=basic("prometheus", PASSWORD))[0], 200)

    def test_guessing(self):
        """Fifty who guess take little of a core, and the right one gets in all the same."""
        with self.agent(f"basic_auth_users:\n  prometheus: {DEAR_HASH}\n") as agent:
            right = basic("prometheus", PASSWORD)
            self.assertEqual(agent.get(headers=right)[0], 200)
            over = time.monotonic() + 4

            def guess(number):
                while time.monotonic() < over:
                    with contextlib.suppress(OSError, http.client.HTTPException):
                        agent.get(headers=basic("prometheus", f"guess {number}"))
            before = self.seconds(agent)
            threads = [threading.Thread(target=guess, args=(i,)) for i in range(50)]
            for thread in threads:
                thread.start()
            answers = 0
            while time.monotonic() < over:
                answers += agent.get(headers=right)[0] == 200
                time.sleep(0.1)
            for thread in threads:
                thread.join()
            # One hash is 0.1 to 0.3 s; without a brake all of the four seconds go into them.
            self.assertLess(self.seconds(agent) - before, 2.5)
            self.assertGreater(answers, 5)

    @staticmethod
    def seconds(agent):
        fields = pathlib.Path(f"/proc/{agent.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def test_handshakes_that_stop(self):
        """Nothing, half a greeting, or a greeting without an answer to ours: others are served all the same."""
        hello = bytes.fromhex("16030100f8010000f40303") + bytes(32)
        with self.agent(self.tls()) as agent, contextlib.ExitStack() as stack:
            for i in range(150):
                line = stack.enter_context(socket.create_connection(("127.0.0.1", agent.port)))
                with contextlib.suppress(OSError):
                    line.sendall((b"", hello, b"\x16\x03\x01", b"GET / HTTP/1.1\r\n")[i % 4])

            def answers():
                with contextlib.suppress(OSError, http.client.HTTPException):
                    return self.ask(agent.port)[0] == 200
                return False

            agent.wait_for(answers, 18)
            self.assertIsNone(agent.process.poll())

    def test_unusable(self):
        """What cannot be done as it is asked for ends the program at once."""
        for text, status, what in (
                ("tls_server_config:\n  cert_file: a\n", 65, "needs cert_file and key_file"),
                ("basic_auth_users:\n  a: plain\n", 65, "hash of bcrypt"),
                ("http_server_config:\n  http2: true\n", 65, "is not known here"),
                ("- a\n", 65, "one mapping"),
                ("tls_server_config:\n  cert_file: /nowhere\n  key_file: /nowhere\n", 66, "/nowhere"),
                (self.tls("client_auth_type: RequireAnyClientCert"), 65, "client_auth_type"),
                (self.tls("cipher_suites: [x]"), 65, "cipher_suites")):
            self.config.write_text(text)
            done = binary.run("agent", "--duration", "1s", "--listen", f"127.0.0.1:{agents.free_port()}",
                              "--no-discovery", "--target", "127.0.0.9:9", "--web-config", self.config)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(what, done.stderr)
        done = binary.run("agent", "--duration", "1s", "--web-config", "/nowhere/at/all")
        self.assertEqual(done.returncode, 66)


if __name__ == "__main__":
    unittest.main(verbosity=2)
