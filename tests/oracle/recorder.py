# SPDX-License-Identifier: GPL-2.0-or-later
"""A DNS server that answers by a policy and remembers every query that reached it.

Policies are dicts, the most specific key wins: "server|name/TYPE", "server|name", "server|*", "name/TYPE",
"name", "*". Values: IP, NODATA, NXDOMAIN, SERVFAIL, REFUSED, FORMERR, NOTIMP, TC (truncated over UDP, the
address over TCP), DROP. Names carry no final dot and are compared as written on the wire, with bytes outside
printable ASCII as \\DDD.

A query whose question cannot be read is remembered with name None.
"""
import select
import selectors
import socket
import struct
import threading
import time

RCODES = {"NXDOMAIN": 3, "SERVFAIL": 2, "REFUSED": 5, "FORMERR": 1, "NOTIMP": 4}
TYPES = {1: "A", 28: "AAAA", 12: "PTR", 15: "MX", 16: "TXT", 33: "SRV"}


def read_name(message, at):
    """The name at `at` in text and the offset behind it, or None when it is damaged."""
    labels = []
    while True:
        if at >= len(message):
            return None, at
        size = message[at]
        at += 1
        if size == 0:
            return ".".join(labels) or ".", at
        if size > 63 or at + size > len(message):
            return None, at
        label = message[at:at + size]
        labels.append("".join(chr(c) if 33 <= c < 127 and c not in b".\\" else
                              "\\" + chr(c) if c in b".\\" else "\\%03d" % c for c in label))
        at += size


class Recorder:
    """Listens on port 53, UDP and TCP, of every address given."""

    def __init__(self, addresses, policy=None, port=53):
        self.policy = policy or {"*": "NXDOMAIN"}
        self.queries = []
        self.started = time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._wake_in, self._wake_out = socket.socketpair()
        self._selector.register(self._wake_in, selectors.EVENT_READ, ("stop", None))
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            udp = socket.socket(family, socket.SOCK_DGRAM)
            tcp = socket.socket(family, socket.SOCK_STREAM)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for sock in (udp, tcp):
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind((address, port))
            tcp.listen(16)
            self._selector.register(udp, selectors.EVENT_READ, ("udp", address))
            self._selector.register(tcp, selectors.EVENT_READ, ("accept", address))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def reset(self, policy=None):
        """Forget what was seen and start a new clock."""
        with self._lock:
            self.policy = policy or {"*": "NXDOMAIN"}
            self.queries = []
            self.started = time.monotonic()

    def wait_for(self, count, seconds=5):
        """Return when that many queries have been read, or so long after."""
        end = time.monotonic() + seconds
        while len(self.queries) < count and time.monotonic() < end:
            time.sleep(0.002)

    def _settle(self):
        """Return when what has come has been read; the thread reads with the lock held."""
        while True:
            poll = select.poll()
            with self._lock:
                for descriptor in self._selector.get_map():
                    poll.register(descriptor, select.POLLIN)
                if not poll.poll(0):
                    return
            time.sleep(0.001)

    def taken(self):
        """What was seen: dicts of server, name, type, proto, socket (numbered by first use), ms, reply."""
        self._settle()
        with self._lock:
            latest, count, out = {}, 0, []  # by socket: its number and the name it was last used for
            for query in self.queries:
                key = query["proto"], query["port"]
                number, name = latest.get(key, (None, None))
                before = out[-1]["name"] if out else None
                # A port that comes back for another name, after others were asked for, is chance.
                if number is None or name not in (query["name"], before):
                    number, count = count, count + 1
                latest[key] = number, query["name"]
                out.append({**query, "socket": number})
            return out

    def close(self):
        self._wake_out.send(b"x")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._wake_out.close()

    def _decide(self, server, name, kind):
        for key in (f"{server}|{name}/{kind}", f"{server}|{name}", f"{server}|*", f"{name}/{kind}", name,
                    "*"):
            if key in self.policy:
                return self.policy[key]
        return "NXDOMAIN"

    def _answer(self, server, message, peer, proto):
        """The reply to a message, or None; remembers the query."""
        if len(message) < 12:
            return None
        name, at = read_name(message, 12)
        kind = "?"
        if name is not None and at + 4 <= len(message):
            number = struct.unpack_from(">H", message, at)[0]
            kind = TYPES.get(number, "TYPE%d" % number)
        reply = self._decide(server, name, kind) if name is not None else "DROP"
        self.queries.append({
            "server": server, "name": name, "type": kind, "proto": proto, "port": peer[1],
            "ms": round((time.monotonic() - self.started) * 1000, 1), "reply": reply,
            "edns": struct.unpack_from(">H", message, 10)[0] > 0,
        })
        if reply == "DROP":
            return None
        question = message[12:at + 4]
        flags = 0x8180 | RCODES.get(reply, 0)
        answers = b""
        if reply == "TC" and proto == "udp":
            flags |= 0x0200
        elif reply in ("IP", "TC") and kind in ("A", "AAAA"):
            data = b"\x0a\x00\x00\x01" if kind == "A" else b"\xfd" + b"\0" * 14 + b"\x01"
            answers = b"\xc0\x0c" + message[at:at + 4] + struct.pack(">IH", 30, len(data)) + data
        head = message[:2] + struct.pack(">HHHHH", flags, 1, 1 if answers else 0, 0, 0)
        return head + question + answers

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                what, server = key.data
                sock = key.fileobj
                if what == "stop":
                    return
                with self._lock:
                    if what == "accept":
                        stream, _ = sock.accept()
                        self._selector.register(stream, selectors.EVENT_READ, ("stream", server))
                        continue
                    if what == "udp":
                        message, peer = sock.recvfrom(65535)
                        reply = self._answer(server, message, peer, "udp")
                        if reply:
                            sock.sendto(reply, peer)
                        continue
                    try:
                        message = sock.recv(65537)
                    except OSError:
                        message = b""
                    if len(message) < 3:
                        self._selector.unregister(sock)
                        sock.close()
                        continue
                    peer = sock.getpeername()
                    while len(message) > 2:
                        size = struct.unpack(">H", message[:2])[0]
                        reply = self._answer(server, message[2:2 + size], peer, "tcp")
                        if reply:
                            sock.sendall(struct.pack(">H", len(reply)) + reply)
                        message = message[2 + size:]
