"""dnstap in Python, on its own: frames read and written, senders, and an independent count."""
import collections
import contextlib
import os
import pathlib
import socket
import struct
import time

CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
ACCEPT, START, STOP, READY, FINISH = 1, 2, 3, 4, 5
CQ, CR, FQ, FR = 5, 6, 7, 8
BEGIN = 1_795_376_353 * 10**9


# ---- writing ----

def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def fixed(number, value):
    return varint(number << 3 | 5) + struct.pack("<I", value)


def wire_name(name):
    return b"".join(bytes([len(label)]) + label for label in name.encode("latin1").split(b".") if label) + b"\0"


def dns(name, ident, kind=1, rcode=0, response=False):
    return struct.pack(">HHHHHH", ident, 0x8180 | rcode if response else 0x0100, 1, 0, 0, 0) + wire_name(name) + \
        struct.pack(">HH", kind, 1)


def message(kind, *, name="a.example.org", ident=1, rcode=0, client="10.244.0.10", port=40000, at=0, until=None,
            upstream=None, identity=b"coredns-a", version=b"CoreDNS-1.14.7", full=True, protocol=1, own=None):
    """One frame's payload. `at` and `until` are seconds behind BEGIN; `own` is CoreDNS's socket of a FORWARDER_*."""
    source, source_port = own or (client, port)
    inner = field(1, kind) + field(2, 1) + field(3, protocol)
    inner += field(4, socket.inet_aton(source)) + field(6, source_port)
    if upstream:
        inner += field(5, socket.inet_aton(upstream)) + field(7, 53)
    for number, moment in ((8, at), (12, until)):
        if moment is not None:
            when = BEGIN + round(moment * 10**9)
            inner += field(number, when // 10**9) + fixed(number + 1, when % 10**9)
    if full:
        inner += field(14 if kind in (CR, FR) else 10, dns(name, ident, rcode=rcode, response=kind in (CR, FR)))
    return (field(1, identity) if identity else b"") + (field(2, version) if version else b"") + field(14, inner) + \
        field(15, 1)


def data(payload):
    return struct.pack(">I", len(payload)) + payload


def control(kind, content_type=CONTENT_TYPE):
    fields = struct.pack(">II", 1, len(content_type)) + content_type if content_type else b""
    return struct.pack(">III", 0, 4 + len(fields), kind) + fields


def stream(payloads, stop=True):
    return control(START) + b"".join(map(data, payloads)) + (control(STOP, b"") if stop else b"")


def answered(number, **more):
    """A query and its answer, one each second."""
    more = {"ident": number & 0xffff, "port": 20000 + number % 40000, **more}
    return [message(CQ, at=number, **more), message(CR, at=number, until=number + 0.001, **more)]


# ---- reading ----

def read_varint(octets, at):
    value = shift = 0
    while True:
        value |= (octets[at] & 0x7f) << shift
        at += 1
        if not octets[at - 1] & 0x80:
            return value, at
        shift += 7


def fields(octets):
    at, found = 0, {}
    while at < len(octets):
        key, at = read_varint(octets, at)
        if key & 7 == 2:
            size, at = read_varint(octets, at)
            found[key >> 3] = octets[at:at + size]
            at += size
        elif key & 7 == 5:
            found[key >> 3] = struct.unpack_from("<I", octets, at)[0]
            at += 4
        else:
            found[key >> 3], at = read_varint(octets, at)
    return found


def payloads(path):
    octets, at = pathlib.Path(path).read_bytes(), 0
    while at < len(octets):
        size = struct.unpack_from(">I", octets, at)[0]
        if size:
            yield octets[at + 4:at + 4 + size]
            at += 4 + size
        else:
            at += 8 + struct.unpack_from(">I", octets, at + 4)[0]


def question(octets):
    at = 12
    while octets[at]:
        at += 1 + octets[at]
    return octets[12:at + 3].lower()


Independent = collections.namedtuple("Independent", "messages rcodes scenarios")


def count(path):
    """What a capture with messages comes to: frames, rcodes, scenarios, by sets of ids and questions alone."""
    messages, rcodes, sessions, words = collections.Counter(), collections.Counter(), {}, {CQ: "client_query",
        CR: "client_response", FQ: "forwarder_query", FR: "forwarder_response"}
    for payload in payloads(path):
        inner = fields(fields(payload)[14])
        octets = inner.get(14) or inner.get(10)
        messages[words[inner[1]]] += 1
        if inner[1] == CR:
            rcodes[octets[3] & 15] += 1
        sessions.setdefault((octets[:2], question(octets)), collections.Counter())[inner[1]] += 1
    scenarios = collections.Counter()
    for seen in sessions.values():
        kind = "upstream_silent" if seen[FQ] and not seen[FR] else "forwarded" if seen[FQ] else \
            "local" if seen[CR] else "server_made"
        scenarios[kind] += seen[CQ]
    return Independent(dict(messages), dict(rcodes), dict(scenarios))


# ---- senders ----

def receive(sender):
    """The type of the next control frame."""
    head = b""
    while len(head) < 8:
        more = sender.recv(8 - len(head))
        if not more:
            return None
        head += more
    size, rest = struct.unpack(">I", head[4:])[0], b""
    while len(rest) < size:
        rest += sender.recv(size - len(rest))
    return struct.unpack(">I", rest[:4])[0]


def dial(where):
    """A connected socket to a path or an (address, port), as soon as somebody listens there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        sender = socket.socket(socket.AF_UNIX if isinstance(where, (str, pathlib.Path)) else socket.AF_INET)
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            sender.connect(os.fspath(where) if isinstance(where, pathlib.Path) else where)
            sender.settimeout(60)
            return sender
        sender.close()
        time.sleep(0.05)
    raise TimeoutError(where)


def shake_hands(sender, content_type=CONTENT_TYPE):
    sender.sendall(control(READY, content_type))
    accepted = receive(sender)
    if accepted == ACCEPT:
        sender.sendall(control(START, content_type))
    return accepted


def send(where, frames, stop=True):
    """A whole sender: handshake, frames, STOP, FINISH."""
    with dial(where) as sender:
        shake_hands(sender)
        sender.sendall(b"".join(map(data, frames)))
        if stop:
            sender.sendall(control(STOP, b""))
            return receive(sender)
    return None
