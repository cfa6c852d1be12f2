# SPDX-License-Identifier: GPL-2.0-or-later
"""A Pod's questions through the cluster, as path tells them; what holds on every kernel."""
import re
import signal
import subprocess
import sys
import time

import faults
from cluster import POD, POD6
from trace_case import ID, NAME, PORT, TraceCase

WAY = [("pod", "eth0"), ("node", "v-pod"), ("node", "cni0"), ("node", "cni1")]
BACK = [("node", "cni1"), ("node", "cni0"), ("node", "v-pod"), ("pod", "eth0")]

# Ask for names on one connection, one after the other; with "apart", a message's length goes alone.
ASK_TCP = r"""
import socket, struct, sys, time
s = socket.create_connection((sys.argv[1], 53), timeout=float(sys.argv[2]))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for number, name in enumerate(sys.argv[4:]):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.rstrip(".").split("."))
    question = struct.pack("!6H", 100 + number, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    length = struct.pack("!H", len(question))
    for piece in (length, question) if sys.argv[3] == "apart" else (length + question,):
        s.sendall(piece)
        time.sleep(0.01)
    left = struct.unpack("!H", s.recv(2, socket.MSG_WAITALL))[0]
    while left:
        left -= len(s.recv(left))
"""


def endpoint(address, port=53):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def segments(packet):
    """The packets' kinds, in the order that they begin."""
    seen = [(step["leg"], step["segment"], step["fragment"]) for step in packet["steps"]]
    return [one for i, one in enumerate(seen) if i == 0 or seen[i - 1] != one]


def legs(packet):
    return ([step for step in packet["steps"] if step["leg"] == leg] for leg in ("query", "answer"))


def in_order(wanted, steps):
    """Whether these places come in this order, whatever is between them."""
    seen = iter((step["place"], step["device"]) for step in steps)
    return all(place in seen for place in wanted)


class PathCase(TraceCase):
    """Addresses are of the lab's family."""

    @property
    def cluster_ip(self):
        return self.lab.cluster_ip

    @property
    def client(self):
        return POD if self.family == 4 else POD6

    @property
    def victim(self):
        return self.lab.address(faults.VICTIM)

    def place_of(self, replica):
        """The namespace of a replica, given as the address with or without its port."""
        return next(f"dns{n}" for n in range(1, self.lab.replicas + 1)
                    if replica in (self.lab.address(n), endpoint(self.lab.address(n))))

    def follow(self, action, *arguments, place="pod", seconds=0.3):
        process = self.begin("path", "--netns", f"/run/netns/{place}", *arguments)
        try:
            action()
        finally:
            parts, last = self.end(process, seconds)
        self.summary = last
        return [packet for part in parts for packet in part["packets"]]

    def ask_tcp(self, address, *names, wait=5, apart=False):
        """Whether all were answered."""
        done = subprocess.run(self.lab.inside("pod", [sys.executable, "-c", ASK_TCP, address, wait,
                                                      "apart" if apart else "whole", *names]),
                              stderr=subprocess.DEVNULL, check=False)
        return done.returncode == 0

    def replica_of(self, port):
        """Who has the flow to the ClusterIP, by connection tracking."""
        listed = self.lab.output("node", ["conntrack", "-L", "-f", f"ipv{self.family}", "-p", "udp", "--sport",
                                          str(port), "--orig-dst", self.cluster_ip])
        return re.findall(r"src=(\S+)", listed)[1]

    def check_whole_way(self):
        self.lab.output("node", ["conntrack", "-F"])
        taken = []
        (packet,) = self.follow(lambda: taken.extend(self.ask(self.cluster_ip)))
        replica = self.replica_of(PORT)
        place = self.place_of(replica)
        self.assertEqual((packet["outcome"], packet["name"], packet["type"], packet["id"], packet["rcode"]),
                         ("answered", NAME, "A", ID, "NOERROR"))
        self.assertEqual((packet["client"], packet["server"], packet["replica"], packet["attempt"]),
                         (endpoint(self.client, PORT), endpoint(self.cluster_ip), endpoint(replica), 1))
        query, answer = legs(packet)
        self.assertTrue(in_order([*WAY, ("node", f"v-{place}"), (place, "eth0")], query), query)
        self.assertTrue(in_order([(place, "eth0"), ("node", f"v-{place}"), *BACK], answer), answer)
        # Addresses change once each way, and nowhere else.
        for steps, before, after in ((query, (self.client, self.cluster_ip), (self.client, replica)),
                                     (answer, (replica, self.client), (self.cluster_ip, self.client))):
            ends = [(step["src"], step["dst"]) for step in steps if step["src"]]
            self.assertEqual((ends[0], ends[-1], set(ends)), (before, after, {before, after}))
            self.assertEqual([(s["src"], s["dst"]) for s in steps if s["rewritten"]], [after])
        # Its own times fit into those that the client took.
        at = [step["at_us"] for step in packet["steps"]]
        self.assertEqual(at, sorted(at))
        self.assertLessEqual(packet["total_us"], int(taken[0]))
        self.assertAlmostEqual(packet["query_us"] + packet["server_us"] + packet["answer_us"], packet["total_us"],
                               delta=1)
        # Who sent and who read.
        self.assertTrue(query[0]["process"].startswith("python"), query[0])
        self.assertTrue(answer[-1]["process"].startswith("python"), answer[-1])
        self.assertEqual((query[-1]["kind"], query[-1]["place"], answer[-1]["kind"], answer[-1]["place"]),
                         ("read", place, "read", "pod"))
        self.assertEqual(query[-1]["process"], answer[0]["process"])
        return packet

    def check_dropped(self):
        """A rule of the node ends the way; the answer's way likewise."""
        for rule, outcome, leg in ((f"ip daddr {faults.VICTIM_ADDRESS} udp dport 53 drop", "query-dropped", "query"),
                                   (f"ip saddr {faults.VICTIM_ADDRESS} udp sport 53 drop", "answer-dropped", "answer")):
            fault = faults.rule_fault("path", "", "node", "forward", 0, rule)
            fault.on(self.lab)
            try:
                (packet,) = self.follow(lambda: self.ask(self.victim, wait=0.2))
            finally:
                fault.off(self.lab)
            last = packet["steps"][-1]
            self.assertEqual((packet["outcome"], last["leg"], last["kind"], last["place"], last["reason"]),
                             (outcome, leg, "drop", "node", "NETFILTER_DROP"))

    def check_stopped(self):
        """A server that does not read: the query ends in its socket."""
        server = self.lab.servers[faults.VICTIM]
        server.process.send_signal(signal.SIGSTOP)
        try:
            packets = self.follow(lambda: (self.ask(self.victim, wait=0.2), time.sleep(0.2)))
        finally:
            server.process.send_signal(signal.SIGCONT)
        self.assertEqual([(p["outcome"], p["steps"][-1]["kind"], p["steps"][-1]["place"]) for p in packets],
                         [("unanswered", "socket", f"dns{faults.VICTIM}")])
