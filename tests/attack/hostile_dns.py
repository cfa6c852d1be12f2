# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server that wishes its clients ill: each kind is what it makes of a query."""
import random
import socket
import struct
import threading

ESCAPES = b"\x1b]0;x\x07\x1b[2J\x9b31m\x7f\x08\r\n\x00"


def header(query, flags=0x8180, counts=(1, 0, 0, 0), number=None):
    return (query[:2] if number is None else struct.pack("!H", number)) + struct.pack("!H4H", flags, *counts)


def question(query):
    at = 12
    while at < len(query) and query[at]:
        at += query[at] + 1
    return query[12:at + 5]


def record(kind, data, name=b"\xc0\x0c", ttl=30, length=None):
    return name + struct.pack("!HHIH", kind, 1, ttl, len(data) if length is None else length) + data


def answer(query, *records, flags=0x8180, **options):
    return header(query, flags, (1, len(records), 0, 0), **options) + question(query) + b"".join(records)


def label(text):
    return bytes([len(text)]) + text


def option(data):
    return b"\0" + struct.pack("!HHIH", 41, 512, 0, len(data)) + data


def noise(count):
    return random.randbytes(count)


A = b"\x7f\0\0\1"
LONG_NAME = b"".join(label(b"a" * 63) for _ in range(4)) + b"\0"
# By name, what is sent for a query; several are sent one after the other.
KINDS = {
    "silence": lambda q: [],
    "nothing": lambda q: [b""],
    "one byte": lambda q: [q[:1]],
    "header alone": lambda q: [header(q, counts=(0, 0, 0, 0))],
    "half a header": lambda q: [header(q)[:7]],
    "the query itself": lambda q: [q],
    "question without end": lambda q: [header(q) + b"\x3f" * 400],
    "counts of 65535": lambda q: [header(q, counts=(65535,) * 4) + question(q)],
    "counts without records": lambda q: [header(q, counts=(1, 9, 9, 9)) + question(q)],
    "pointer to itself": lambda q: [answer(q, record(5, b"\xc0\x2b", name=b"\xc0\x1e"))],
    "pointers in a circle": lambda q: [answer(q, record(5, b"\xc0\x30\xc0\x2e"), record(5, b"\xc0\x2e"))],
    "pointer forward": lambda q: [answer(q, record(1, A, name=b"\xff\xff"))],
    "pointer into the header": lambda q: [answer(q, record(1, A, name=b"\xc0\x00"))],
    "reserved label": lambda q: [answer(q, record(1, A, name=b"\x80\x01\0"))],
    "name over 255": lambda q: [answer(q, record(1, A, name=LONG_NAME[:-1] + LONG_NAME))],
    "name of escapes": lambda q: [answer(q, record(5, label(ESCAPES) + b"\0"),
                                         record(1, A, name=label(ESCAPES) + b"\0"))],
    "text of escapes": lambda q: [answer(q, record(16, label(ESCAPES) * 20))],
    "text cut short": lambda q: [answer(q, record(16, b"\xff" + b"x" * 5))],
    "length over the end": lambda q: [answer(q, record(1, A, length=60000))],
    "length of nothing": lambda q: [answer(q, record(1, b""))],
    "address of 3": lambda q: [answer(q, record(1, A[:3]))],
    "address of 5": lambda q: [answer(q, record(1, A + b"x"))],
    "time of 4294967295": lambda q: [answer(q, record(1, A, ttl=0xffffffff))],
    "class of another": lambda q: [answer(q, b"\xc0\x0c" + struct.pack("!HHIH", 1, 65535, 1, 4) + A)],
    "type unknown": lambda q: [answer(q, record(65280, noise(200)))],
    "every type, damaged": lambda q: [answer(q, *(record(kind, noise(7)) for kind in range(1, 70)))],
    "OPT twice": lambda q: [header(q, counts=(1, 0, 0, 2)) + question(q) + option(b"") * 2],
    "OPT damaged": lambda q: [header(q, counts=(1, 0, 0, 1)) + question(q) + option(struct.pack("!HH", 3, 999))],
    "identity of escapes": lambda q: [header(q, counts=(1, 0, 0, 1)) + question(q)
                                      + option(struct.pack("!HH", 3, len(ESCAPES)) + ESCAPES)],
    "each rcode": lambda q: [header(q, 0x8180 | random.randrange(16)) + question(q)],
    "each opcode": lambda q: [header(q, 0x8080 | random.randrange(16) << 11) + question(q)],
    "truncated": lambda q: [header(q, 0x8380) + question(q)],
    "wrong id": lambda q: [answer(q, record(1, A), number=q[0] ^ 0x5555)],
    "another question": lambda q: [header(q) + b"\1x\0\0\1\0\1"],
    "no question": lambda q: [header(q, counts=(0, 1, 0, 0)) + record(1, A, name=b"\0")],
    "two questions": lambda q: [header(q, counts=(2, 0, 0, 0)) + question(q) * 2],
    "a thousand answers": lambda q: [answer(q, record(1, A))] * 1000,
    "4000 records": lambda q: [answer(q, *[record(1, A)] * 4000)[:65000]],
    "chain of 200": lambda q: [answer(q, *(record(5, b"\1%c\xc0\x0c" % (97 + i % 26)) for i in range(200)))],
    "largest datagram": lambda q: [answer(q, record(16, (b"\xff" + b"x" * 255) * 250))[:65507]],
    "noise": lambda q: [q[:2] + noise(random.randrange(1, 600)) for _ in range(5)],
    "answer with noise in it": lambda q: [damage(answer(q, record(1, A), record(5, label(b"x") + b"\0")))],
}


def damage(message):
    message = bytearray(message)
    for _ in range(random.randrange(1, 6)):
        message[random.randrange(2, len(message))] = random.randrange(256)
    return bytes(message)


class Server:
    """All of a kind, over UDP and TCP at one port; over TCP frames are broken up, and may lie."""

    def __init__(self):
        self.kind = "silence"
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.udp.bind(("127.0.0.1", 53))
        self.tcp = socket.create_server(("127.0.0.1", 53))
        for body in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=body, daemon=True).start()

    def serve_udp(self):
        while True:
            query, sender = self.udp.recvfrom(65535)
            for message in KINDS[self.kind](query):
                try:
                    self.udp.sendto(message, sender)
                except OSError:
                    pass

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection:
            try:
                connection.settimeout(5)
                query = connection.recv(65535)[2:]
                for message in KINDS[self.kind](query)[:50]:
                    frame = struct.pack("!H", random.choice((len(message), len(message), 65535, 0, 1))) + message
                    for at in range(0, len(frame), random.choice((1, 7, 65535))):
                        connection.sendall(frame[at:at + 7] if at % 7 == 0 else frame[at:at + 1])
                        if at > 200:
                            connection.sendall(frame[at + 7:])
                            break
            except OSError:
                pass
