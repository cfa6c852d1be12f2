#!/usr/bin/python3
"""dnstap over sockets: senders that come, a server that is gone to, and those that mean harm."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import binary
import taps


REFUSING = binary.SOURCE / "tests/cli/refusing.py"


class Running:
    """k8sdns dnstap --json at work."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([binary.K8SDNS, "--json", "dnstap", *map(str, arguments)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=binary.ENVIRONMENT, text=True)

    def end(self, how=signal.SIGTERM):
        """The told sessions, the summary, the status, stderr."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=30)
        documents = [json.loads(line) for line in out.splitlines()]
        for document in documents:
            binary.validator().validate(document)
        return [d["data"] for d in documents[:-1]], documents[-1]["data"], self.process.returncode, err


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(true, what):
    for _ in range(400):
        if true():
            return
        time.sleep(0.025)
    raise TimeoutError(what)


class Live(binary.Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / "tap.sock"

    @contextlib.contextmanager
    def listening(self, *arguments, where=None):
        running = Running("--listen", f"unix:{self.path}" if where is None else where, *arguments)
        try:
            if where is None:
                wait_until(self.path.exists, "the socket")
            yield running
        finally:
            if running.process.poll() is None:
                running.process.kill()
            running.process.communicate()


class Sockets(Live):
    def test_unix(self):
        """Only its owner may write to the socket, and it is gone at the end."""
        with self.listening() as running:
            self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
            self.assertEqual(taps.send(self.path, taps.answered(1)), taps.FINISH)
            told, data, status, _ = running.end()
        self.assertEqual((told, status, data["scenarios"]["local"], data["streams"]["ended"]), ([], 0, 1, 1))
        self.assertFalse(self.path.exists())

    def test_made_with_its_mode(self):
        """No mode is changed by a path, which may lead elsewhere by then; so it works where none may be."""
        for mode, bits in (([], 0o600), (["--socket-mode", "0660"], 0o660), (["--socket-mode", "0777"], 0o777)):
            with self.subTest(mode):
                process = subprocess.Popen([REFUSING, "chmod", binary.K8SDNS, "dnstap", "--listen", f"unix:{self.path}",
                                            "--duration", "1s", *mode], env=binary.ENVIRONMENT, text=True,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                try:
                    wait_until(lambda: self.path.exists() or process.poll() is not None, "the socket")
                    if process.poll() == 77:
                        self.skipTest(process.stdout.read())
                    self.assertTrue(self.path.exists(), process.returncode)
                    self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), bits)
                finally:
                    process.communicate()

    @unittest.skipIf(os.geteuid(), "only root can be another user")
    def test_only_its_owner_is_heard(self):
        """Also when its mode, or its folder, were opened to others after it was made."""
        self.folder.chmod(0o755)
        with self.listening() as running:
            self.path.chmod(0o666)
            done = subprocess.run([sys.executable, "-c", f"""
import os, socket
os.setgroups([]); os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX); s.connect({str(self.path)!r}); s.settimeout(20)
print(s.recv(1))"""], text=True, capture_output=True, check=False)
            self.assertEqual(done.stdout, "b''\n", done.stderr)
            self.assertEqual(taps.send(self.path, taps.answered(1)), taps.FINISH)
            _, data, _, _ = running.end()
        self.assertIn("another user", " ".join(data["streams"]["remarks"]))

    def test_interrupt_ends_with_the_summary(self):
        for how in (signal.SIGINT, signal.SIGHUP):
            with self.listening("--socket-mode", "0666") as running:
                wait_until(lambda: stat.S_IMODE(self.path.stat().st_mode) == 0o666, "its mode")
                taps.send(self.path, taps.answered(1))
                self.assertEqual(running.end(how)[1]["messages"]["client_query"], 1)

    def test_tcp_is_the_loopback_unless_told(self):
        port = free_port()
        with self.listening(where=f"tcp:{port}") as running:
            taps.send(("127.0.0.1", port), taps.answered(1, identity=None))
            with self.assertRaises(ConnectionRefusedError), socket.socket() as other:
                other.connect(("127.0.0.2", port))
            _, data, _, _ = running.end()
        self.assertEqual([r["identity"] for r in data["replicas"]], ["127.0.0.1"])
        with self.listening(where=f"tcp:0.0.0.0:{port}") as running:
            taps.send(("127.0.0.2", port), taps.answered(1))
            self.assertEqual(running.end()[1]["messages"]["client_query"], 1)

    def test_stale_sockets_are_replaced_and_others_are_not(self):
        left = socket.socket(socket.AF_UNIX)
        left.bind(str(self.path))
        left.listen()
        done = binary.run("dnstap", "--listen", f"unix:{self.path}")
        self.assertEqual(done.returncode, 66)
        self.assertIn("somebody listens", done.stderr)
        left.close()
        with self.listening() as running:
            taps.send(self.path, taps.answered(1))
            self.assertEqual(running.end()[1]["messages"]["client_query"], 1)
        self.path.write_text("precious")
        done = binary.run("dnstap", "--listen", f"unix:{self.path}")
        self.assertEqual(done.returncode, 64)
        self.assertIn("is no socket", done.stderr)
        self.assertEqual(self.path.read_text(), "precious")

    @unittest.skipIf(os.geteuid(), "only root can give a socket away")
    def test_a_socket_of_another_user_is_left_alone(self):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(self.path))
        os.chown(self.path, 65534, 65534)
        done = binary.run("dnstap", "--listen", f"unix:{self.path}")
        self.assertEqual(done.returncode, 64)
        self.assertIn("another user", done.stderr)

    def test_a_socket_that_was_replaced_meanwhile_is_left_alone(self):
        with self.listening() as running:
            self.path.unlink()
            self.path.write_text("precious")
            running.end()
        self.assertEqual(self.path.read_text(), "precious")

    def test_nowhere_to_listen(self):
        done = binary.run("dnstap", "--listen", "unix:/nonexistent/tap.sock")
        self.assertEqual((done.returncode, done.stdout), (66, ""))
        self.assertIn("cannot listen at unix:/nonexistent/tap.sock: No such file", done.stderr)

    def test_nothing_came(self):
        done = binary.run("--json", "dnstap", "--listen", f"unix:{self.path}", "--duration", "200ms")
        document = json.loads(done.stdout)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(document["unobserved"][0]["what"], "client queries")


class Senders(Live):
    def test_many_at_once(self):
        """Each sender its own frames, cut anywhere; none is lost."""
        count, each = 40, 50

        def sender(number):
            payloads = [f for n in range(each) for f in taps.answered(n, identity=b"replica-%d" % number)]
            octets = b"".join(map(taps.data, payloads))
            with taps.dial(self.path) as s:
                taps.shake_hands(s)
                for at in range(0, len(octets), 997):
                    s.sendall(octets[at:at + 997])
                s.sendall(taps.control(taps.STOP, b""))
                taps.receive(s)

        with self.listening("--senders", str(count)) as running:
            threads = [threading.Thread(target=sender, args=(n,)) for n in range(count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            _, data, status, _ = running.end()
        self.assertEqual((data["scenarios"]["local"], data["streams"]["ended"], status), (count * each, count, 0))
        self.assertEqual({r["queries"] for r in data["replicas"]}, {each})

    def test_a_reconnect_goes_on(self):
        """An answer that comes by the next connection finds its query."""
        query, answer = taps.answered(1)
        with self.listening("--all") as running:
            taps.send(self.path, [query], stop=False)
            taps.send(self.path, [answer])
            told, data, _, _ = running.end()
        self.assertEqual([s["scenario"] for s in told], ["local"])
        self.assertEqual(len(data["replicas"]), 1)

    def test_one_way(self):
        """START without READY, as fstrm writes into files and pipes."""
        with self.listening() as running:
            with taps.dial(self.path) as sender:
                sender.sendall(taps.stream(taps.answered(1)))
                self.assertEqual(sender.recv(1), b"")
            self.assertEqual(running.end()[1]["scenarios"]["local"], 1)

    def test_one_too_many(self):
        with self.listening("--senders", "1") as running:
            with taps.dial(self.path) as first:
                self.assertEqual(taps.shake_hands(first), taps.ACCEPT)
                query, answer = map(taps.data, taps.answered(1))
                first.sendall(query)
                time.sleep(0.3)  # until it has been read: one that sent something stays
                with taps.dial(self.path) as second:
                    self.assertEqual(second.recv(1), b"")
                first.sendall(answer + taps.control(taps.STOP, b""))
                self.assertEqual(taps.receive(first), taps.FINISH)
            _, data, _, _ = running.end()
        self.assertEqual((data["streams"]["most_at_once"], data["scenarios"]["local"]), (1, 1))
        self.assertIn("1 senders are here already", " ".join(data["streams"]["remarks"]))

    def test_silent_ones_go_first(self):
        """As many as are taken, and none says a word, or none after its handshake: the good one is heard, and the one
        that spoke before stays."""
        for silent in (taps.dial, self.started):
            with self.subTest(silent), self.listening("--senders", "8") as running, contextlib.ExitStack() as held:
                good = held.enter_context(self.started(self.path))
                good.sendall(taps.data(taps.answered(1)[0]))
                time.sleep(0.3)
                for _ in range(20):
                    held.enter_context(silent(self.path))
                self.assertEqual(taps.send(self.path, taps.answered(2)), taps.FINISH)
                good.sendall(taps.data(taps.answered(1)[1]) + taps.control(taps.STOP, b""))
                self.assertEqual(taps.receive(good), taps.FINISH)
                _, data, _, _ = running.end()
                self.assertEqual(data["scenarios"]["local"], 2)
                self.assertGreaterEqual(data["streams"]["refused"], 13)

    @staticmethod
    def started(where):
        sender = taps.dial(where)
        taps.shake_hands(sender)
        return sender

    def test_those_who_do_not_speak_it(self):
        """The wrong type, no handshake, HTTP, silence: refused, and the next one is served."""
        with self.listening("--handshake", "300ms") as running:
            with taps.dial(self.path) as sender:
                self.assertIsNone(taps.shake_hands(sender, b"text/plain"))
            for octets in (taps.data(taps.answered(1)[0]), b"GET / HTTP/1.1\r\n\r\n", taps.control(taps.STOP, b""),
                           b"\0\0\0\0\xff\xff\xff\xff", b"", b"\0\0"):
                with taps.dial(self.path) as sender:
                    sender.sendall(octets)
                    self.assertEqual(sender.recv(1), b"")
            with taps.dial(self.path) as sender:
                sender.sendall(taps.control(taps.READY))
                self.assertEqual(taps.receive(sender), taps.ACCEPT)
                self.assertEqual(sender.recv(1), b"")
            self.assertEqual(taps.send(self.path, taps.answered(1)), taps.FINISH)
            _, data, status, _ = running.end()
        self.assertEqual((data["scenarios"]["local"], status), (1, 0))
        self.assertGreaterEqual(data["streams"]["refused"] + data["streams"]["broken"], 8)

    def test_half_a_frame_and_damage(self):
        frames = b"".join(map(taps.data, taps.answered(1)))
        with self.listening() as running:
            for octets in (frames[:-5], frames + struct.pack(">I", 2**31), frames + taps.control(taps.ACCEPT)):
                with taps.dial(self.path) as sender:
                    taps.shake_hands(sender)
                    sender.sendall(octets)
                    sender.shutdown(socket.SHUT_WR)
                    self.assertEqual(sender.recv(1), b"")
            _, data, _, _ = running.end()
        self.assertEqual(data["streams"]["broken"], 3)
        self.assertEqual(data["messages"]["client_response"], 2)

    def test_exceptions_are_told_while_it_runs(self):
        with self.listening() as running:
            taps.send(self.path, taps.answered(1, rcode=2))
            line = json.loads(running.process.stdout.readline())
            self.assertEqual(line["data"]["rcode"], "SERVFAIL")
            running.end()

    def test_a_silent_stream_expires(self):
        with self.listening("--timeout", "200ms") as running:
            taps.send(self.path, taps.answered(1)[:1], stop=False)
            line = json.loads(running.process.stdout.readline())
            self.assertEqual(line["data"]["scenario"], "server_made")
            self.assertEqual(running.end()[1]["expired"], 1)

    def test_nobody_reads_the_output_any_more(self):
        process = subprocess.Popen([binary.K8SDNS, "dnstap", "--all", "--listen", f"unix:{self.path}"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=binary.ENVIRONMENT, text=True)
        process.stdout.close()
        taps.send(self.path, taps.answered(1))
        self.assertEqual(process.wait(timeout=60), 74)
        self.assertIn("cannot write the output", process.stderr.read())
        process.stderr.close()
        self.assertFalse(self.path.exists())


class CoreDNS(threading.Thread):
    """`dnstap listen` of CoreDNS: it takes a reader, and is the one that sends READY."""

    def __init__(self, listener, rounds):
        super().__init__()
        self.listener, self.rounds, self.accepts = listener, rounds, []

    def run(self):
        for payloads in self.rounds:
            reader, _ = self.listener.accept()
            with reader:
                reader.settimeout(10)
                self.accepts.append(taps.shake_hands(reader))
                reader.sendall(b"".join(map(taps.data, payloads)))


class Connect(Live):
    def test_listen_mode(self):
        """It goes there, and again when the connection ends."""
        rounds = [taps.answered(1), taps.answered(2), taps.answered(3)]
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = CoreDNS(listener, rounds)
            server.start()
            running = Running("--all", "--connect", f"tcp:127.0.0.1:{listener.getsockname()[1]}")
            lines = [json.loads(running.process.stdout.readline()) for _ in rounds]
            server.join()
            _, data, _, _ = running.end()
        self.assertEqual(server.accepts, [taps.ACCEPT] * 3)
        self.assertEqual([line["data"]["scenario"] for line in lines], ["local"] * 3)
        self.assertEqual(data["streams"]["reconnects"], 2)

    def test_a_server_that_is_late(self):
        running = Running("--all", "--connect", f"unix:{self.path}")
        time.sleep(0.3)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.path))
            listener.listen()
            server = CoreDNS(listener, [taps.answered(1)])
            server.start()
            self.assertTrue(running.process.stdout.readline())
            server.join()
            _, data, status, _ = running.end()
        self.assertEqual((data["scenarios"]["local"], status), (1, 0))

    def test_nobody_there(self):
        done = binary.run("--json", "dnstap", "--connect", f"unix:{self.path}", "--duration", "300ms")
        document = json.loads(done.stdout)
        self.assertEqual(done.returncode, 3)
        self.assertIn("No such file", document["data"]["streams"]["remarks"][0])
        self.assertTrue(document["unobserved"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
