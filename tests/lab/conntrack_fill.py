#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fill the connection tracking table of this network namespace with UDP entries, by netlink.

usage: conntrack_fill.py COUNT [--dns PERCENT] [--unassured]

The entries are from 10.100.0.0/16 to 10.96.0.20 and live for ten minutes; of a hundred, PERCENT are to port 53, the
others to 8125. Those that are assured are never thrown out early.
"""
import argparse
import contextlib
import socket
import struct

NETLINK_NETFILTER = 12
NEW, CREATE_EXCL = 0x100, 0x601  # IPCTNL_MSG_CT_NEW of ctnetlink; NLM_F_REQUEST, _EXCL, _CREATE
TUPLE_ORIG, TUPLE_REPLY, STATUS, TIMEOUT = 1, 2, 3, 7
SEEN_REPLY, ASSURED, CONFIRMED = 2, 4, 8
SERVER = bytes([10, 96, 0, 20])
PORTS = 60000
BATCH = 30000


def attribute(kind, value, nested=False):
    size = 4 + len(value)
    return struct.pack("=HH", size, kind | (0x8000 if nested else 0)) + value + bytes(-size % 4)


def endpoints(kind, source, destination, source_port, destination_port):
    address = attribute(1, attribute(1, source) + attribute(2, destination), True)
    ports = attribute(2, attribute(1, b"\x11") + attribute(2, struct.pack("!H", source_port)) +
                      attribute(3, struct.pack("!H", destination_port)), True)
    return attribute(kind, address + ports, True)


def entry(number, percent, status):
    client = struct.pack("!I", 0x0a640000 + number // PORTS)
    port, served = 1024 + number % PORTS, 53 if number % 100 < percent else 8125
    body = struct.pack("=BBH", socket.AF_INET, 0, 0) + endpoints(TUPLE_ORIG, client, SERVER, port, served) + \
        endpoints(TUPLE_REPLY, SERVER, client, served, port) + attribute(STATUS, struct.pack("!I", status)) + \
        attribute(TIMEOUT, struct.pack("!I", 600))
    return struct.pack("=IHHII", 16 + len(body), NEW, CREATE_EXCL, number, 0) + body


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--dns", type=int, default=0)
    parser.add_argument("--unassured", action="store_true")
    options = parser.parse_args()
    status = CONFIRMED | SEEN_REPLY | (0 if options.unassured else ASSURED)
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    link.bind((0, 0))
    batch = b""
    for number in range(options.count):
        batch += entry(number, options.dns, status)
        if len(batch) > BATCH or number + 1 == options.count:
            link.send(batch)
            batch = b""
            with contextlib.suppress(BlockingIOError):  # refusals, of which a full table is one
                while True:
                    link.recv(1 << 16, socket.MSG_DONTWAIT)


if __name__ == "__main__":
    main()
