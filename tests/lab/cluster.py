# SPDX-License-Identifier: GPL-2.0-or-later
"""The miniature cluster: a Pod, a node, CoreDNS replicas and an upstream, each a network namespace.

             10.244.0.0/24            node             10.244.1.0/24
    pod .10 ------- cni0 .1 [ DNAT of 10.96.0.10 ] .1 cni1 ------- dns1 .21, dns2 .22, dns3 .23
                                       .1
                                        | 10.244.2.0/24
                                   upstream .53

In a lab of family 6 each has an IPv6 address as well (fd00:244::10, fd00:244:1::21 and so on, the ClusterIP
fd00:96::a), and the Pod's nameserver is that ClusterIP: a cluster of both families whose first is IPv6.

Two bridges stand for two nodes' Pod networks, so that answers come back through routing and connection tracking.
"""
import contextlib
import json
import os
import subprocess

import faults
import rules
import servers
from private import RUN

FRAGMENT_S = 2
CLUSTER_IP = rules.CLUSTER_IP
CLUSTER_IP6 = rules.CLUSTER_IP6
POD = "10.244.0.10"
POD6 = "fd00:244::10"

RESOLV_CONF = f"""\
nameserver {CLUSTER_IP}
search default.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
"""


def replica_address(number, family=4):
    return f"10.244.1.{20 + number}" if family == 4 else f"fd00:244:1::{20 + number}"


def hardware(network, host):
    """A MAC address that stays: what a neighbour knows of one that went and came back would lead nowhere for 8 s."""
    return f"02:00:0a:f4:{network:02x}:{host:02x}"


class Lab:
    """A running cluster. Make it inside private.enter()."""

    def __init__(self, rule_set="nft", replicas=3, family=4):
        self.replicas = replicas
        self.family = family
        self.cluster_ip = CLUSTER_IP if family == 4 else CLUSTER_IP6
        self.rule_set = rule_set
        self.servers = {}
        self.resolv_conf = RUN / "resolv.conf"
        self.resolv_conf.write_text(RESOLV_CONF.replace(CLUSTER_IP, self.cluster_ip))

    # Places and commands

    def inside(self, place, command):
        """The command line that runs `command` in a place, a network namespace."""
        return ["nsenter", f"--net=/run/netns/{place}", "--", *map(str, command)]

    def output(self, place, command, stdin=None):
        done = subprocess.run(self.inside(place, command), input=stdin, text=True, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{place}: {' '.join(map(str, command))}: {done.stderr.strip()}")
        return done.stdout

    def pod_command(self, command):
        """The command line that runs `command` in the Pod: its network, its resolv.conf, its environment."""
        real = os.path.realpath("/etc/resolv.conf")
        script = 'mkdir -p "$(dirname "$2")"; [ -e "$2" ] || : >"$2"; mount --bind "$1" "$2"; shift 2; exec "$@"'
        return ["nsenter", "--net=/run/netns/pod", "--", "unshare", "--mount", "sh", "-c", script, "sh",
                str(self.resolv_conf), real, *map(str, command)]

    def pod_environment(self):
        return {**os.environ, "KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}

    def pod(self, *command, **options):
        """Run a command in the Pod; return the finished process, its output as text."""
        return subprocess.run(self.pod_command(command), env=self.pod_environment(), text=True, capture_output=True,
                              check=False, **options)

    def probe(self, *arguments):
        """Run `k8sdns probe --json` in the Pod against the ClusterIP and all replicas; (document, status)."""
        named = ",".join(self.address(n) for n in range(1, self.replicas + 1))
        done = self.pod(os.environ["K8SDNS"], "probe", "--json", "--replica", named, *arguments, timeout=120)
        return json.loads(done.stdout), done.returncode

    def address(self, number):
        """Of a replica, in the family of this lab."""
        return replica_address(number, self.family)

    # Up and down

    def __enter__(self):
        self.add_place("node")
        self.output("node", ["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
                             "net.ipv4.conf.default.rp_filter=0"])
        if self.family == 6:
            self.output("node", ["sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"])
        for number in (0, 1, 2):
            self.ip("node", f"link add cni{number} address {hardware(number, 1)} type bridge")
            self.ip("node", f"addr add 10.244.{number}.1/24 dev cni{number}")
            if self.family == 6:
                self.ip("node", f"addr add fd00:244:{number}::1/64 dev cni{number} nodad")
            self.ip("node", f"link set cni{number} up")
        self.add_pod("pod", 0, 10)
        self.add_pod("upstream", 2, 53)
        for number in range(1, self.replicas + 1):
            self.add_pod(f"dns{number}", 1, 20 + number)
        self.set_rules()
        self.servers["upstream"] = servers.upstream(self)
        for number in range(1, self.replicas + 1):
            self.servers[number] = servers.replica(self, number)
        for server in self.servers.values():
            server.wait_for_port()
        for number in range(1, self.replicas + 1):
            self.warm(self.address(number))
        return self

    def warm(self, address):
        """Ask a replica for a name from the upstream, so that neighbours and caches on the way are known."""
        query = r"\0\1\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"
        self.output("pod", ["bash", "-c", f"exec 3<>/dev/udp/{address}/53; printf '{query}' >&3; "
                                          "timeout 2 head -c 12 <&3 >/dev/null || :"])

    def __exit__(self, *_):
        for server in self.servers.values():
            server.stop()
        for place in ("pod", "upstream", "node", *(f"dns{n}" for n in range(1, self.replicas + 1))):
            subprocess.run(["ip", "netns", "del", place], check=False)

    def ip(self, place, words):
        subprocess.run(["ip", "-n", place, *words.split()], check=True)

    def add_place(self, place):
        subprocess.run(["ip", "netns", "add", place], check=True)
        self.ip(place, "link set lo up")
        # A fragment whose others were lost is dropped after so long, beside whatever is tried then.
        self.output(place, ["sysctl", "-eqw", f"net.ipv4.ipfrag_time={FRAGMENT_S}",
                            f"net.ipv6.ip6frag_time={FRAGMENT_S}"])

    def add_pod(self, place, network, host):
        self.add_place(place)
        self.wire(place, network, host)

    def wire(self, place, network, host):
        """A network namespace, which has a name, becomes a Pod's."""
        self.ip("node", f"link add v-{place} type veth peer name eth0 address {hardware(network, host)} netns {place}")
        self.ip("node", f"link set v-{place} master cni{network} up")
        self.ip(place, f"addr add 10.244.{network}.{host}/24 dev eth0")
        self.ip(place, "link set eth0 up")
        self.ip(place, f"route add default via 10.244.{network}.1")
        if self.family == 6:
            self.add_six(place, network, host)

    def add_six(self, place, network, host):
        """The IPv6 address and route of a Pod, which go whenever its link goes down."""
        self.ip(place, f"addr replace fd00:244:{network}::{host}/64 dev eth0 nodad")
        self.ip(place, f"-6 route replace default via fd00:244:{network}::1 dev eth0")

    def set_rules(self, numbers=None):
        """The ClusterIP leads to these replicas, all of them when none are named."""
        chosen = numbers or range(1, self.replicas + 1)
        addresses, sixes = ([replica_address(n, family) for n in chosen] for family in (4, 6))
        self.output("node", ["nft", "flush", "ruleset"])
        if self.rule_set == "nft":
            self.nft("node", rules.nftables(addresses))
            if self.family == 6:
                self.nft("node", rules.nftables(sixes, 6))
        elif self.rule_set == "iptables":
            self.output("node", ["iptables-nft-restore"], rules.iptables(addresses))
            if self.family == 6:
                self.output("node", ["ip6tables-nft-restore"], rules.iptables(sixes, 6))
        else:
            # As kube-proxy does it: the ClusterIP is the node's own, on a link that leads nowhere.
            if "kube-ipvs0" not in self.output("node", ["ip", "link"]):
                self.ip("node", "link add kube-ipvs0 type dummy")
                self.ip("node", f"addr add {CLUSTER_IP}/32 dev kube-ipvs0")
                if self.family == 6:
                    self.ip("node", f"addr add {CLUSTER_IP6}/128 dev kube-ipvs0 nodad")
            self.output("node", ["sysctl", "-qw", "net.ipv4.vs.conntrack=1"])
            self.output("node", ["ipvsadm", "--clear"])
            self.output("node", ["ipvsadm", "--restore"], rules.ipvs(addresses))
            if self.family == 6:
                self.output("node", ["ipvsadm", "--restore"], rules.ipvs(sixes, 6))

    # For the faults

    def nft(self, place, text):
        self.output(place, ["nft", "-f", "-"], text)

    def restart(self, number, warm=True, **options):
        """Start a replica anew, with other options."""
        self.servers[number].stop()
        self.servers[number] = servers.replica(self, number, **options)
        self.servers[number].wait_for_port()
        if warm:
            self.warm(self.address(number))

    @contextlib.contextmanager
    def fault(self, name):
        """A fault, on while the block runs."""
        fault = faults.FAULTS[name]
        fault.on(self)
        try:
            yield
        finally:
            fault.off(self)
