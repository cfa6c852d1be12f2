"""Capture files made by hand: pcap and pcapng with UDP and TCP, IPv4 and IPv6, fragments, VLAN and VXLAN."""
import ipaddress
import struct


def message(ident, name, response=False, rcode=0, qtype=1, padding=0, truncated=False):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".") if l) + b"\0"
    flags = (0x8180 if response else 0x0100) | rcode | (0x0200 if truncated else 0)
    extra = b""
    if padding:
        extra = b"\0\0\x29\x04\xd0\0\0\0\0" + struct.pack(">HHH", padding + 4, 12, padding) + bytes(padding)
    head = struct.pack(">HHHHHH", ident, flags, 1, 0, 0, 1 if padding else 0)
    return head + labels + struct.pack(">HH", qtype, 1) + extra


def udp(sport, dport, data):
    return struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data


def tcp(sport, dport, seq, data, flags=0x18):
    return struct.pack(">HHIIBBHHH", sport, dport, seq, 0, 0x50, flags, 65535, 0, 0) + data


def ip(source, target, protocol, payload, ident=1, offset=0, more=False):
    source, target = ipaddress.ip_address(source), ipaddress.ip_address(target)
    if source.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + source.packed + target.packed + payload
    fragment = offset // 8 | (0x2000 if more else 0)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0)
    return head + source.packed + target.packed + payload


def fragments(source, target, payload, size, ident=7):
    return [ip(source, target, 17, payload[at:at + size], ident, at, at + size < len(payload))
            for at in range(0, len(payload), size)]


def ethernet(packet, vlan=False):
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\0"
    return bytes(12) + (b"\x81\0\0\x05" if vlan else b"") + kind + packet


def vxlan(packet):
    return ethernet(ip("192.0.2.1", "192.0.2.2", 17, udp(40000, 8472, b"\x08\0\0\0\0\0\x01\0" + ethernet(packet))))


def pcap(packets, link=1, order="<", nano=False, began=1_700_000_000):
    """[(seconds from the begin, bytes)] as a file."""
    scale = 10**9 if nano else 10**6
    out = struct.pack(order + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)
    for at, data in packets:
        ticks = round(at * scale)
        out += struct.pack(order + "IIII", began + ticks // scale, ticks % scale, len(data), len(data)) + data
    return out


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def pcapng(packets, link=1, order="<", began=1_700_000_000):
    out = block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)
    out += block(1, struct.pack(order + "HHIHHBxxxHH", link, 0, 0, 9, 1, 9, 0, 0), order)
    for at, data in packets:
        ticks = began * 10**9 + round(at * 10**9)
        out += block(5, bytes(12), order)
        head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xffffffff, len(data), len(data))
        out += block(6, head + data, order)
    return out


CLIENT, SERVER = "10.244.1.9", "10.96.0.10"


def exchange_packets():
    """A retried query, one without an answer, NXDOMAIN over TCP in two segments, a large answer in fragments."""
    def ask(data, port=41000):
        return ethernet(ip(CLIENT, SERVER, 17, udp(port, 53, data)))

    def reply(data, port=41000):
        return ethernet(ip(SERVER, CLIENT, 17, udp(53, port, data)))

    asked = struct.pack(">H", 34) + message(3, "nope.example.com")
    framed = message(3, "nope.example.com", True, 3)
    framed = struct.pack(">H", len(framed)) + framed
    large = udp(53, 41003, message(4, "large.example.com", True, padding=2000))
    return ([(0, ask(message(1, "web.shop.svc.cluster.local"))),
             (0.0001, ask(message(1, "web.shop.svc.cluster.local"))),  # at another interface
             (5, ask(message(1, "web.shop.svc.cluster.local"))),
             (5.002, reply(message(1, "web.shop.svc.cluster.local", True))),
             (5.1, ask(message(2, "lost.example.com"), 41001)),
             (5.2, ethernet(ip(CLIENT, SERVER, 6, tcp(41002, 53, 99, b"", 2)))),
             (5.3, ethernet(ip(CLIENT, SERVER, 6, tcp(41002, 53, 100, asked)))),
             (5.4, ethernet(ip(SERVER, CLIENT, 6, tcp(53, 41002, 7, framed[:20])))),
             (5.5, ethernet(ip(SERVER, CLIENT, 6, tcp(53, 41002, 27, framed[20:])))),
             (6, ask(message(4, "large.example.com"), 41003))]
            + [(6.01, ethernet(piece)) for piece in fragments(SERVER, CLIENT, large, 1480)]
            + [(20, ask(message(9, "late.example.com"), 41009))])
