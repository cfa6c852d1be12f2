#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""drops in the cluster: each way to lose a packet shows with its reason, place and tuple; a healthy one is silent."""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

import bpftrace
import faults
import private
from cluster import CLUSTER_IP, FRAGMENT_S, POD, POD6, replica_address
from drop_case import ID, NAME, PORT, QUESTION, DropCase, chain

VICTIM = faults.VICTIM_ADDRESS
REPLICAS = [replica_address(number) for number in (1, 2, 3)]
TO_VICTIM = f"ip daddr {VICTIM} udp dport 53"
HERE = pathlib.Path(__file__).parent

# A rule in each hook: place, hook, priority, where the question comes from.
Rule = collections.namedtuple("Rule", "place hook priority rule")
RULES = (
    Rule("pod", "output", 0, f"{TO_VICTIM} drop"),
    Rule("node", "prerouting", -500, f"{TO_VICTIM} drop"),
    Rule("node", "forward", 0, f"{TO_VICTIM} drop"),
    Rule("node", "postrouting", 0, f"{TO_VICTIM} drop"),
    Rule("dns2", "input", 0, "udp dport 53 drop"),
    Rule("node", "forward", 0, f"{TO_VICTIM} reject"),
)


class Drops(DropCase):
    def check(self, event, **expected):
        self.assertEqual({key: event[key] for key in expected}, expected, event)

    def question(self, event, **expected):
        """It is the question that was sent, as it went from the Pod to the victim."""
        self.check(event, **{"src": POD, "src_port": PORT, "dst": VICTIM, "dst_port": 53, "transport": "udp", "id": ID,
                             "name": NAME, "type": "A", "answer": False, **expected})

    def test_rules(self):
        for rule in RULES:
            with self.subTest(rule):
                with chain(self.lab, *rule):
                    events, data = self.drops_of(lambda: self.ask(VICTIM), "--name", NAME)
                self.assertEqual((len(events), data["drops"]), (3, 3),
                                 [(e["time"], e["src"], e["name"]) for e in events])
                for event in events:
                    self.question(event, reason="NETFILTER_DROP", hook=rule.hook, cause="rule", sure=True,
                                  netns=self.netns(rule.place))
                self.assertEqual(data["hooks"], {rule.hook: 3})
                self.assertEqual(data["reasons"], {"NETFILTER_DROP": 3})
                self.assertEqual((data["names"], data["clients"]), ({NAME.lower(): 3}, {POD: 3}))
                self.assertEqual(data["kinds"][0]["example"]["name"], NAME)

    def test_translated(self):
        """What goes to the ClusterIP is dropped behind its translation; answers before theirs."""
        everywhere = "ip daddr 10.244.1.0/24 udp dport 53 drop"
        with chain(self.lab, "node", "forward", 0, everywhere):
            events, data = self.drops_of(lambda: self.ask(CLUSTER_IP, count=2))
        self.assertEqual(data["drops"], 2)
        for event in events:
            self.assertIn(event["dst"], REPLICAS)
            self.assertEqual(event["before_nat"], {"src": POD, "src_port": PORT, "dst": CLUSTER_IP, "dst_port": 53})
            self.assertEqual(event["after_nat"], {"src": POD, "src_port": PORT, "dst": event["dst"], "dst_port": 53})
        with chain(self.lab, "node", "forward", 0, "ip saddr 10.244.1.0/24 udp sport 53 drop"):
            events, data = self.drops_of(lambda: self.ask(CLUSTER_IP, count=1))
        self.assertEqual((len(events), data["clients"]), (1, {POD: 1}), events)
        self.check(events[0], answer=True, name=NAME, dst=POD, dst_port=PORT, src_port=53)
        self.assertEqual(events[0]["after_nat"]["src"], CLUSTER_IP)

    def test_process(self):
        """A packet that a rule stops on its way out is told with who sent it."""
        with self.lab.fault("output-blocked"):
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1))
        self.assertRegex(events[0]["process"], r"^python3\[\d+\]$")

    def test_no_listener(self):
        with self.lab.fault("closed-port"):
            events, data = self.drops_of(lambda: self.ask(VICTIM))
        self.assertEqual(data["drops"], 3)
        for event in events:
            self.question(event, reason="NO_SOCKET", cause="no-listener", hook=None, netns=self.netns("dns2"),
                          function="__udp4_lib_rcv")

    def test_ipv6_and_tcp(self):
        def ask():
            self.ask("::1", count=1, port=0)
            self.lab.output("pod", ["bash", "-c", "! 3<>/dev/tcp/127.0.0.1/53"])
        events, data = self.drops_of(ask, places=["pod"])
        self.assertEqual(data["drops"], 2)
        self.check(events[0], src="::1", dst="::1", transport="udp", name=NAME, cause="no-listener")
        self.check(events[1], dst="127.0.0.1", transport="tcp", name=None, id=None, cause="no-listener")

    def test_message_over_tcp(self):
        """A connection is made, and its message is dropped, again and again: the question is read where it lies."""
        # It is ended by a reset, or its segments would go on in the tests behind this one.
        ask = ("import socket, struct, sys\ns = socket.create_connection((sys.argv[1], 53))\ns.settimeout(0.5)\n"
               "s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
               f"s.sendall(b'\\0\\x2f' + {QUESTION!r})\ntry: s.recv(1)\nexcept OSError: pass\n")
        with chain(self.lab, "node", "prerouting", 5, "tcp dport 53 tcp flags & psh == psh drop"):
            events, data = self.drops_of(lambda: self.lab.output("pod", [sys.executable, "-c", ask, VICTIM]))
        told = [event for event in events if event["name"]]
        self.assertTrue(told, events)
        for event in told:
            self.check(event, dst=VICTIM, transport="tcp", name=NAME, type="A", id=ID, hook="prerouting")
        self.assertEqual(data["names"], {NAME.lower(): len(told)})

    def test_receive_overflow(self):
        """A server that does not read: what its socket has no room for, and whose socket that is."""
        server = self.lab.servers[2].process.pid
        os.kill(server, signal.SIGSTOP)
        try:
            events, data = self.drops_of(lambda: self.lab.pod(
                sys.executable, "-c", "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                f"for _ in range(4000): s.sendto(bytes(600), ('{VICTIM}', 53))"), "--rate", "0")
        finally:
            os.kill(server, signal.SIGCONT)
        counted = int(self.lab.output("dns2", ["awk", "$1 == \"Udp:\" && $2 ~ /^[0-9]/ {print $6}", "/proc/net/snmp"]))
        self.assertGreater(data["drops"], 100)
        self.assertEqual(data["drops"], counted)  # Udp RcvbufErrors, by the kernel's own count
        self.check(events[0], reason="SOCKET_RCVBUFF", cause="socket-buffer", netns=self.netns("dns2"))
        self.assertIn(f"[{server}]", events[0]["process"] or "")

    def test_too_big(self):
        self.lab.ip("node", "link set cni1 mtu 600")
        try:
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1, size=900))
        finally:
            self.lab.ip("node", "link set cni1 mtu 1500")
        self.question(events[0], reason="PKT_TOO_BIG", cause="too-big", function="ip_forward", hook=None)

    def test_no_route(self):
        with self.lab.fault("clusterip-unrouted"):
            events, _ = self.drops_of(lambda: self.ask(CLUSTER_IP, count=1))
        self.question(events[0], dst=CLUSTER_IP, cause="no-route", netns=self.netns("node"))

    def test_dead_neighbour(self):
        with self.lab.fault("dead-replica"):
            self.lab.ip("node", "neigh flush dev cni1")
            events, _ = self.drops_of(lambda: self.ask(VICTIM, count=1, wait=4))
        self.question(events[0], cause="neighbour", netns=self.netns("node"))

    def test_fragments(self):
        """They carry no ports: counted apart."""
        with self.lab.fault("fragments-lost"):
            _, data = self.drops_of(lambda: self.lab.probe("--no-search", "--timeout", "300ms", "--bufsize", "4096",
                                                           "wide.default.svc.cluster.local."))
        self.assertGreater(data["fragments"], 0)
        time.sleep(2 * FRAGMENT_S)  # the first ones are dropped when the rest has not come: not in the next test

    def test_table_full(self):
        limit = int(pathlib.Path("/proc/sys/net/netfilter/nf_conntrack_max").read_text(encoding="ascii"))
        self.lab.output("node", ["conntrack", "-F"])
        self.lab.output("node", [sys.executable, HERE / "conntrack_fill.py", str(limit)])
        try:
            events, data = self.drops_of(lambda: self.ask(VICTIM, count=2))
        finally:
            self.lab.output("node", ["conntrack", "-F"])
        self.assertEqual(data["drops"], 2)
        for event in events:
            self.question(event, reason="NETFILTER_DROP", cause="conntrack-full", hook="prerouting",
                          netns=self.netns("node"))

    def test_insert_failed(self):
        """Two clients whose ports masquerading makes equal: as many as the kernel counts."""
        self.lab.ip("pod", "addr add 10.244.0.11/24 dev eth0")
        self.lab.nft("node", "table ip race {\n chain post {\n  type nat hook postrouting priority srcnat;\n"
                             "  ip saddr 10.244.0.0/24 udp dport 53 masquerade;\n }\n}\n")
        before = self.insert_failed()
        try:
            _, data = self.drops_of(lambda: self.lab.pod(sys.executable, str(HERE / "port_race.py"), POD, "10.244.0.11",
                                                         REPLICAS[0]))
        finally:
            self.lab.nft("node", "delete table ip race\n")
            self.lab.ip("pod", "addr del 10.244.0.11/24 dev eth0")
        failed = self.insert_failed() - before
        self.assertGreater(failed, 0)
        told = sum(kind["count"] for kind in data["kinds"] if kind["cause"] == "conntrack-insert")
        self.assertEqual(told, failed, data["kinds"])

    def insert_failed(self):
        return sum(map(int, re.findall(r"insert_failed=(\d+)", self.lab.output("node", ["conntrack", "-S"]))))

    def test_filters(self):
        with chain(self.lab, "node", "forward", 0, f"{TO_VICTIM} drop"):
            for arguments, expected in (
                    (["--name", "svc.cluster.local"], 2), (["--name", "web.default.svc.cluster.local."], 2),
                    (["--name", "eb.default.svc.cluster.local"], 0), (["--client", POD], 2),
                    (["--client", "10.244.0.99"], 0), (["--reason", "NETFILTER_DROP"], 2),
                    (["--reason", "NO_SOCKET,NETFILTER_DROP"], 2), (["--reason", "NO_SOCKET"], 0)):
                with self.subTest(arguments):
                    events, data = self.drops_of(lambda: self.ask(VICTIM, count=2), *arguments)
                    self.assertEqual((len(events), data["drops"]), (expected, expected))
            _, data = self.drops_of(lambda: self.ask(VICTIM, count=2), places=["dns1", "dns2"])
            self.assertEqual(data["drops"], 0)

    def test_port(self):
        def ask():
            self.lab.output("pod", [sys.executable, "-c", "import socket\ns = socket.socket(socket.AF_INET, "
                                    "socket.SOCK_DGRAM)\ns.sendto(bytes(20), ('127.0.0.1', 5399))"])
        self.assertEqual(self.drops_of(ask)[1]["drops"], 0)
        self.assertEqual(self.drops_of(ask, "--port", "5353,5399")[1]["drops"], 1)

    def test_count(self):
        """It ends by itself after so many."""
        with self.lab.fault("closed-port"):
            process = self.begin("--count", "2")
            self.ask(VICTIM, count=4)
            out, _ = process.communicate(timeout=10)
        lines = [json.loads(line)["data"] for line in out.splitlines()]
        self.assertEqual(["reason" in line for line in lines], [True, True, False])

    def test_storm(self):
        """Many more than can be shown are all counted."""
        sent = 60000
        program = ("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                   f"for _ in range({sent}): s.sendto(bytes(40), ('{VICTIM}', 53))")
        with chain(self.lab, "node", "forward", 0, f"{TO_VICTIM} counter drop"):
            events, data = self.drops_of(lambda: self.lab.pod(sys.executable, "-c", program),
                                         "--reason", "NETFILTER_DROP")
            counted = int(re.search(r"packets (\d+)", self.lab.output("node", ["nft", "list", "table", "ip",
                                                                               "fault-test"]))[1])
        self.assertEqual(data["drops"], counted)
        self.assertEqual(len(events) + data["unshown"] + data["lost"], counted)
        self.assertGreater(data["unshown"], 0)

    def test_parity(self):
        """As many as bpftrace sees at the same tracepoint in the same run."""
        if not shutil.which("bpftrace"):
            self.skipTest("bpftrace is not installed")
        script = ("tracepoint:skb:kfree_skb { $s = (struct sk_buff *)args->skbaddr; "
                  f"if ($s->dev->nd_net.net->ns.inum == {self.netns('node')} && $s->protocol == 8 "
                  "&& args->reason == REASON) { @ = count(); } }")
        types = subprocess.run(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux"], text=True,
                               stdout=subprocess.PIPE, check=True).stdout
        reason = re.search(r"'SKB_DROP_REASON_NETFILTER_DROP' val=(\d+)", types)[1]
        with chain(self.lab, "node", "forward", 0, f"{TO_VICTIM} drop"):
            with bpftrace.counting(script.replace("REASON", reason)) as peer:
                # The same reason and place: a replica may lose an answer to a query that it has given up.
                _, data = self.drops_of(lambda: self.ask(VICTIM, count=200, wait=0.002), "--reason", "NETFILTER_DROP",
                                        places=["node"])
        self.assertEqual((data["drops"], peer.count), (200, 200))


class Healthy(DropCase):
    def test_healthy(self):
        """A minute of questions over UDP and TCP, and none is dropped."""
        def traffic():
            self.lab.pod(os.environ["K8SDNS"], "watch", "kubernetes.default.svc.cluster.local.", "--duration", "60s",
                         "--replica", ",".join(REPLICAS), timeout=90)
            self.lab.probe("--no-search", "--tcp", "kubernetes.default.svc.cluster.local.")
        events, data = self.drops_of(traffic)
        self.assertEqual((data["drops"], data["fragments"]), (0, 0), events)


class Privileges(DropCase):
    def test_without(self):
        """What is missing is named, and the status is 3."""
        for capabilities, missing in (("", "CAP_BPF and CAP_PERFMON"), ("+bpf", "CAP_PERFMON"),
                                      ("+perfmon", "CAP_BPF")):
            with self.subTest(capabilities):
                bounds = f"-all,{capabilities}" if capabilities else "-all"
                done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", f"--inh-caps={bounds}",
                                       f"--ambient-caps={bounds}", os.environ["K8SDNS"], "drops", "--duration", "1s"],
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(f"lacks {missing};", done.stderr)
                self.assertEqual(done.stdout, "")

    def test_in_a_user_namespace(self):
        """Its root has all capabilities, and none of the machine's."""
        done = subprocess.run(["unshare", "--user", "--map-root-user", os.environ["K8SDNS"], "drops", "--duration",
                               "1s"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("capabilities are those of a user namespace", done.stderr)

    def test_least(self):
        """CAP_BPF and CAP_PERFMON are enough, as nobody."""
        prefix = ["setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all,+bpf,+perfmon",
                  "--ambient-caps=-all,+bpf,+perfmon"]
        with self.lab.fault("closed-port"):
            events, data = self.drops_of(lambda: self.ask(VICTIM, count=1), prefix=prefix)
        self.assertEqual(data["drops"], 1)
        self.assertEqual((events[0]["function"], events[0]["name"]), ("__udp4_lib_rcv", NAME))

    def test_without_types(self):
        """A kernel that does not describe itself: a clear line, and status 3."""
        command = 'mount -t tmpfs none /sys/kernel/btf && exec "$0" drops --duration 1s'
        done = subprocess.run(["unshare", "--mount", "sh", "-c", command, os.environ["K8SDNS"]], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("does not describe its types (no /sys/kernel/btf/vmlinux)", done.stderr)

    def test_wrong_words(self):
        """A reason that this kernel does not know, a namespace that is not there: said before anything is attached."""
        for arguments, status, text in ((["--reason", "BAD_LUCK"], 64, "no drop reason 'BAD_LUCK'"),
                                        (["--port", "dns"], 64, "--port"),
                                        (["--netns", "/run/netns/none"], 66, "/run/netns/none")):
            with self.subTest(arguments):
                done = subprocess.run([os.environ["K8SDNS"], "drops", "--duration", "1s", *arguments],
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(text, done.stderr)

    def test_gone_after_any_end(self):
        """Killed outright, it leaves nothing in the kernel."""
        process = self.begin()
        mine = self.programs_of(process.pid)
        self.assertTrue(mine & self.programs())
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 20
        while mine & self.programs() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(mine & self.programs())

    def programs_of(self, pid):
        """Their ids: other tests have such programs in the same kernel."""
        told = [path.read_text() for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir()]
        return {int(number) for text in told for number in re.findall(r"^prog_id:\s*(\d+)", text, re.MULTILINE)}

    def programs(self):
        listed = json.loads(subprocess.run(["bpftool", "prog", "show", "--json"], stdout=subprocess.PIPE,
                                           check=True).stdout)
        return {program["id"] for program in listed}


class Six(DropCase):
    """The same in IPv6, where the hooks, the function that finds no socket and the neighbours are others."""
    family = 6

    def question(self, event, **expected):
        wanted = {"src": POD6, "src_port": PORT, "dst": self.lab.address(2), "dst_port": 53, "transport": "udp",
                  "id": ID, "name": NAME, "type": "A", "answer": False, **expected}
        self.assertEqual({key: event[key] for key in wanted}, wanted, event)

    def ask_victim(self, **options):
        return self.ask(self.lab.address(2), **options)

    def test_rules(self):
        for rule in RULES:
            with self.subTest(rule):
                with chain(self.lab, *rule):
                    events, data = self.drops_of(self.ask_victim, "--name", NAME)
                self.assertEqual((len(events), data["hooks"], data["clients"]), (3, {rule.hook: 3}, {POD6: 3}), events)
                for event in events:
                    self.question(event, reason="NETFILTER_DROP", hook=rule.hook, cause="rule", sure=True,
                                  netns=self.netns(rule.place))

    def test_translated(self):
        asked = {"src": POD6, "src_port": PORT, "dst": self.lab.cluster_ip, "dst_port": 53}
        with chain(self.lab, "node", "forward", 0, "ip6 daddr fd00:244:1::/64 udp dport 53 drop"):
            events, data = self.drops_of(lambda: self.ask(self.lab.cluster_ip, count=2))
        self.assertEqual(data["drops"], 2)
        for event in events:
            self.assertIn(event["dst"], [self.lab.address(n) for n in (1, 2, 3)])
            self.assertEqual((event["before_nat"], event["after_nat"]), (asked, {**asked, "dst": event["dst"]}))

    def test_no_listener(self):
        with self.lab.fault("closed-port"):
            events, _ = self.drops_of(lambda: self.ask_victim(count=1))
        self.question(events[0], reason="NO_SOCKET", cause="no-listener", hook=None, netns=self.netns("dns2"),
                      function="__udp6_lib_rcv")

    def test_too_big(self):
        self.lab.ip("node", "link set cni1 mtu 1300")
        try:
            events, _ = self.drops_of(lambda: self.ask_victim(count=1, size=1400))
        finally:
            self.lab.ip("node", "link set cni1 mtu 1500")
        self.question(events[0], cause="too-big", function="ip6_forward", hook=None)

    def test_no_route(self):
        with self.lab.fault("clusterip-unrouted"):
            events, _ = self.drops_of(lambda: self.ask(self.lab.cluster_ip, count=1))
        self.question(events[0], dst=self.lab.cluster_ip, cause="no-route", netns=self.netns("node"))

    def test_dead_neighbour(self):
        with self.lab.fault("dead-replica"):
            self.lab.ip("node", "-6 neigh flush dev cni1")
            events, _ = self.drops_of(lambda: self.ask_victim(count=1, wait=4))
        self.question(events[0], cause="neighbour", netns=self.netns("node"))


if __name__ == "__main__":
    private.enter(watches=True)
    unittest.main(verbosity=2)
