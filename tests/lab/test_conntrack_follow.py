#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""conntrack --follow in the cluster's node: its events are those of conntrack -E, and each fault is told at once."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import faults
import private
from cluster import CLUSTER_IP, replica_address
from lab_case import LabCase

REPLICAS = [replica_address(number) for number in (1, 2, 3)]
VICTIM = faults.VICTIM_ADDRESS
VICTIM_PLACE = f"dns{faults.VICTIM}"
CLIENT = "10.244.0.10"
QUESTION = rb"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"
# Ask every address given from one source port; print what came of each.
ASK = f"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
s.settimeout(0.3)
for address in sys.argv[2:]:
    s.sendto({QUESTION!r}, (address, 53))
    try:
        s.recv(512)
        print("answer")
    except OSError:
        print("silence")
"""
GROUPS = "00000007"  # NEW, UPDATE and DESTROY in /proc/net/netlink
NETFILTER = "12"
# What reads the messages: the single file has no library of others.
READER = os.environ.get("READER", "libnetfilter_conntrack")


class Following:
    """A follower and what it said by the end."""

    def __init__(self, process):
        self.process = process
        self.events = []
        self.data = None
        self.status = None

    def finish(self):
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=60)
        documents = [json.loads(line) for line in out.splitlines()]
        self.events = [document["data"] for document in documents[:-1]]
        self.data = documents[-1]["data"]
        self.status = self.process.returncode

    def of(self, *kinds, client=CLIENT):
        return [e for e in self.events if e["event"] in kinds and e["flow"]["orig_src"].startswith(client + ":")]


class ConntrackFollow(LabCase):
    def setUp(self):
        self.lab.output("node", ["conntrack", "-F"])

    def listeners(self):
        lines = self.lab.output("node", ["cat", "/proc/net/netlink"]).splitlines()[1:]
        return sum(line.split()[1] == NETFILTER and line.split()[3] == GROUPS for line in lines)

    @contextlib.contextmanager
    def following(self, *arguments, replicas=REPLICAS):
        before = self.listeners()
        command = [os.environ["K8SDNS"], "conntrack", "--follow", "--json", "--no-discovery",
                   "--cluster-ip", CLUSTER_IP, "--replica", ",".join(replicas), *arguments]
        with subprocess.Popen(self.lab.inside("node", command), stdout=subprocess.PIPE, text=True) as process:
            self.wait(lambda: self.listeners() > before)
            follower = Following(process)
            yield follower
            if follower.status is None:
                follower.finish()

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it did not come")
            time.sleep(0.05)

    def wait_for_end(self, path):
        """Until a file has not grown for a second."""
        size = -1
        while size != (size := os.stat(path).st_size):
            time.sleep(1)

    def ask(self, port, *addresses):
        return self.lab.pod(sys.executable, "-c", ASK, str(port), *addresses).stdout.split()

    def victim_is_silent(self):
        """The victim's own firewall drops queries: the entry is there, and no reply comes."""
        self.lab.nft(VICTIM_PLACE, "table ip silent {\n chain in {\n  type filter hook input priority 0;\n"
                                          "  udp dport 53 drop;\n }\n}\n")
        self.addCleanup(self.lab.nft, VICTIM_PLACE, "delete table ip silent\n")

    def test_parity(self):
        """Every event of conntrack -E is told, with its tuples, and no other."""
        before = self.listeners()
        seen = tempfile.NamedTemporaryFile("r")
        with seen, open(seen.name, "w") as out:
            peer = subprocess.Popen(self.lab.inside("node", ["conntrack", "-E"]),
                                    stdout=out, stderr=subprocess.DEVNULL)
            self.wait(lambda: self.listeners() > before)
            with self.following("--rate", "0") as follower:
                # Few enough at a time for the peer, whose buffer holds some 160 events, however late it reads.
                for n in range(0, 10, 2):
                    self.lab.probe("--no-search", f"n{n}.", f"n{n + 1}.")
                    self.wait_for_end(seen.name)
                self.lab.output("node", ["conntrack", "-F"])
                self.wait_for_end(seen.name)
            peer.terminate()
            peer.wait(10)
            lines = [line for line in seen.read().splitlines() if "dport=53 " in line.split("src=")[1]]
        theirs = sorted((re.search(r"\[(\w+)\]", line)[1], *re.findall(r"(?:src|dst|sport|dport)=(\S+)", line))
                        for line in lines)
        words = {"new": "NEW", "answered": "UPDATE", "updated": "UPDATE", "late": "UPDATE", "ended": "DESTROY"}
        ours = []
        for event in follower.events:
            if event["event"] not in words:
                continue
            flow = event["flow"]
            ends = [flow[name].rsplit(":", 1) for name in ("orig_src", "orig_dst", "reply_src", "reply_dst")]
            ours.append((words[event["event"]], ends[0][0], ends[1][0], ends[0][1], ends[1][1], ends[2][0], ends[3][0],
                         ends[2][1], ends[3][1]))
        self.assertGreater(len(theirs), 100)
        self.assertEqual(sorted(ours), theirs)
        flows = follower.data["flows"]
        self.assertEqual((flows["created"], flows["updates"], flows["ended"]),
                         tuple(sum(line[0] == word for line in theirs) for word in ("NEW", "UPDATE", "DESTROY")))
        self.assertEqual((flows["unanswered"], flows["overruns"], flows["reader"], follower.status),
                         (0, 0, READER, 0))

    def test_lost_query(self):
        """It is told when the wait is over, long before its entry ends, and a query that is answered is not."""
        self.victim_is_silent()
        with self.following("--wait", "1s") as follower:
            self.assertEqual(self.ask(50700, VICTIM), ["silence"])
            self.assertEqual(self.ask(50701, REPLICAS[0]), ["answer"])
            time.sleep(1.6)
        told = follower.of("unanswered")
        self.assertEqual([(e["flow"]["orig_src"], e["flow"]["reply_src"]) for e in told],
                         [(f"{CLIENT}:50700", f"{VICTIM}:53")])
        self.assertTrue(1000 <= told[0]["age_ms"] < 5000, told[0])
        self.assertEqual(follower.of("ended"), [])
        flows = follower.data["flows"]
        peers = {p["address"]: (p["flows"], p["answered"], p["unanswered"]) for p in flows["by_backend"]}
        self.assertEqual((peers[VICTIM], peers[REPLICAS[0]]), ((1, 0, 1), (1, 1, 0)))
        self.assertEqual(flows["by_client"][0]["address"], CLIENT)
        self.assertIn((follower.status, follower.data["status"]), ((1, "degraded"), (2, "failing")))

    def test_late_answer(self):
        """A server that stops for a while answers after the wait: it is told as late, and stays counted."""
        server = self.lab.servers[faults.VICTIM]
        with self.following("--wait", "500ms") as follower:
            server.process.send_signal(signal.SIGSTOP)
            try:
                self.assertEqual(self.ask(50702, VICTIM), ["silence"])
                time.sleep(1)
            finally:
                server.process.send_signal(signal.SIGCONT)
            time.sleep(0.5)
        self.assertEqual([e["event"] for e in follower.of("new", "answered", "unanswered", "late")],
                         ["new", "unanswered", "late"])
        self.assertEqual((follower.data["flows"]["unanswered"], follower.data["flows"]["late"]), (1, 1))

    def test_stale_backend(self):
        """An entry that was there before is told at once, and so is a new flow to what is no replica."""
        self.assertEqual(self.ask(50703, CLUSTER_IP), ["answer"])
        listed = self.lab.output("node", ["conntrack", "-L", "-p", "udp", "--sport", "50703"])
        backend = re.findall(r"src=(\S+)", listed)[1]
        with self.following(replicas=[a for a in REPLICAS if a != backend]) as follower:
            time.sleep(0.3)
            for port in range(50710, 50730):
                self.ask(port, CLUSTER_IP)
        told = follower.of("stale")
        self.assertEqual((told[0]["flow"]["orig_src"], told[0]["age_ms"]), (f"{CLIENT}:50703", None))
        self.assertEqual({e["flow"]["reply_src"] for e in told}, {f"{backend}:53"})
        reached = [e for e in follower.of("new") if e["flow"]["reply_src"] == f"{backend}:53"]
        self.assertEqual(len(told), len(reached) + 1)
        self.assertEqual((follower.data["flows"]["stale"], follower.status), (len(told), 1))

    def test_port_rewritten(self):
        """One port to the ClusterIP and to a replica: the kernel replaces it, and the flows before it stand beside."""
        with self.following() as follower:
            self.assertEqual(self.ask(50704, CLUSTER_IP, *REPLICAS), ["answer"] * 4)
            time.sleep(0.3)
        rewritten = follower.of("rewritten")
        self.assertEqual(len(rewritten), 1)
        self.assertEqual(rewritten[0]["flow"]["orig_src"], f"{CLIENT}:50704")
        self.assertNotEqual(rewritten[0]["flow"]["reply_dst"], f"{CLIENT}:50704")
        self.assertTrue(rewritten[0]["flow"]["snat"])
        reused = follower.of("reused")
        self.assertEqual({e["flow"]["orig_src"] for e in reused}, {f"{CLIENT}:50704"})
        self.assertTrue(all(e["other"]["orig_src"] == f"{CLIENT}:50704" for e in reused))
        self.assertEqual(follower.data["flows"]["unanswered"], 0)

    def test_several_servers_without_nat(self):
        """One socket that asks all replicas by their own addresses is no fault."""
        with self.following() as follower:
            self.assertEqual(self.ask(50705, *REPLICAS), ["answer"] * 3)
            time.sleep(0.3)
        self.assertEqual([e["event"] for e in follower.of("new", "reused", "rewritten", "clash")], ["new"] * 3)
        self.assertEqual(follower.status, 0)

    def test_masqueraded(self):
        """A source that is translated is counted, and no fault."""
        self.lab.nft("node", "table ip narrow {\n chain post {\n  type nat hook postrouting priority 90;\n"
                             f"  ip daddr {VICTIM} udp dport 53 masquerade fully-random;\n }}\n}}\n")
        try:
            with self.following() as follower:
                self.assertEqual(self.ask(50706, VICTIM), ["answer"])
                time.sleep(0.3)
        finally:
            self.lab.nft("node", "delete table ip narrow\n")
        self.assertEqual((follower.data["flows"]["masqueraded"], follower.data["flows"]["rewritten"]), (1, 0))
        self.assertTrue(follower.of("new")[0]["flow"]["reply_dst"].startswith("10.244.1.1:"))

    def test_dropped_before_it_is_confirmed(self):
        """What is dropped makes no event; the kernel's own counter tells of it."""
        self.lab.nft("node", "table ip narrow {\n chain post {\n  type nat hook postrouting priority 90;\n"
                             f"  ip daddr {VICTIM} udp dport 53 masquerade to :20000-20003;\n }}\n}}\n")
        try:
            with self.following() as follower:
                answers = [self.ask(port, VICTIM)[0] for port in range(41000, 41006)]
        finally:
            self.lab.nft("node", "delete table ip narrow\n")
        self.assertEqual((answers.count("answer"), answers.count("silence")), (4, 2))
        self.assertEqual(len(follower.of("new")), 4)
        dropped = follower.data["rates"]["drop"] * follower.data["flows"]["seconds"]
        self.assertAlmostEqual(dropped, 2, delta=0.05)

    def test_overrun(self):
        """Events that come while nobody reads are lost: that is counted, and nothing that waited is judged."""
        entries = 70000
        program = pathlib.Path(__file__).with_name("conntrack_fill.py")
        self.victim_is_silent()
        with self.following("--wait", "60s", "--rate", "1") as follower:
            self.assertEqual(self.ask(50707, VICTIM), ["silence"])
            time.sleep(0.3)
            follower.process.send_signal(signal.SIGSTOP)
            try:
                self.lab.output("node", [sys.executable, str(program), str(entries), "--dns", "100"])
            finally:
                follower.process.send_signal(signal.SIGCONT)
            time.sleep(1)
        flows = follower.data["flows"]
        self.assertGreaterEqual(flows["overruns"], 1)
        self.assertGreater(flows["lost"], 0)
        self.assertEqual(flows["created"] + flows["lost"], entries + 1)
        self.assertGreaterEqual(flows["unsure"], 1)
        self.assertEqual(flows["unanswered"], 0)
        self.assertGreater(flows["hidden"], 0)

    @unittest.skipIf(private.of_a_plain_user(), "groups of processes take root")
    def test_pod_names(self):
        """A client of this node is named as the host name of the processes that have its address in a Pod's group."""
        groups, hostname = pathlib.Path("/run/cgroup2"), pathlib.Path("/run/hostname")
        groups.mkdir()
        subprocess.run(["mount", "-t", "cgroup2", "none", groups], check=True)
        group = groups / f"k8sdns-lab-{os.getpid()}"
        pod = group / "pod12345678-1234-1234-1234-123456789abc"
        pod.mkdir(parents=True)
        hostname.write_text("web-7d4b9c6f5-k2j8x\n")
        script = 'echo $$ >"$1/cgroup.procs"; mount --bind "$2" /etc/hostname; echo; exec sleep 600'
        command = self.lab.inside("pod", ["unshare", "--mount", "sh", "-c", script, "sh", pod, hostname])
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()
                with self.following() as follower:
                    self.assertEqual(self.ask(50733, REPLICAS[0]), ["answer"])
                    time.sleep(0.3)
            finally:
                process.kill()
                process.wait()
                pod.rmdir()
                group.rmdir()
        self.assertEqual({e["pod"] for e in follower.of("new", "answered")}, {"web-7d4b9c6f5-k2j8x"})
        self.assertEqual([p["pod"] for p in follower.data["flows"]["by_client"] if p["address"] == CLIENT],
                         ["web-7d4b9c6f5-k2j8x"])

    def test_filters(self):
        """Only flows of a client, to a backend, or without a reply."""
        self.victim_is_silent()
        other = next(address for address in REPLICAS if address != VICTIM)
        with self.following("--client", "10.9.9.9") as nobody, self.following("--backend", other) as one, \
                self.following("--unreplied", "--wait", "500ms") as lost:
            self.ask(50708, VICTIM)
            self.ask(50709, other)
            time.sleep(1)
        self.assertEqual((nobody.events, nobody.data["flows"]["created"], nobody.status), ([], 0, 0))
        self.assertEqual({e["flow"]["reply_src"] for e in one.of("new", "answered")}, {f"{other}:53"})
        self.assertEqual([(e["event"], e["flow"]["orig_src"]) for e in lost.events],
                         [("unanswered", f"{CLIENT}:50708")])

    def test_count_and_duration(self):
        with self.following("--count", "3") as follower:
            self.ask(50731, *REPLICAS)
            out, _ = follower.process.communicate(timeout=20)
        self.assertEqual(len(out.splitlines()), 4)
        follower.status = follower.process.returncode
        done = self.follow_once()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(done.stdout.startswith("OK: 0 DNS flows answered, none without a reply"), done.stdout)

    def test_zone_and_mark(self):
        """What few entries have is read as conntrack(8) reads it."""
        self.lab.nft("node", "table ip zones {\n chain pre {\n  type filter hook prerouting priority raw;\n"
                             f"  ip saddr {CLIENT} ct original zone set 7;\n }}\n chain marked {{\n"
                             "  type filter hook prerouting priority 0;\n  ct mark set 9;\n }\n}\n")
        try:
            with self.following() as follower:
                self.assertEqual(self.ask(50732, REPLICAS[0]), ["answer"])
                time.sleep(0.3)
        finally:
            self.lab.nft("node", "delete table ip zones\n")
        flow = follower.of("new")[0]["flow"]
        self.assertEqual((flow["orig_zone"], flow["zone"], flow["mark"]), (7, None, 9))

    def follow_once(self, place="node", prefix=()):
        command = [*prefix, os.environ["K8SDNS"], "conntrack", "--follow", "--duration", "300ms", "--no-discovery",
                   "--replica", REPLICAS[0]]
        return subprocess.run(self.lab.inside(place, command), capture_output=True, text=True, timeout=30, check=False)

    def test_events_off(self):
        setting = "net.netfilter.nf_conntrack_events"
        before = self.lab.output("node", ["sysctl", "-n", setting]).strip()
        self.lab.output("node", ["sysctl", "-qw", f"{setting}=0"])
        try:
            done = self.follow_once()
        finally:
            self.lab.output("node", ["sysctl", "-qw", f"{setting}={before}"])
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"sysctl -w {setting}=1", done.stdout + done.stderr)

    def test_without_privilege(self):
        done = self.follow_once(prefix=("setpriv", "--bounding-set=-net_admin"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("CAP_NET_ADMIN", done.stdout + done.stderr)

    def test_in_the_pod(self):
        """A Pod's own namespace tracks nothing: silence there is no health."""
        done = self.follow_once(place="pod")
        self.assertEqual(done.returncode, 3)
        self.assertIn("nothing is tracked in this network namespace", " ".join(done.stdout.split()))


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
