#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server that misbehaves: what real ones won't do on request.

It passes each query on to a real server (--backend) and twists the answer, or answers from --answer itself.

usage: twister.py --listen ADDRESS:PORT [--backend ADDRESS:PORT | --answer NAME/TYPE=RDATA...] BEHAVIOUR[,...]

Behaviours: honest, slow:MS, late:MS (only the first query of a name and type), duplicate, wrong-id, wrong-question,
wrong-source, garbage, half, silent, no-aaaa, no-type:N, refuse-type:N, tc, rcode:N, tcp-close, echo-nsid, peak:MS (by
turns calm and busy for so long each: when busy, it is slow and drops every third question).
"""
import argparse
import ipaddress
import selectors
import socket
import struct
import sys
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "TXT": 16, "AAAA": 28}
BACKEND_SECONDS = 5
PEAK_DELAY_MS = 20


def question_end(message):
    at = 12
    while message[at]:
        at += 1 + message[at]
    return at + 5


def question_name(message):
    at, labels = 12, []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1").lower())
        at += 1 + message[at]
    return ".".join(labels)


def question_type(message):
    return struct.unpack("!H", message[question_end(message) - 4:question_end(message) - 2])[0]


def family_of(address):
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def listeners(address):
    """A UDP and a TCP socket on one port. When any will do (0), one that is free for UDP may not be so for TCP."""
    for last in [False] * 20 + [True]:
        family = family_of(address)
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.bind(address)
        try:
            return udp, socket.create_server(udp.getsockname(), family=family, reuse_port=False)
        except OSError:
            udp.close()
            if last or address[1]:
                raise


class Twister:
    def __init__(self, listen, backend, answers, behaviours, open_port=None):
        self.address, self.backend, self.behaviours = listen, backend, behaviours
        self.answers = answers
        self.seen = set()
        self.busy_count = 0
        self.udp, self.tcp = listeners(listen)
        self.address = self.udp.getsockname()
        self.aside = socket.socket(family_of(self.address), socket.SOCK_DGRAM)
        self.aside.bind((self.address[0], 0))

    def value(self, name):
        """The number behind a behaviour, 0 when it has none, None when it is not on."""
        for behaviour in self.behaviours:
            word, _, number = behaviour.partition(":")
            if word == name:
                return int(number or 0)
        return None

    def honest(self, query, tcp=False):
        """The right answer, or None."""
        if self.backend:
            kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
            with socket.socket(family_of(self.backend), kind) as link:
                link.settimeout(BACKEND_SECONDS)
                try:
                    link.connect(self.backend)
                    link.sendall(struct.pack("!H", len(query)) + query if tcp else query)
                    if not tcp:
                        return link.recv(65535)
                    return FramedReader(link).next()
                except OSError:
                    return None
        end = question_end(query)
        found = self.answers.get((question_name(query), question_type(query)), [])
        known = any(name == question_name(query) for name, _ in self.answers)
        flags = 0x8580 | (0 if known else 3)
        head = query[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
        rows = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", question_type(query), 1, 5, len(rdata)) + rdata
                        for rdata in found)
        return head + query[12:end] + rows

    def twist(self, query, answer):
        """The bytes to send for an honest answer."""
        if self.value("rcode") is not None:
            answer = query[:2] + struct.pack("!HHHHH", 0x8180 | self.value("rcode"), 1, 0, 0, 0) + \
                query[12:question_end(query)]
        if self.value("refuse-type") == question_type(query):
            answer = query[:2] + struct.pack("!HHHHH", 0x8185, 1, 0, 0, 0) + query[12:question_end(query)]
        if self.value("tc") is not None:
            answer = query[:2] + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + query[12:question_end(query)]
        if self.value("echo-nsid") is not None:
            answer = answer[:10] + b"\0\1" + answer[12:question_end(query)] + answer[question_end(query):] + \
                b"\0\0\x29\x04\xd0\0\0\0\0\0\4\0\3\0\0"
        if self.value("wrong-id") is not None:
            answer = struct.pack("!H", struct.unpack("!H", answer[:2])[0] ^ 0x5555) + answer[2:]
        if self.value("wrong-question") is not None:
            answer = answer[:13] + bytes([answer[13] ^ 1]) + answer[14:]
        if self.value("garbage") is not None:
            answer = answer[:2] + b"\x81\x80" + b"\0\1\0\x09\0\0\0\0" + b"\xff" * 40
        if self.value("half") is not None:
            answer = answer[:question_end(query) + 7]
        return answer

    def handle(self, query, peer):
        key = question_name(query), question_type(query)
        if self.value("silent") is not None or (self.value("no-aaaa") is not None and key[1] == TYPES["AAAA"]) or \
                self.value("no-type") == key[1]:
            return
        answer = self.honest(query)
        if answer is None:
            return
        answer = self.twist(query, answer)
        delay = self.value("slow") or 0
        if self.value("peak") and time.monotonic() * 1000 // self.value("peak") % 2:
            delay += PEAK_DELAY_MS
            self.busy_count += 1
            if self.busy_count % 3 == 0:
                return
        if self.value("late") is not None and key not in self.seen:
            delay += self.value("late")
        self.seen.add(key)
        time.sleep(delay / 1000)
        sender = self.aside if self.value("wrong-source") is not None else self.udp
        for _ in range(2 if self.value("duplicate") is not None else 1):
            sender.sendto(answer, peer)

    def handle_tcp(self, link):
        with link:
            link.settimeout(BACKEND_SECONDS)
            reader = FramedReader(link)
            while True:
                try:
                    query = reader.next()
                    if query is None or self.value("tcp-close") is not None:
                        return
                    answer = self.honest(query, tcp=True)
                    if answer is None:
                        return
                    link.sendall(struct.pack("!H", len(answer)) + answer)
                except OSError:
                    return

    def serve(self):
        selector = selectors.DefaultSelector()
        selector.register(self.udp, selectors.EVENT_READ)
        selector.register(self.tcp, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is self.udp:
                    query, peer = self.udp.recvfrom(65535)
                    target, arguments = self.handle, (query, peer)
                else:
                    target, arguments = self.handle_tcp, (self.tcp.accept()[0],)
                threading.Thread(target=target, args=arguments, daemon=True).start()


class FramedReader:
    """Messages with their two-byte lengths, from a stream that may carry several at once."""

    def __init__(self, link):
        self.link, self.data = link, b""

    def next(self):
        """One message, or None at the end."""
        while len(self.data) < 2 or len(self.data) < 2 + struct.unpack("!H", self.data[:2])[0]:
            more = self.link.recv(65535)
            if not more:
                return None
            self.data += more
        size = struct.unpack("!H", self.data[:2])[0]
        message, self.data = self.data[2:2 + size], self.data[2 + size:]
        return message


def parse_answers(texts):
    answers = {}
    for text in texts:
        question, _, rdata = text.partition("=")
        name, _, kind = question.rpartition("/")
        if kind in ("A", "AAAA"):
            rdata = ipaddress.ip_address(rdata).packed
        elif kind == "PTR":
            rdata = b"".join(bytes([len(label)]) + label.encode() for label in rdata.split(".")[:-1]) + b"\0"
        else:
            rdata = bytes([len(rdata)]) + rdata.encode()
        answers.setdefault((name.rstrip(".").lower(), TYPES[kind]), []).append(rdata)
    return answers


def parse_address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", required=True, type=parse_address)
    parser.add_argument("--backend", type=parse_address)
    parser.add_argument("--answer", action="append", default=[])
    parser.add_argument("--print-port", action="store_true", help="say the port, which may have been 0")
    parser.add_argument("behaviours", nargs="?", default="honest")
    options = parser.parse_args()
    twister = Twister(options.listen, options.backend, parse_answers(options.answer), options.behaviours.split(","))
    if options.print_port:
        print(twister.address[1], flush=True)
    twister.serve()


if __name__ == "__main__":
    sys.exit(main())
