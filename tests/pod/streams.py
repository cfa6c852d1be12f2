# SPDX-License-Identifier: GPL-2.0-or-later
"""The two ways in which kubectl exec carries its streams: SPDY/3.1 (all versions) and WebSocket (from 1.31 on).

Sources: the SPDY Protocol, draft 3.1; RFC 6455; Kubernetes' documentation of v4.channel.k8s.io and v5.channel.k8s.io.
A carrier has send(channel, bytes), close(channel), and receive(), which yields (channel, bytes), b"" for its end.
"""
import base64
import hashlib
import os
import pathlib
import shutil
import socket
import struct
import threading
import zlib

STDIN, STDOUT, STDERR, ERROR, RESIZE = range(5)
NAMES = {"stdin": STDIN, "stdout": STDOUT, "stderr": STDERR, "error": ERROR, "resize": RESIZE}
SPDY_VERSION = 0x8003
SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7
FINISHED = 1
DICTIONARY_START = b"\0\0\0\x07options\0\0\0\x04head\0\0\0\x04post"
DICTIONARY_SIZE, DICTIONARY_SUM = 1423, 0xE3C6A7C2
CLOSE_SIGNAL = 255  # of v5: the next byte is the channel that ends


def spdy_dictionary():
    """What SPDY's headers are compressed against; kubectl itself has it."""
    held = pathlib.Path(shutil.which("kubectl")).read_bytes()
    at = held.index(DICTIONARY_START)
    words = held[at:at + DICTIONARY_SIZE]
    if zlib.adler32(words) != DICTIONARY_SUM:
        raise RuntimeError("this kubectl does not speak SPDY")
    return words


class Spdy:
    """The server's side of one connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        words = spdy_dictionary()
        self.inflate, self.deflate = zlib.decompressobj(zdict=words), zlib.compressobj(zdict=words)
        self.streams = {}  # id: channel
        self.lock = threading.Lock()

    def write(self, head, body):
        with self.lock:
            self.writer.write(head + struct.pack(">I", len(body))[1:] + body)
            self.writer.flush()

    def control(self, kind, body):
        self.write(struct.pack(">HHB", SPDY_VERSION, kind, 0), body)

    def wait_for(self, channels):
        """Take streams until all of these are open."""
        while not set(channels) <= set(self.streams.values()):
            self.take()

    def take(self):
        """Read one frame; (channel, bytes, whether it ends) of data, else None."""
        head = self.reader.read(8)
        if len(head) < 8:
            raise EOFError
        flags, size = head[4], int.from_bytes(head[5:8], "big")
        body = self.reader.read(size)
        if not head[0] & 0x80:
            return self.streams[int.from_bytes(head[:4], "big")], body, flags & FINISHED
        kind = int.from_bytes(head[2:4], "big")
        if kind == SYN_STREAM:
            number = body[:4]
            self.streams[int.from_bytes(number, "big")] = NAMES[self.headers(body[10:])["streamtype"]]
            empty = self.deflate.compress(struct.pack(">I", 0)) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
            self.control(SYN_REPLY, number + empty)
        elif kind == PING:
            self.control(PING, body)
        elif kind == GOAWAY:
            raise EOFError
        return None

    def headers(self, block):
        text = self.inflate.decompress(block)
        at, found = 4, []
        for _ in range(2 * int.from_bytes(text[:4], "big")):
            size = int.from_bytes(text[at:at + 4], "big")
            found.append(text[at + 4:at + 4 + size].decode())
            at += 4 + size
        return dict(zip((name.lower() for name in found[::2]), found[1::2]))

    def receive(self):
        try:
            while True:
                said = self.take()
                if said and said[1]:
                    yield said[0], said[1]
                if said and said[2]:
                    yield said[0], b""
        except (EOFError, OSError, ValueError):  # ValueError: the other thread has closed it
            return

    def data(self, channel, data, flags):
        number, = (number for number, held in self.streams.items() if held == channel)
        self.write(struct.pack(">IB", number, flags), data)

    def send(self, channel, data):
        self.data(channel, data, 0)

    def close(self, channel):
        self.data(channel, b"", FINISHED)

    def end(self):
        pass


class WebSocket:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.lock = threading.Lock()

    @staticmethod
    def accept(key):
        """Sec-WebSocket-Accept for a key. Source: RFC 6455, 4.2.2."""
        return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()

    def frame(self, kind, body):
        size = len(body)
        length = bytes([size]) if size < 126 else struct.pack(">BH", 126, size) if size < 65536 else \
            struct.pack(">BQ", 127, size)
        with self.lock:
            self.writer.write(bytes([0x80 | kind]) + length + body)
            self.writer.flush()

    def wait_for(self, channels):
        pass

    def take(self):
        head = self.reader.read(2)
        if len(head) < 2:
            raise EOFError
        size = head[1] & 127
        if size > 125:
            size = int.from_bytes(self.reader.read(2 if size == 126 else 8), "big")
        mask = self.reader.read(4)
        body = self.reader.read(size)
        # XOR of the whole with the repeated mask, as numbers: a program comes this way.
        repeated = (mask * (size // 4 + 1))[:size]
        return head[0] & 15, (int.from_bytes(body, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")

    def receive(self):
        try:
            while True:
                kind, body = self.take()
                if kind == 8:
                    return
                if kind == 9:
                    self.frame(10, body)
                elif kind == 2 and body[0] == CLOSE_SIGNAL:
                    yield body[1], b""
                elif kind == 2 and len(body) > 1:
                    yield body[0], body[1:]
        except (EOFError, OSError, ValueError):  # ValueError: the other thread has closed it
            return

    def send(self, channel, data):
        self.frame(2, bytes([channel]) + data)

    def close(self, channel):
        pass

    def end(self):
        self.frame(8, struct.pack(">H", 1000))


class Client:
    """A client of exec over WebSocket, as kubectl is from 1.31 on: one command, its streams, its status."""

    def __init__(self, port, path, protocol="v5.channel.k8s.io"):
        self.link = socket.create_connection(("127.0.0.1", port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                          f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                          f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n".encode())
        self.reader = self.link.makefile("rb")
        head = []
        while line := self.reader.readline().strip():
            head.append(line.decode())
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:])}
        self.accepted = self.headers.get("sec-websocket-accept") == WebSocket.accept(key)

    def send(self, channel, data):
        """Frames of a client are masked. Source: RFC 6455, 5.3."""
        body, mask = bytes([channel]) + data, os.urandom(4)
        size = len(body)
        length = bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0xFE, size) if size < 65536 else \
            struct.pack(">BQ", 0xFF, size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(body))
        self.link.sendall(b"\x82" + length + mask + masked)

    def close(self, channel):
        self.send(CLOSE_SIGNAL, bytes([channel]))

    def receive(self):
        """All that comes until the server closes: the bytes of each channel."""
        found = {}
        while len(head := self.reader.read(2)) == 2:
            size = head[1] & 127
            if size > 125:
                size = int.from_bytes(self.reader.read(2 if size == 126 else 8), "big")
            body = self.reader.read(size)
            if head[0] & 15 == 8:
                break
            found[body[0]] = found.get(body[0], b"") + body[1:]
        self.link.close()
        return found
