#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""path in the cluster: a Pod's question the whole way there and back, by both kinds of rules; where it ends else."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest
from collections import Counter

import private
from path_case import PathCase
from trace_case import PORT


LIST_COUNTER = ["nft", "list", "counter", "ip", "asked", "asked"]


@contextlib.contextmanager
def counted(lab, number):
    """A function that tells the questions that have come to a replica, by a counter of the kernel's."""
    place = f"dns{number}"
    lab.nft(place, "table ip asked {\n counter asked {}\n chain in {\n  type filter hook input priority -300;\n"
                   "  udp dport 53 counter name asked;\n }\n}\n")
    try:
        yield lambda: int(re.search(r"packets (\d+)", lab.output(place, LIST_COUNTER))[1])
    finally:
        lab.nft(place, "delete table ip asked\n")


class Nftables(PathCase):
    def test_whole_way(self):
        self.check_whole_way()

    def test_dropped(self):
        self.check_dropped()

    def test_stopped(self):
        self.check_stopped()

    def test_attempts(self):
        """The same question again from the same port is the next attempt."""
        packets = self.follow(lambda: self.ask("10.244.1.99", count=3, wait=0.1, name="nobody.example.com."))
        self.assertEqual([p["attempt"] for p in packets], [1, 2, 3])
        self.assertEqual({p["outcome"] for p in packets} - {"query-gone", "query-dropped"}, set())

    def test_filters(self):
        asked = ((self.cluster_ip, "www.example.com."), (self.victim, "kubernetes.default.svc.cluster.local."))

        def ask():
            for number, (server, name) in enumerate(asked):
                self.ask(server, port=PORT + number, name=name)

        for arguments, wanted in ((("--name", "example.com"), [0]), (("--name", "Kubernetes.default"), [1]),
                                  (("--name", "ubernetes.default.svc.cluster.local"), []),
                                  (("--name", "cluster.local."), [1]), (("--server", self.victim), [0, 1]),
                                  (("--server", self.cluster_ip), [0]), (("--client", self.client), [0, 1]),
                                  (("--client", "10.244.0.11"), []), (("--dns-port", "5353"), []),
                                  (("--count", "1"), [0])):
            with self.subTest(arguments):
                if arguments[0] == "--count":
                    process = self.begin("path", "--netns", "/run/netns/pod", *arguments)
                    ask()
                    self.assertEqual(process.wait(10), 0)
                    documents = [json.loads(line) for line in process.communicate()[0].splitlines()]
                    packets = [p for d in documents[:-1] for p in d["data"]["packets"]]
                else:
                    packets = self.follow(ask, *arguments)
                if arguments == ("--server", self.victim) and self.replica_of(PORT) != self.victim:
                    wanted = [1]
                self.assertEqual([p["name"] for p in packets], [asked[i][1] for i in wanted])

    def test_parity(self):
        """As many questions as came to the replica, none lost; the rest over the rate."""
        with counted(self.lab, 2) as asked:
            packets = self.follow(lambda: [self.ask(self.victim, port=PORT + i) for i in range(8)], "--rate", "0",
                                  "--name", "www.example.com")
            self.assertEqual(asked(), 8)
        self.assertEqual((len(packets), self.summary["data"]["lost"], self.summary["data"]["skipped"]), (8, 0, 0))
        names = [f"n{i}.example.com." for i in range(12)]
        packets = self.follow(lambda: [self.ask(self.victim, port=PORT + i, name=n) for i, n in enumerate(names)],
                              "--rate", "1")
        self.assertEqual(len(packets) + self.summary["data"]["skipped"], 12)
        self.assertGreater(self.summary["data"]["skipped"], 0)

    def test_many(self):
        """Of many a few are followed: these all the way, each second anew, and the others are counted."""
        asked = []

        def ask():
            done = self.lab.pod(os.environ["K8SDNS"], "watch", "www.example.com.", "--qps", "200", "--duration",
                                "2500ms", "--no-discovery", "--target", self.victim, "--json", timeout=60)
            asked.extend(t["sent"] for t in json.loads(done.stdout.splitlines()[-1])["data"]["targets"])

        packets = self.follow(ask, "--rate", "3")
        self.assertEqual({p["outcome"] for p in packets}, {"answered"})
        self.assertIn(len(packets), range(6, 13))
        ways = [Counter((step["leg"], step["place"], step["device"], step["function"]) for step in packet["steps"])
                for packet in packets]
        self.assertEqual(ways, ways[:1] * len(ways))
        self.assertEqual(len(packets) + self.summary["data"]["skipped"], sum(asked))

    def test_text(self):
        done = subprocess.Popen([os.environ["K8SDNS"], "path", "--netns", "/run/netns/pod", "--count", "1"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        done.stderr.readline()
        self.ask(self.cluster_ip)
        text = done.communicate(timeout=30)[0]
        for words in ("www.example.com. A, id 4660: NOERROR in", "queued by python", "NAT:", "in the socket's queue",
                      "1 query followed", "answered 1"):
            self.assertIn(words, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80, text)

    def test_detached(self):
        """Killed in the middle, it leaves no program behind."""
        process = self.begin("path", "--netns", "/run/netns/pod")
        mine = set()
        for path in pathlib.Path(f"/proc/{process.pid}/fdinfo").iterdir():
            mine.update(re.findall(r"prog_id:\s+(\d+)", path.read_text(encoding="ascii")))
        self.assertTrue(mine and mine <= self.programs())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        end = time.monotonic() + 20
        while mine & self.programs() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(mine & self.programs(), set())

    def programs(self):
        done = subprocess.run(["bpftool", "prog", "show", "--json"], stdout=subprocess.PIPE, check=True)
        return {str(program["id"]) for program in json.loads(done.stdout)}

    def test_without_privileges(self):
        """Each capability that is missing is named, and the status is 3; with both, nothing more is needed."""
        for capabilities, status, words in (("-all", 3, "CAP_BPF and CAP_PERFMON"),
                                            ("-all,+bpf", 3, "CAP_PERFMON"), ("-all,+perfmon", 3, "CAP_BPF"),
                                            ("-all,+bpf,+perfmon", 0, "")):
            with self.subTest(capabilities):
                done = subprocess.run(["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}",
                                       os.environ["K8SDNS"], "path", "--duration", "100ms"], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(words, done.stderr)


class Six(PathCase):
    """The same in IPv6: its NAT, its rules, its neighbours."""
    family = 6

    def test_whole_way(self):
        self.check_whole_way()

    def test_dropped(self):
        self.check_dropped()

    def test_stopped(self):
        self.check_stopped()

    def test_filters(self):
        for arguments, count in ((("--server", self.victim), 1), (("--server", self.cluster_ip), 0),
                                 (("--client", self.client), 1), (("--client", "fd00:244::11"), 0)):
            with self.subTest(arguments):
                self.assertEqual(len(self.follow(lambda: self.ask(self.victim), *arguments)), count)

    def test_dead_neighbour(self):
        """Neighbour discovery has no answer: the query waits for it, and is thrown away at last."""
        with self.lab.fault("dead-replica"):
            self.lab.ip("node", "-6 neigh flush dev cni1")
            (packet,) = self.follow(lambda: self.ask(self.victim, wait=4))
        last = packet["steps"][-1]
        self.assertEqual((packet["outcome"], last["kind"], last["place"], last["function"]),
                         ("query-dropped", "drop", "node", "neigh_invalidate"))


class IptablesSix(PathCase):
    rule_set = "iptables"
    family = 6

    def test_whole_way(self):
        self.check_whole_way()


class Iptables(PathCase):
    rule_set = "iptables"

    def test_whole_way(self):
        self.check_whole_way()

    def test_dropped(self):
        self.check_dropped()


if __name__ == "__main__":
    private.enter(watches=True)
    unittest.main(verbosity=2)
