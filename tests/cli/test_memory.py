#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""However much a peer sends, the program stays small: it has room for its libraries and little more here."""
import contextlib
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

import binary
import kube_server
import recordings
import taps

sys.path.insert(0, str(binary.SOURCE / "tests/attack"))
import hostile_dns  # noqa: E402
import hostile_http  # noqa: E402

ROOM = 96 << 20  # for data: 64 MB, and a stack for each thread
MEMORY_KB = 64 << 10  # of whatever peer
CAPTURE_KB = 256 << 10  # of a capture that a person names
OUTPUT, INTERNAL, FORMAT = 74, 70, 65
MB = 1 << 20
CLONE_NEWNET = 0x40000000  # linux/sched.h
ENDLESS = ("endless 100", "endless 102", "endless status line", "endless header", "endless headers",
           "endless chunk size", "endless chunks", "trailers without end", "length of 9 exabytes",
           "100 MB of objects", "metrics of 200 MB",
           "metrics without newline", "metrics of 100000 names")


def setUpModule():
    """A network of its own: at port 53 of everybody's loopback a hostile server would answer other tests."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def limited(*arguments):
    if os.environ.get("SANITIZERS", "none") != "none":
        raise binary.unittest.SkipTest("a sanitizer takes terabytes")
    return binary.run(*arguments, timeout=100,
                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (ROOM, ROOM)))


class Memory(binary.Case):
    def test_http(self):
        server = hostile_http.Server()
        for server.kind in ENDLESS:
            time = "4s" if server.kind == "endless 100" else "1s"
            done = limited("metrics", f"http://127.0.0.1:{server.port}/metrics", "--count", "1", "--timeout", time)
            self.assertNotEqual(done.returncode, INTERNAL, (server.kind, done.stderr))
            self.assertNotIn("out of memory", done.stderr)

    def test_dns(self):
        try:
            server = hostile_dns.Server()
        except PermissionError:
            self.skipTest("a server at port 53 takes root")
        server.kind = "4000 records"
        with tempfile.NamedTemporaryFile("w") as conf:
            conf.write("nameserver 127.0.0.1\nsearch a.example b.example c.example\noptions ndots:5 timeout:1\n")
            conf.flush()
            for words in (["lookup", "db", "--as", "everything", "--limit", "5s"],
                          ["probe", "db", "--no-discovery", "--replica", "127.0.0.1", "--timeout", "500ms"],
                          ["diagnose", "--no-discovery", "--budget", "1s"]):
                done = limited("--json", *words, "--resolv-conf", conf.name)
                self.assertNotEqual(done.returncode, INTERNAL, (words, done.stderr))
            document = json.loads(limited("--json", "probe", "db.example.", "--no-discovery", "--replica", "127.0.0.1",
                                          "--tcp", "--resolv-conf", conf.name).stdout)
        kept = [probe for probe in document["data"]["probes"] if probe["answers_left_out"]]
        for probe in kept:
            self.assertEqual(len(probe["answers"]), 512)


def repeated(megabytes, piece=b"x", before=b"", after=b""):
    """So much of it, in pieces that are not all in memory at once."""
    block = piece * (65536 // len(piece) + 1)
    if before:
        yield before
    for _ in range(megabytes * MB // len(block)):
        yield block
    if after:
        yield after


class Measured(binary.Case):
    """The most memory that a run has had, as time(1) sees it: of a child of its own, whose parent was small."""

    def setUp(self):
        if os.environ.get("SANITIZERS", "none") != "none" or not shutil.which("time"):
            self.skipTest("a sanitizer takes terabytes, and without time(1) nothing is measured")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.conf = self.folder / "resolv.conf"
        self.conf.write_text("nameserver 127.0.0.1\nsearch a.example\noptions ndots:5 timeout:1\n")

    @contextlib.contextmanager
    def started(self, *arguments, env=None, stdin=subprocess.DEVNULL):
        """A run whose end gives `.kb`; a listener is ended by this."""
        said = self.folder / "memory"
        with subprocess.Popen([shutil.which("time"), "-f", "%M", "-o", said, binary.K8SDNS, *map(str, arguments)],
                              stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**binary.ENVIRONMENT, **(env or {})}) as process:
            yield process
            process.out, process.err = process.communicate(timeout=250)
        process.kb = int(said.read_text().split()[-1])

    def feed(self, process, pieces):
        for piece in pieces:
            try:
                process.stdin.write(piece)
            except BrokenPipeError:
                break
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None

    def bounded(self, process, name):
        self.assertNotIn(b"out of memory", process.err, name)
        self.assertIn(process.returncode, (0, 1, 2, 3, FORMAT), (name, process.err[-300:]))
        self.assertLess(process.kb, MEMORY_KB, name)


class Files(Measured):
    def test_streams_without_an_end(self):
        """What comes into standard input, from whoever writes into the pipe."""
        probe = ["probe", "db", "--endpoints", "-", "--resolv-conf", self.conf, "--timeout", "100ms"]
        packet = (struct.pack("<IIII", 1, 1, 66, 66) + bytes(12) + b"\x08\0" + b"\x45\0\0\x34" + bytes(4)
                  + b"\x40\x11\0\0\x7f\0\0\1\x7f\0\0\1\x30\0\0\x35\0\x20\0\0" + bytes(24))
        cases = {
            "endpoints": (probe, repeated(200)),
            "endpoints of JSON": (probe, repeated(200, b'{"a":1},', b'{"kind":"List","items":[')),
            "endpoints of zeros": (probe, repeated(12, b"0,", b'{"kind":"List","items":[', b"0]}")),
            "endpoints of numbers nobody reads": (probe, repeated(50, b"0,", b'{"kind":"List","x":[', b"0]}")),
            "endpoints of YAML": (probe, repeated(40, b"- {name: 1}\n", b"kind: List\nitems:\n")),
            "objects": (["objects", "-"], repeated(50, b'{"kind":"Pod"},', b'{"kind":"List","items":[', b"{}]}")),
            "a line of a log": (["logs", "-"], repeated(150)),
            "pieces of lines of 200 Pods": (["logs", "-"], (
                b"[pod/coredns-%d/coredns] 2026-01-31T00:00:00.000000000Z stdout P " % (i % 200) + b"x" * 100000 + b"\n"
                for i in range(2000))),
            "blocks of hex of 200 Pods": (["logs", "-"], (
                b"[pod/coredns-%d/coredns] debug: %06x%s\n" % (i % 200, i // 200 * 16, b" 00" * 16)
                for i in range(200 * 3000))),
            "a cell of CSV": (["logs", "-"], repeated(60, b"xxxxxxx\n", b'time,message\n2026-01-31T00:00:00Z,"')),
            "an export that is never closed": (["logs", "-"], repeated(60, b"x", b'[{"log":"')),
            "hex": (["decode", "-"], repeated(100, b"ab ")),
            "hex with an end": (["decode", "-"], repeated(50, b"abababababababab\n")),
            "octets": (["decode", "-"], repeated(100, b"\0")),
            "a packet capture": (["decode", "-"], repeated(50, packet, struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0,
                                                                                   65535, 1))),
            "a Corefile": (["corefile", "-"], repeated(100, b"a {\n}\n")),
            "a ConfigMap": (["corefile", "-"], repeated(20, b"  - {a: 1}\n",
                                                         b"kind: ConfigMap\ndata:\n  Corefile: x\nx:\n")),
            "messages": (["explain", "-"], repeated(100, b"no such host\n")),
            "a frame of dnstap": (["dnstap", "--read", "-"], repeated(60, b"x", taps.control(2) + b"\0\4\0\0")),
            "a span": (["spans", "--read", "-"], repeated(60, b"x", b'[{"traceId":"1","id":"2","tags":{"a":"')),
            "metrics": (["metrics", "-"], repeated(100)),
        }
        for name, (arguments, pieces) in cases.items():
            with self.subTest(name):
                with self.started(*arguments, stdin=subprocess.PIPE) as process:
                    self.feed(process, pieces)
                self.bounded(process, name)

    def test_captures(self):
        """A person names these; still they are no more than so large."""
        text = (binary.SOURCE / "tests/data/captures/healthy.json").read_bytes()
        for command in (["diagnose", "--from", "-"], ["report", "--from", "-"], ["history", "--from", "-"],
                        ["diff", "-", "-"], ["scope", "-"], ["top", "--batch", "--count", "1", "--from", "-"]):
            for name, pieces in (("zeros", repeated(30, b"0,", b'{"schema":"k8sdns/1","x":[', b"0]}")),
                                 ("endless", repeated(200, b"0,", b'{"schema":"k8sdns/1","x":[')),
                                 ("objects", repeated(30, b"{},", text[:-2] + b',"x":[', b"{}]}"))):
                with self.subTest((command, name)):
                    with self.started(*command, stdin=subprocess.PIPE) as process:
                        self.feed(process, pieces)
                    self.assertLess(process.kb, CAPTURE_KB, name)
                    self.assertNotIn(b"out of memory", process.err, name)

    def test_recordings(self):
        """Records whose checksums are right, and that are made to be large."""
        zeros = b'{"schema":"k8sdns/1","x":[' + b"0," * (7 * MB) + b"0]}"
        grow = b'{"o":{"%d":{"=":[' + b"{}," * (1 * MB) + b"{}]}}}"
        cases = {
            "zeros": [(recordings.WHOLE, zeros)],
            "a capture of zeros": [(recordings.CAPTURE, zeros)],
            "changes that grow": [(recordings.WHOLE, b"{}")] + [
                (recordings.DELTA, grow.replace(b"%d", b"%d" % i)) for i in range(20)],
            "a list of millions": [(recordings.WHOLE, b'{"a":[]}'),
                                   (recordings.DELTA, b'{"o":{"a":{"a":{},"n":9999999}}}')],
        }
        at = 1769868000 * 10**9
        for name, rows in cases.items():
            folder = self.folder / "recording"
            shutil.rmtree(folder, ignore_errors=True)
            recordings.write(folder, [(kind, text, at + i * 10**10, (i + 1) * 10**10)
                                      for i, (kind, text) in enumerate(rows)])
            for arguments in (["history", "--from", folder], ["diagnose", "--from", folder], ["scope", folder]):
                with self.subTest((name, arguments[0])):
                    with self.started(*arguments) as process:
                        pass
                    self.assertLess(process.kb, CAPTURE_KB if "capture" in name else 2 * MEMORY_KB, name)
                    self.assertNotIn(b"out of memory", process.err)
        # A segment that is larger than any that is written is not read into memory.
        (folder / "00000001.k8sdns").write_bytes(recordings.segment([]))
        os.truncate(folder / "00000001.k8sdns", 1 << 30)
        with self.started("history", "--from", folder) as process:
            pass
        self.assertLess(process.kb, MEMORY_KB)


class Hostile:
    """A server that answers each request with pieces, over TLS where it has a context."""

    def __init__(self, answer, context=None):
        self.answer, self.context, self.asked = answer, context, []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(30)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.asked.append(connection.recv(65536))
            for piece in self.answer():
                connection.sendall(piece)
            if self.context:
                connection = connection.unwrap()
        connection.close()


HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def one_chunk(megabytes):
    """As a server in Go sends what it wrote at once."""
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (megabytes * MB)
    yield from repeated(megabytes, b" " * 65536)
    yield b"\r\n0\r\n\r\n"


def listed(kind, megabytes, item):
    return repeated(megabytes, item + b",", HEAD + b'\r\n{"kind":"%s","metadata":{"continue":"x"},"items":[' % kind,
                    item + b"]}")


class Servers(Measured):
    def test_prometheus(self):
        row = b'{"metric":{"node":"%s"},"values":[[1769868000,"1"]]},' % (b"n" * 200)
        for name, answer in (("one chunk", lambda: one_chunk(60)), ("a chunk that fits", lambda: one_chunk(30)),
                             ("no end", lambda: repeated(200, b" ", HEAD + b"\r\n{")),
                             ("rows", lambda: repeated(60, row, HEAD + b'\r\n{"status":"success","data":{"resultType":'
                                                       b'"matrix","result":['))):
            with self.subTest(name):
                server = Hostile(answer)
                url = f"http://127.0.0.1:{server.port}"
                with self.started("scope", "--prometheus", url, "--timeout", "3s") as process:
                    pass
                self.bounded(process, name)

    def test_metrics(self):
        """Of as many replicas as there may be, each with all that it may send."""
        server = Hostile(lambda: one_chunk(15))
        targets = [f"http://127.0.0.1:{server.port}/metrics"] * 12
        with self.started("metrics", *targets, "--count", "1", "--timeout", "4s") as process:
            pass
        self.bounded(process, "metrics")

    def test_kubernetes(self):
        pair = kube_server.certificate(self.folder, "kubernetes", "127.0.0.1")
        shutil.copy(pair[0], self.folder / "ca.crt")
        (self.folder / "token").write_text("t\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        slices = (b'{"metadata":{"name":"kube-dns","labels":{"kubernetes.io/service-name":"kube-dns"}},"endpoints":['
                  + b",".join(b'{"addresses":["127.%d.%d.1"]}' % (i // 250, i % 250) for i in range(20000)) + b"]}")
        event = b'{"type":"Warning","involvedObject":{"name":"coredns-1"},"message":"%s"}' % (b"m" * 60000)
        cases = {
            "objects": lambda: listed(b"ServiceList", 60, b'{"a":1}'),
            "one chunk": lambda: one_chunk(50),
            "zeros": lambda: listed(b"ServiceList", 8, b"0"),
            "pages of Pods": lambda: listed(b"PodList", 4, b'{"spec":"%s"}' % (b"x" * 8000)),
            "pages of endpoints": lambda: iter([HEAD + b'\r\n{"kind":"EndpointSliceList","metadata":{"continue":"x"},'
                                                b'"items":[' + slices + b"]}"]),
            "pages of events": lambda: listed(b"EventList", 4, event),
        }
        for name, answer in cases.items():
            server = Hostile(answer, context)
            for command in (["replicas", "--no-identity"], ["diagnose", "--budget", "2s", "--no-external"]):
                with self.subTest((name, command[0])):
                    with self.started(*command, "--resolv-conf", self.conf, "--service-account", self.folder,
                                      env={"KUBERNETES_SERVICE_HOST": "127.0.0.1",
                                           "KUBERNETES_SERVICE_PORT": str(server.port)}) as process:
                        pass
                    self.bounded(process, name)
                    self.assertTrue(server.asked)


class Listeners(Measured):
    """Whoever may connect holds what it sends open, from as many connections as are taken."""

    def hold(self, command, port, content, count=250):
        kept = []
        with self.started(*command) as process:
            while f":{port:04X} 00000000:0000 0A" not in pathlib.Path("/proc/net/tcp").read_text():
                self.assertIsNone(process.poll())
            for _ in range(count):
                connection = socket.create_connection(("127.0.0.1", port))
                connection.settimeout(2)
                kept.append(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(content)
            child, = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(child), signal.SIGINT)
        for connection in kept:
            connection.close()
        self.bounded(process, command[0])

    def test_frames(self):
        self.hold(["dnstap", "--listen", "tcp:127.0.0.1:6001"], 6001,
                  taps.control(2) + struct.pack(">I", 256 << 10) + b"x" * 262000)

    def test_posts(self):
        self.hold(["spans", "--listen", "127.0.0.1:6002"], 6002,
                  b"POST /api/v2/spans HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 1900000)

    def test_scrapes(self):
        self.hold(["agent", "--listen", "127.0.0.1:6003", "--no-discovery", "--resolv-conf", self.conf, "--target",
                   "127.0.0.1", "--without", "drops,lookups"], 6003,
                  b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 200000)


class Output(binary.Case):
    def test_file_that_may_be_no_larger(self):
        """The kernel's signal for it would look like a crash."""
        with tempfile.TemporaryFile() as file:
            done = subprocess.run([binary.K8SDNS, "schema"], stdout=file, stderr=subprocess.PIPE, check=False,
                                  env=binary.ENVIRONMENT,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
        self.assertEqual(done.returncode, OUTPUT)
        self.assertIn(b"cannot write the output", done.stderr)


if __name__ == "__main__":
    sys.exit(binary.main())
