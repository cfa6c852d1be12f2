#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""path of what is more than a datagram in one packet: DNS over TCP, and fragments."""
import contextlib
import subprocess
import sys
import unittest

import faults
import private
from drop_case import chain
from path_case import BACK, WAY, PathCase, endpoint, in_order, legs, segments
from trace_case import NAME

# Answer the first question with as many octets as no packet holds.
PLACE = f"dns{faults.VICTIM}"
LONG_PORT = 5300
LONG = r"""
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", int(sys.argv[1])))
print("ready", flush=True)
question, client = s.recvfrom(512)
s.sendto(question[:2] + b"\x81\x80" + question[4:] + bytes(4000), client)
"""
ASK_LONG = r"""
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1", (sys.argv[1], int(sys.argv[2])))
try:
    print(len(s.recv(65535)))
except OSError:
    print("silence")
"""


class Tcp(PathCase):
    def test_whole_way(self):
        """The handshake, the question and its answer, through NAT there and back."""
        (packet,) = self.follow(lambda: self.assertTrue(self.ask_tcp(self.cluster_ip, NAME)))
        replica = packet["replica"].removesuffix(":53").strip("[]")
        place = self.place_of(replica)
        self.assertEqual([packet[key] for key in ("transport", "outcome", "name", "type", "id", "rcode", "server")],
                         ["tcp", "answered", NAME, "A", 100, "NOERROR", endpoint(self.cluster_ip)])
        for segment in ("SYN", "SYN ACK", "data"):
            for leg, way, before, after in (
                    ("query", [*WAY, ("node", f"v-{place}"), (place, "eth0")], (self.client, self.cluster_ip),
                     (self.client, replica)),
                    ("answer", [(place, "eth0"), ("node", f"v-{place}"), *BACK], (replica, self.client),
                     (self.cluster_ip, self.client))):
                steps = [s for s in packet["steps"] if (s["leg"], s["segment"]) == (leg, segment)]
                if (leg, segment) in (("query", "SYN ACK"), ("answer", "SYN")):
                    self.assertEqual(steps, [])
                    continue
                with self.subTest(leg=leg, segment=segment):
                    self.assertTrue(in_order(way, steps), steps)
                    ends = [(step["src"], step["dst"]) for step in steps if step["src"]]
                    self.assertEqual((ends[0], ends[-1], set(ends)), (before, after, {before, after}))
                    self.assertTrue({(s["src"], s["dst"]) for s in steps if s["rewritten"]} <= {after})
        query, answer = legs(packet)
        self.assertTrue(query[0]["process"].startswith("python"), query[0])
        for steps, where in ((query, place), (answer, "pod")):
            read = [(step["kind"], step["place"]) for step in steps if step["kind"] in ("socket", "read")]
            self.assertEqual({*read[:1], *read[-1:]}, {("socket", where), ("read", where)}, read)
        self.assertTrue(answer[-1]["process"].startswith("python"), answer[-1])
        self.assertAlmostEqual(sum(packet[f"{part}_us"] for part in ("handshake", "query", "server", "answer")),
                               packet["total_us"], delta=1)

    def test_one_connection(self):
        """Each question on it is told for itself, also where the length goes ahead alone."""
        names = [NAME, "kubernetes.default.svc.cluster.local.", "nobody.example.com."]
        for apart in (False, True):
            with self.subTest(apart=apart):
                packets = self.follow(lambda a=apart: self.assertTrue(self.ask_tcp(self.victim, *names, apart=a)))
                self.assertEqual([(p["name"], p["id"], p["outcome"], p["rcode"]) for p in packets],
                                 [(names[0], 100, "answered", "NOERROR"), (names[1], 101, "answered", "NOERROR"),
                                  (names[2], 102, "answered", "NXDOMAIN")])
                self.assertEqual([p["handshake_us"] is not None for p in packets], [True, False, False])
        wanted = self.follow(lambda: self.ask_tcp(self.victim, *names), "--name", "kubernetes.default")
        self.assertEqual([p["name"] for p in wanted], names[1:2])
        packets = self.follow(lambda: self.ask_tcp(self.victim, *names), "--rate", "1")
        self.assertEqual(len(packets) + self.summary["data"]["skipped"], 3)
        self.assertGreater(self.summary["data"]["skipped"], 0)

    def test_connection_dropped(self):
        """A rule against TCP: the SYN's way ends there; it is tried again a second later."""
        with chain(self.lab, "node", "forward", 0, f"ip daddr {faults.VICTIM_ADDRESS} tcp dport 53 drop"):
            packets = self.follow(lambda: self.ask_tcp(self.victim, NAME, wait=1.5))
            unnamed = self.follow(lambda: self.ask_tcp(self.victim, NAME, wait=0.5), "--name", NAME)
        self.assertEqual([(p["outcome"], p["name"], p["attempt"]) for p in packets],
                         [("query-dropped", None, 1), ("query-dropped", None, 2)])
        for packet in packets:
            last = packet["steps"][-1]
            self.assertEqual((segments(packet), last["kind"], last["place"], last["reason"]),
                             ([("query", "SYN", None)], "drop", "node", "NETFILTER_DROP"))
        # A name that was never sent cannot be filtered by, and that is said.
        self.assertEqual((unnamed, self.summary["data"]["unnamed"]), ([], 1))

    def test_question_dropped(self):
        """Only what carries data is dropped: the question, again and again."""
        with chain(self.lab, "node", "forward", 0, f"ip daddr {faults.VICTIM_ADDRESS} tcp dport 53 tcp flags psh drop"):
            (packet,) = self.follow(lambda: self.ask_tcp(self.victim, NAME, wait=1), "--name", NAME)
        self.assertEqual((packet["outcome"], packet["name"], segments(packet)[:3]),
                         ("query-dropped", NAME, [("query", "SYN", None), ("answer", "SYN ACK", None),
                                                  ("query", "data", None)]))
        drops = [step for step in packet["steps"] if step["kind"] == "drop"]
        self.assertGreater(len(drops), 1, "TCP sends it again")
        self.assertEqual({(step["segment"], step["place"]) for step in drops}, {("data", "node")})

    def test_refused(self):
        """Nobody listens: the SYN is thrown away there, and a reset comes back."""
        for address in (self.client, "::1"):
            with self.subTest(address):
                (packet,) = self.follow(lambda a=address: self.ask_tcp(a, NAME, wait=1))
                self.assertEqual((packet["outcome"], segments(packet)[:2]),
                                 ("refused", [("query", "SYN", None), ("answer", "RST", None)]))
                (drop,) = [step for step in packet["steps"] if step["kind"] == "drop"]
                self.assertEqual((drop["place"], drop["reason"]), ("pod", "NO_SOCKET"))


class TcpSix(Tcp):
    """All of it in IPv6."""
    family = 6


class Fragments(PathCase):
    @contextlib.contextmanager
    def long_answer(self, place=PLACE):
        with subprocess.Popen(self.lab.inside(place, [sys.executable, "-c", LONG, LONG_PORT]), stdout=subprocess.PIPE,
                              text=True) as server:
            server.stdout.readline()
            try:
                yield
            finally:
                server.kill()

    def follow_long(self, address=faults.VICTIM_ADDRESS, place=PLACE):
        with self.long_answer(place):
            (packet,) = self.follow(lambda: self.said.append(self.lab.output(
                "pod", [sys.executable, "-c", ASK_LONG, address, LONG_PORT]).strip()), "--dns-port", str(LONG_PORT))
        return packet

    def setUp(self):
        self.said = []

    def test_whole_way(self):
        """Each piece of the answer goes its way; between the node's bridges they are one packet."""
        packet = self.follow_long()
        self.assertEqual((packet["outcome"], packet["name"], self.said), ("answered", NAME, ["4033"]))
        answer = [step for step in packet["steps"] if step["leg"] == "answer"]
        self.assertEqual({step["fragment"] for step in answer}, {None, 1480, 2960})
        for fragment in (1480, 2960):
            steps = [step for step in answer if step["fragment"] == fragment]
            self.assertTrue(in_order([(PLACE, "eth0"), ("node", f"v-{PLACE}"), *BACK[1:]], steps), steps)
            self.assertEqual({step["rewritten"] for step in steps}, {False})

    def test_ipv6(self):
        """Where the pieces have a header of their own."""
        self.lab.ip("node", "addr add fd00::1/64 dev cni0 nodad")
        self.lab.ip("pod", "addr add fd00::10/64 dev eth0 nodad")
        packet = self.follow_long("fd00::1", "node")
        self.assertEqual((packet["outcome"], packet["name"], self.said), ("answered", NAME, ["4033"]))
        pieces = {step["fragment"] for step in packet["steps"] if (step["leg"], step["place"]) == ("answer", "pod")}
        self.assertEqual(pieces, {None, 1448, 2896})

    def test_dropped(self):
        """A rule that throws later pieces away, before the node puts them together, ends the answer."""
        with chain(self.lab, "node", "prerouting", -450, "ip frag-off & 0x1fff == 0x172 drop"):
            packet = self.follow_long()
        self.assertEqual((packet["outcome"], self.said), ("answer-dropped", ["silence"]))
        (drop,) = [step for step in packet["steps"] if step["kind"] == "drop"]
        self.assertEqual((drop["fragment"], drop["place"], drop["reason"]), (2960, "node", "NETFILTER_DROP"))


if __name__ == "__main__":
    private.enter(watches=True)
    unittest.main(verbosity=2)
