# SPDX-License-Identifier: GPL-2.0-or-later
"""The faults that the lab can put on and take off, a table. Where a number is not said, it is replica 2's fault."""
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import rules
import servers
from private import RUN

TWISTER = pathlib.Path(__file__).with_name("twister.py")
TWISTER_PORT = 5355
VICTIM = 2
VICTIM_ADDRESS = "10.244.1.22"


@dataclasses.dataclass
class Fault:
    name: str
    does: str  # what is wrong then, in a line
    on: Callable
    off: Callable


def in_family(lab, rule):
    """A rule of IPv4 as it reads in the family of the lab."""
    if lab.family == 4:
        return rule
    for four, six in ((VICTIM_ADDRESS, lab.address(VICTIM)), (rules.CLUSTER_IP, rules.CLUSTER_IP6),
                      ("ip frag-off & 0x1fff != 0", "exthdr frag exists frag frag-off != 0"), ("ip daddr", "ip6 daddr"),
                      ("ip saddr", "ip6 saddr"),
                      ("with icmp ", "with icmpv6 ")):
        rule = rule.replace(four, six)
    return rule


def rule_fault(name, does, place, hook, priority, rule):
    """A rule in a table of its own, apart from kube-proxy's and from other faults'."""
    def table(lab):
        return f"table {rules.FAMILIES[lab.family][0]} fault-{name}"

    return Fault(name, does,
                 lambda lab: lab.nft(place, f"{table(lab)} {{\n chain {hook} {{\n  type filter hook {hook} priority "
                                            f"{priority};\n  {in_family(lab, rule)};\n }}\n}}\n"),
                 lambda lab: lab.nft(place, f"delete {table(lab)}\n"))


def twisted(name, does, behaviour, replicas=(VICTIM,)):
    """Replicas behind a twister: what comes for port 53 goes through it, and on to the real server."""
    processes = []

    def on(lab):
        for number in replicas:
            place, address = f"dns{number}", lab.address(number)
            listen, own = (f"{address}", "127.0.0.1") if lab.family == 4 else (f"[{address}]", "[::1]")
            with open(RUN / place / "twister", "ab") as out:
                processes.append(subprocess.Popen(
                    lab.inside(place, [sys.executable, TWISTER, "--listen", f"{listen}:{TWISTER_PORT}",
                                       "--backend", f"{own}:53", "--print-port", behaviour]),
                    stdout=subprocess.PIPE, stderr=out))
            processes[-1].stdout.readline()
            lab.nft(place, f"table {rules.FAMILIES[lab.family][0]} twist {{\n"
                           " chain pre {\n  type nat hook prerouting priority dstnat;\n"
                           f"  udp dport 53 redirect to :{TWISTER_PORT};\n  tcp dport 53 redirect to :{TWISTER_PORT};\n"
                           " }\n}\n")

    def off(lab):
        for number in replicas:
            lab.nft(f"dns{number}", f"delete table {rules.FAMILIES[lab.family][0]} twist\n")
        while processes:
            processes[0].kill()
            processes.pop(0).communicate()

    return Fault(name, does, on, off)


def link(lab, state, number=VICTIM):
    lab.ip(f"dns{number}", f"link set eth0 {state}")
    if state == "up":
        lab.ip(f"dns{number}", "route replace default via 10.244.1.1")
        if lab.family == 6:
            lab.add_six(f"dns{number}", 1, 20 + number)
        lab.ip("node", "neigh flush dev cni1")


def stop_server(lab, number=VICTIM):
    lab.servers[number].stop()
    time.sleep(0.05)


def upstream_stop(lab):
    os.kill(lab.servers["upstream"].process.pid, signal.SIGSTOP)
    everyone(lab, warm=False)


def everyone(lab, **options):
    for number in range(1, lab.replicas + 1):
        lab.restart(number, **options)


def near_on(lab):
    """The only replica is on the Pod's own bridge, whose packets the node's translation does not see."""
    lab.add_pod("near", 0, 24)
    lab.servers["near"] = servers.replica(lab, 1, place="near")
    lab.servers["near"].wait_for_port()
    lab.output("node", ["sh", "-c", f"for f in {BRIDGED}; do [ ! -e $f ] || echo 0 >$f; done"])
    lab.nft("node", "flush ruleset\n" + rules.nftables(["10.244.0.24"]))
    if lab.family == 6:
        lab.nft("node", rules.nftables(["fd00:244:0::24"], 6))


def near_off(lab):
    lab.servers.pop("near").stop()
    lab.output("node", ["sh", "-c", f"for f in {BRIDGED}; do [ ! -e $f ] || echo 1 >$f; done"])
    subprocess.run(["ip", "netns", "del", "near"], check=True)
    lab.set_rules()


ALL = (1, 2, 3)
BRIDGED = "/proc/sys/net/bridge/bridge-nf-call-iptables /proc/sys/net/bridge/bridge-nf-call-ip6tables"
TO_VICTIM = f"ip daddr {VICTIM_ADDRESS}"

FAULTS = {fault.name: fault for fault in (
    Fault("dead-replica", "a replica's link is down: silence", lambda lab: link(lab, "down"),
          lambda lab: link(lab, "up")),
    Fault("closed-port", "a replica's server has ended: ICMP port unreachable", stop_server,
          lambda lab: lab.restart(VICTIM)),
    Fault("dead-replica-of-3", "the same of replica 3", lambda lab: link(lab, "down", 3),
          lambda lab: link(lab, "up", 3)),
    Fault("closed-port-of-3", "the same of replica 3", lambda lab: stop_server(lab, 3), lambda lab: lab.restart(3)),
    twisted("slow-replica", "a replica takes 80 ms for everything", "slow:80"),
    Fault("other-answers", "a replica has another address for database.default",
          lambda lab: lab.restart(VICTIM, database="10.96.9.9"), lambda lab: lab.restart(VICTIM)),
    Fault("refused", "a replica's access list refuses", lambda lab: lab.restart(VICTIM, refuse=True),
          lambda lab: lab.restart(VICTIM)),
    Fault("refused-of-3", "the same of replica 3", lambda lab: lab.restart(3, refuse=True),
          lambda lab: lab.restart(3)),
    Fault("all-refused", "every replica refuses", lambda lab: everyone(lab, refuse=True), everyone),
    twisted("servfail", "a replica answers SERVFAIL", "rcode:2"),
    twisted("servfail-of-3", "the same of replica 3", "rcode:2", (3,)),
    twisted("no-aaaa", "AAAA questions are lost at every replica", "no-aaaa", ALL),
    twisted("no-ptr", "names of addresses get no answer at any replica", "no-type:12", ALL),
    twisted("srv-refused", "every replica refuses SRV", "refuse-type:33", ALL),
    rule_fault("clusterip-broken", "the node drops what goes to the ClusterIP", "node", "prerouting", -300,
               f"ip daddr {rules.CLUSTER_IP} drop"),
    rule_fault("half-zone", "a conntrack zone for what the Pod asks alone: nobody translates the answers back", "node",
               "prerouting", -300, 'iifname { "cni0", "v-pod" } udp dport 53 ct zone set 7'),
    Fault("clusterip-unrouted", "kube-proxy's rules are gone: no route to the ClusterIP",
          lambda lab: lab.output("node", ["nft", "flush", "ruleset"]), lambda lab: lab.set_rules()),
    rule_fault("clusterip-lossy", "the node loses a third of what goes to the ClusterIP, and nothing else", "node",
               "prerouting", -300, f"ip daddr {rules.CLUSTER_IP} numgen random mod 100 < 33 drop"),
    rule_fault("everything-down", "the node passes no DNS on at all", "node", "forward", 0, "udp dport 53 drop"),
    Fault("upstream-down", "the upstream is stopped, and the replicas have forgotten what it said",
          upstream_stop, lambda lab: os.kill(lab.servers["upstream"].process.pid, signal.SIGCONT)),
    Fault("wildcard", "a search domain answers any name", lambda lab: everyone(lab, wildcard="A 10.96.8.8"), everyone),
    Fault("nodata-wildcard", "any name under a search domain exists, but has no address",
          lambda lab: everyone(lab, wildcard="TXT here"), everyone),
    rule_fault("fragments-lost", "the node drops all fragments but the first", "node", "prerouting", -500,
               "ip frag-off & 0x1fff != 0 drop"),
    rule_fault("reject", "a rule rejects what goes to a replica: ICMP, limited in rate", "node", "forward", 0,
               f"{TO_VICTIM} udp dport 53 reject with icmp port-unreachable"),
    rule_fault("prohibit", "a rule rejects it as administratively prohibited", "node", "forward", 0,
               f"{TO_VICTIM} udp dport 53 reject with icmp admin-prohibited"),
    rule_fault("tcp-blocked", "TCP to port 53 is dropped in the node", "node", "forward", 0, "tcp dport 53 drop"),
    rule_fault("output-blocked", "a rule in the Pod forbids to send to a replica", "pod", "output", 0,
               f"{TO_VICTIM} udp dport 53 drop"),
    rule_fault("lossy", "a fifth of the questions is lost in the node", "node", "forward", 0,
               "udp dport 53 numgen random mod 100 < 20 drop"),
    twisted("truncating", "a replica truncates every answer over UDP", "tc"),
    twisted("wrong-id", "a replica answers with a wrong id", "wrong-id"),
    twisted("wrong-question", "a replica answers another question", "wrong-question"),
    twisted("wrong-source", "a replica answers from another port", "wrong-source"),
    twisted("garbage", "a replica's answers are damaged", "garbage"),
    twisted("half", "a replica's answers end in the middle", "half"),
    Fault("near-replica", "a replica on the Pod's own bridge answers past the node's translation", near_on, near_off),
    twisted("half-of-3", "the same of replica 3", "half", (3,)),
    twisted("duplicate", "a replica answers everything twice", "duplicate"),
    twisted("late", "a replica answers each first question after 700 ms", "late:700"),
)}
