#!/usr/bin/python3
"""A scripted DNS server for cases from the field.

usage: dns.py READY ADDRESS[:PORT][=RULE;RULE...]...

An IPv6 address stands in brackets. READY is a fifo that gets a line when all sockets are open. It knows
kubernetes.default.svc.cluster.local (10.96.0.1), web.default.svc.cluster.local (10.96.5.5) and www.example.com
(192.0.2.1), A records alone, and SRV of port https of the first; all else is NXDOMAIN.
Rules of an address:
  silent                  says nothing, over UDP and TCP; udp=silent: over UDP alone
  rcode=N                 N to every query
  A=N AAAA=N              N to that type for names that exist
  A=silent AAAA=silent    nothing to that type, whatever the name; =ignore: nothing to it for names that exist
  world=N|silent          to names outside the zone
  zone=NAME               serves NAME in place of cluster.local
  under:SUFFIX=N|silent|ADDRESS   what does not exist under SUFFIX: that rcode, silence, or that A record
  has:NAME=ADDRESS        one more name; an IPv6 address is an AAAA record
  srv=N|silent            to queries for SRV
  has-srv:NAME=PORT       one more SRV record
  has-ptr:ADDRESS=NAME    what an IPv4 address is called
  version=TEXT            of the schema of names: TXT of dns-version in the zone
  reverse=N|silent        to names of in-addr.arpa and ip6.arpa; reverse-delay=MS: answers these late
  lost=first|later        silent to the first query from each port, or to all but that
  alias:NAME=NAME         an alias (CNAME) of a name that has no address
  gone:NAME=NAME          an alias of a name that does not exist
  edns=N                  N to every query with EDNS
  id=wrong                answers with another id
  tc:NAME=                that name's answer is too large for UDP: truncated there, whole over TCP
  delay=MS                answers late
  serial=N                of the SOA record in negative answers, which is then the zone's
  share=ADDRESS+...       a ClusterIP: each source port is led to one of these, and answered by its rules
It ends by itself after 90 seconds.
"""
import socket
import struct
import sys
import threading
import time
import zlib

A, CNAME, SOA, PTR, TXT, AAAA, SRV = 1, 5, 6, 12, 16, 28, 33
NXDOMAIN = 3
servers = {}
ports = set()


def rules_of(text):
    rules = {}
    for part in filter(None, text.split(";")):
        key, _, value = part.partition("=")
        rules[key] = value
    return rules


def question(message):
    """The name, its type, and the bytes of the question section."""
    at, labels = 12, []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin1").lower())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack("!H", message[at + 1:at + 3])[0], message[12:at + 5]


def record(kind, ttl, rdata):
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(rdata)) + rdata


def owner(zone):
    """A name in wire form."""
    return b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")) + b"\0"


def rdata_of(kind, value):
    """The data of a record of that type, or None where the value is one of another."""
    if kind == SRV:
        port, target = value if isinstance(value, tuple) else (None, None)
        return struct.pack("!HHH", 0, 100, port) + owner(target) if target else None
    if isinstance(value, tuple):
        return None
    if kind == PTR:
        return owner(value[4:]) if value.startswith("ptr:") else None
    if value.startswith("ptr:"):
        return None
    if kind == TXT and value.startswith("\""):
        return bytes([len(value) - 1]) + value[1:].encode()
    if kind == (AAAA if ":" in value else A) and not value.startswith("\""):
        return socket.inet_pton(socket.AF_INET6 if kind == AAAA else socket.AF_INET, value)
    return None


def reply(message, zone, rcode, value=None, serial=None):
    name, kind, asked = question(message)
    flags = 0x8080 | (message[2] & 1) << 8 | rcode | (0x400 if name.endswith(zone) else 0)
    data = rdata_of(kind, value) if value else None
    none = rcode == NXDOMAIN or (rcode == 0 and data is None)
    body = record(kind, 30, data) if data is not None else b""
    soa = record(SOA, 30, b"\0\0" + struct.pack("!IIIII", int(serial or 1), 2, 3, 4, 5)) if none else b""
    if serial and soa:
        soa = owner(zone) + soa[2:]
    counts = struct.pack("!HHHHH", flags, 1, 1 if body else 0, 1 if none else 0, 0)
    return message[:2] + counts + asked + body + soa


def answer(message, rules, port, tcp):
    """The answer, or None for silence."""
    if "share" in rules:
        behind = rules["share"].split("+")
        rules = servers[behind[zlib.crc32(str(port).encode()) % len(behind)]]
    if not tcp and "lost" in rules:
        is_first = port not in ports
        ports.add(port)
        if is_first == (rules["lost"] == "first"):
            return None
    if "silent" in rules or (rules.get("udp") == "silent" and not tcp):
        return None
    if "delay" in rules:
        time.sleep(int(rules["delay"]) / 1000)
    name, kind, _ = question(message)
    zone = rules.get("zone", "cluster.local")
    known = {f"kubernetes.default.svc.{zone}": "10.96.0.1", f"web.default.svc.{zone}": "10.96.5.5",
             "www.example.com": "192.0.2.1"}
    known[f"_https._tcp.kubernetes.default.svc.{zone}"] = (443, f"kubernetes.default.svc.{zone}")
    known.update({key[4:]: value for key, value in rules.items() if key.startswith("has:")})
    known.update({key[8:]: (int(value), key[8:].split(".", 2)[2]) for key, value in rules.items()
                  if key.startswith("has-srv:")})
    known.update({socket.inet_ntoa(socket.inet_aton(key[8:])[::-1]) + ".in-addr.arpa": "ptr:" + value
                  for key, value in rules.items() if key.startswith("has-ptr:")})
    if "version" in rules:
        known[f"dns-version.{zone}"] = '"' + rules["version"]
    is_reverse = name.endswith((".in-addr.arpa", ".ip6.arpa"))
    if is_reverse and "reverse-delay" in rules:
        time.sleep(int(rules["reverse-delay"]) / 1000)

    def said(what):
        if what in ("silent", "ignore"):
            return None
        if what.isdigit():
            return reply(message, zone, int(what))
        return reply(message, zone, 0, what)

    for rule, rcode in (("alias", 0), ("gone", NXDOMAIN)):
        if f"{rule}:{name}" in rules:
            target = owner(rules[f"{rule}:{name}"])
            return (message[:2] + struct.pack("!HHHHH", 0x8180 | rcode, 1, 1, 0, 0) + question(message)[2]
                    + record(CNAME, 30, target))
    if f"tc:{name}" in rules and not tcp and kind == A:
        return message[:2] + struct.pack("!HHHHH", 0x8680 | (message[2] & 1) << 8, 1, 0, 0, 0) + question(message)[2]

    by_type = rules.get({A: "A", AAAA: "AAAA"}.get(kind, ""))
    if by_type == "silent":
        return None
    if kind == SRV and "srv" in rules:
        return said(rules["srv"])
    if is_reverse and "reverse" in rules:
        return said(rules["reverse"])
    if "edns" in rules and message[11]:  # the count of records behind the question
        return reply(message, zone, int(rules["edns"]))
    if "rcode" in rules:
        return reply(message, zone, int(rules["rcode"]))
    if name not in known:
        for key, value in rules.items():
            if key.startswith("under:") and name.endswith("." + key[6:]):
                return said(value)
    if "world" in rules and not name.endswith(zone) and not (is_reverse and name in known):
        return said(rules["world"])
    if name not in known:
        return reply(message, zone, NXDOMAIN, serial=rules.get("serial"))
    if by_type is not None:
        return said(by_type)
    return reply(message, zone, 0, known[name], rules.get("serial"))


def serve_udp(sock, rules):
    def one(message, peer):
        try:
            said = answer(message, rules, peer[1], False)
        except (IndexError, struct.error):
            return
        if said and rules.get("id") == "wrong":
            said = bytes([said[0] ^ 0x55]) + said[1:]
        if said:
            sock.sendto(said, peer)

    while True:
        message, peer = sock.recvfrom(4096)
        if "delay" in rules or "reverse-delay" in rules or "share" in rules:
            threading.Thread(target=one, args=(message, peer), daemon=True).start()
        else:
            one(message, peer)


def serve_tcp(listener, rules):
    def one(connection, port):
        stream = connection.makefile("rb")
        try:
            connection.settimeout(10)
            while len(head := stream.read(2)) == 2:
                said = answer(stream.read(struct.unpack("!H", head)[0]), rules, port, True)
                if said:
                    connection.sendall(struct.pack("!H", len(said)) + said)
        except (OSError, IndexError, struct.error):
            pass
        connection.close()

    while True:
        connection, peer = listener.accept()
        threading.Thread(target=one, args=(connection, peer[1]), daemon=True).start()


def main():
    for spec in sys.argv[2:]:
        where, _, text = spec.partition("=")
        if where.startswith("["):
            address, _, port = where[1:].partition("]")
            port = port[1:]
        else:
            address, _, port = where.partition(":")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        rules = servers[address] = rules_of(text)
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.bind((address, int(port or 53)))
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port or 53)))
        listener.listen(64)
        threading.Thread(target=serve_udp, args=(datagrams, rules), daemon=True).start()
        threading.Thread(target=serve_tcp, args=(listener, rules), daemon=True).start()
    with open(sys.argv[1], "w", encoding="ascii") as ready:
        ready.write("ready\n")
    time.sleep(90)


main()
