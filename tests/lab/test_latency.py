#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rtt_us agrees with a packet capture on the node's interface, within 50 us at the median."""
import statistics
import struct
import subprocess
import unittest

import private
from cluster import Lab, replica_address

WITHIN_US = 50
NAMES = 40


def packets(path):
    """(microseconds, source port, destination port, DNS id) of the UDP packets in a capture (pcap(5), Ethernet)."""
    data = path.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, micros, size, _ = struct.unpack(order + "IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + size]
        at += 16 + size
        ihl = (frame[14] & 15) * 4
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            udp = frame[14 + ihl:]
            sport, dport = struct.unpack("!HH", udp[:4])
            yield seconds * 1_000_000 + micros, sport, dport, struct.unpack("!H", udp[8:10])[0]


class Latency(unittest.TestCase):
    def test_agrees_with_the_wire(self):
        with Lab() as lab:
            path = private.RUN / "capture.pcap"
            sniffer = subprocess.Popen(lab.inside("node", ["tcpdump", "-i", "v-pod", "-U", "-w", path, "udp port 53"]),
                                       stderr=subprocess.PIPE)
            while b"listening" not in sniffer.stderr.readline():
                pass
            document, status = lab.probe("--no-discovery", "--target", replica_address(1), "--qps", "100",
                                         *[f"n{n}.default.svc.cluster.local." for n in range(NAMES)])
            sniffer.terminate()
            sniffer.communicate()
            sent, came = {}, {}
            for when, sport, dport, number in packets(path):
                (sent if dport == 53 else came).setdefault((sport if dport == 53 else dport, number), when)
        self.assertEqual(status, 1)  # none of these names exists
        off = []
        for row in document["data"]["probes"]:
            key = row["source_port"], row["id"]
            if key in sent and key in came:
                off.append(row["rtt_us"] - (came[key] - sent[key]))
        self.assertGreaterEqual(len(off), NAMES)
        self.assertLessEqual(abs(statistics.median(off)), WITHIN_US, sorted(off))


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
